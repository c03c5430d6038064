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
  send(datagram: Uint8Array): void;
  /** The next datagram, or undefined when none is queued. */
  receive(): Uint8Array | undefined;
}

export interface NetlinkReply {
  readonly messages: readonly NetlinkMessage[];
  /** What the kernel said although it agreed. */
  readonly warning?: string;
}

/** How often a dump that changed while it was read is read again. */
const dumpAttemptsMax = 16;

export class NetlinkClient {
  readonly #transport: NetlinkTransport;
  #sequence = 0;

  constructor(transport: NetlinkTransport) {
    this.#transport = transport;
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
