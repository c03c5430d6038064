// SPDX-License-Identifier: GPL-2.0-only
/**
 * Requests and dumps over a netlink socket. Linux answers a request before send returns, and produces a dump as
 * it is read, so everything here is synchronous. It never waits: an answer that is not there is an error.
 */
import { SystemError, errno } from '../errno.js';
import {
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
} from './constants/message.js';
import {
  encodeMessage,
  NetlinkError,
  parseAcknowledgement,
  parseMessages,
  type ExtendedAck,
  type NetlinkMessage,
} from './message.js';

/** A netlink socket, seen from here. */
export interface NetlinkTransport {
  /** Sends one datagram. */
  send(datagram: Uint8Array): void;
  /** The next datagram, or undefined when none is queued. */
  receive(): Uint8Array | undefined;
}

/** A message of an answer, without its header. */
export interface NetlinkReply {
  readonly messages: readonly NetlinkMessage[];
  /** What the kernel said although it agreed. */
  readonly warning?: string;
}

/** A request of a batch. */
export interface NetlinkRequest {
  /** Its name in errors. */
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  readonly parts: readonly Uint8Array[];
  /** It is answered with an object, not only an acknowledgement. */
  readonly answered?: boolean;
}

/** Answers of one datagram that a socket’s receive buffer holds with ease. */
const batchAnswersMax = 16;
/** What one datagram of a batch holds at most; a socket's buffer holds several. */
const batchBytesMax = 32 * 1024;

/** How often a dump that changed while it was read is read again. */
const dumpAttemptsMax = 16;

/** Requests and dumps over a netlink socket, synchronous: Linux answers a request before send returns. */
export class NetlinkClient {
  readonly #transport: NetlinkTransport;
  #sequence = 0;

  constructor(transport: NetlinkTransport, sequence = 0) {
    this.#transport = transport;
    this.#sequence = sequence;
  }

  /** The number of the last request. */
  get sequence(): number {
    return this.#sequence;
  }

  /** One request; throws NetlinkError, named `what`, when the kernel refuses. */
  request(
    what: string,
    type: number,
    flags: number,
    ...parts: readonly Uint8Array[]
  ): NetlinkReply {
    const sequence = this.#next();
    const request = { type, flags: flags | NLM_F_REQUEST | NLM_F_ACK, sequence };
    this.#transport.send(encodeMessage(request, ...parts));
    return this.#collect(what, sequence).reply;
  }

  /**
   * Many requests, few datagrams. The kernel tries all of them in order; the first that it refused is thrown when
   * it has.
   */
  batch(requests: readonly NetlinkRequest[]): void {
    let refused: NetlinkError | undefined;
    for (let next = 0; next < requests.length;) {
      const first = next;
      const messages: Uint8Array[] = [];
      let length = 0;
      let answers = 0;
      // Only errors and the last request are answered.
      while (next < requests.length && length < batchBytesMax && answers < batchAnswersMax) {
        const { type, flags, parts, answered } = requests[next++]!;
        if (answered === true) answers++;
        const header = { type, flags: flags | NLM_F_REQUEST, sequence: this.#next() };
        const message = encodeMessage(header, ...parts);
        messages.push(message);
        length += (message.byteLength + 3) & ~3;
      }
      const last = messages.at(-1)!;
      new DataView(last.buffer, last.byteOffset).setUint16(
        headerFlagsAt,
        requests[next - 1]!.flags | NLM_F_REQUEST | NLM_F_ACK,
        true,
      );
      this.#transport.send(joined(messages, length));
      refused ??= this.#batchError(requests.slice(first, next));
    }
    if (refused !== undefined) throw refused;
  }

  /** All objects of a kind. */
  dump(what: string, type: number, ...parts: readonly Uint8Array[]): readonly NetlinkMessage[] {
    for (let attempt = 0; attempt < dumpAttemptsMax; attempt++) {
      const sequence = this.#next();
      const request = { type, flags: NLM_F_REQUEST | NLM_F_DUMP, sequence };
      this.#transport.send(encodeMessage(request, ...parts));
      const { reply, interrupted } = this.#collect(what, sequence);
      if (!interrupted) return reply.messages;
    }
    throw new SystemError(errno.EAGAIN, what, { detail: 'the table changed whenever it was read' });
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    return this.#sequence;
  }

  /** Reads the answers to a datagram of requests, of which the last has been given the latest sequence number. */
  #batchError(requests: readonly NetlinkRequest[]): NetlinkError | undefined {
    const last = this.#sequence;
    let refused: NetlinkError | undefined;
    while (true) {
      const { what } = requests.at(-1)!;
      const datagram = this.#transport.receive();
      if (datagram === undefined) {
        throw new SystemError(errno.EPROTO, what, { detail: 'the kernel did not answer' });
      }
      for (const message of parseMessages(datagram)) {
        const request = requests.at(message.sequence - last - 1);
        if (message.type !== NLMSG_ERROR || request === undefined) continue;
        const acknowledgement = parseAcknowledgement(message);
        if (acknowledgement !== undefined && acknowledgement.error !== 0) {
          refused ??= new NetlinkError(acknowledgement, request.what);
        }
        if (message.sequence === last) return refused;
      }
    }
  }

  #collect(what: string, sequence: number): { reply: NetlinkReply; interrupted: boolean } {
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    while (true) {
      const datagram = this.#transport.receive();
      if (datagram === undefined) {
        throw new SystemError(errno.EPROTO, what, { detail: 'the kernel did not answer' });
      }
      for (const message of parseMessages(datagram)) {
        // What an earlier request, given up on an error, left behind.
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          return { reply: finish(what, messages, message), interrupted };
        }
        if (message.type === NLMSG_OVERRUN) throw new SystemError(errno.ENOBUFS, what);
        if (message.type !== NLMSG_NOOP) messages.push(message);
      }
    }
  }
}

/** Of nlmsg_flags in a message. */
const headerFlagsAt = 6;

/** Messages one after another, each at a multiple of four bytes. */
function joined(messages: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const whole = new Uint8Array(lengthBytes);
  let at = 0;
  for (const message of messages) {
    whole.set(message, at);
    at += (message.byteLength + 3) & ~3;
  }
  return whole;
}

function finish(
  what: string,
  messages: readonly NetlinkMessage[],
  last: NetlinkMessage,
): NetlinkReply {
  const acknowledgement = parseAcknowledgement(last);
  if (acknowledgement === undefined) return { messages };
  if (acknowledgement.error !== 0) throw new NetlinkError(acknowledgement, what);
  const warning: ExtendedAck['message'] = acknowledgement.extended.message;
  return warning === undefined ? { messages } : { messages, warning };
}
