// SPDX-License-Identifier: GPL-2.0-only
/** Calls that send and receive: plain, addressed, as messages with control data, and many at once. */
import { SO_TYPE, SOCK_STREAM, SOL_SOCKET } from '../constants/socket.js';
import { decodeControl, encodeControl, type ControlMessage } from '../control-message.js';
import { addressDetails, socketAddressBytesMax, type SocketAddress } from '../socket-address.js';
import { mmsghdr, msghdr } from '../struct/socket.js';
import { errno } from '../errno.js';
import {
  bufferOf,
  bytesOf,
  descriptor,
  firstBytes,
  integer,
  sourceOf,
  targetOf,
  type DataSource,
  type DataTarget,
} from './base.js';
import type { HostBuffer } from './host-buffer.js';
import { SocketCalls } from './socket-calls.js';

/** What sendmsg(2) takes. */
export interface OutgoingMessage {
  readonly data: readonly (ArrayBufferView | string)[];
  readonly address?: SocketAddress;
  readonly control?: readonly ControlMessage[];
}
/** Where a message is to be received to. */
export interface MessageBuffers {
  readonly buffers: readonly ArrayBufferView[];
  /** Room for control messages; none unless said. */
  readonly controlBytes?: number;
}
/** What recvmsg(2) gives. */
export interface ReceivedMessage {
  /** Bytes received; with MSG_TRUNC more than the buffers may hold. */
  readonly length: number;
  readonly address: SocketAddress | undefined;
  readonly control: readonly ControlMessage[];
  /** `MSG_*`: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE. */
  readonly flags: number;
}
/** What recvfrom(2) gives beside the data. */
export interface Received {
  readonly length: number;
  readonly address: SocketAddress | undefined;
}

/** A message that has been laid out in the arena. */
interface Laid {
  readonly header: number;
  readonly targets: readonly Uint8Array[];
  readonly parts: readonly number[];
}

const headerOf = { msg_name: 0, msg_namelen: 0, msg_control: 0, msg_controllen: 0, msg_flags: 0 };

/** What one send or receive passes at most: more than any datagram that the default buffers let through. */
const transferBytesMax = 1024 * 1024;

export class MessageCalls extends SocketCalls {
  /** send(2): the count of bytes sent. */
  send(fd: number, data: DataSource, flags = 0): number {
    return this.check(this.trySend(fd, sourceOf(data), flags), 'send');
  }

  /** sendto(2): the count of bytes sent. */
  sendto(fd: number, data: DataSource, flags: number, address: SocketAddress): number {
    const result = this.trySend(fd, sourceOf(data), flags, address);
    if (result < 0) throw this.failure(result, 'sendto', addressDetails(address));
    return result;
  }

  protected trySend(
    fd: number,
    data: Uint8Array | HostBuffer,
    flags: number,
    address?: SocketAddress,
  ): number {
    if (data.byteLength > transferBytesMax && !this.isStream(fd)) return -errno.EMSGSIZE;
    this.arena.reset();
    const [name, length] = address === undefined ? [0, 0] : this.putAddress(address);
    const some = firstBytes(data, transferBytesMax);
    const at = this.put(some);
    return this.syscall(
      this.nr.sendto,
      descriptor(fd),
      at,
      some.byteLength,
      integer(flags, 'flags'),
      name,
      length,
    );
  }

  /** recv(2): the count of bytes, 0 at the end of a stream. */
  recv(fd: number, buffer: DataTarget, flags = 0): number {
    return this.check(this.tryReceive(fd, targetOf(buffer), flags), 'recv');
  }

  /** recvfrom(2). */
  recvfrom(fd: number, buffer: DataTarget, flags = 0): Received {
    const length = this.check(this.tryReceive(fd, targetOf(buffer), flags), 'recvfrom');
    return { length, address: this.acceptedAddress() };
  }

  /** Leaves the sender’s address for `acceptedAddress`. */
  protected tryReceive(fd: number, buffer: Uint8Array | HostBuffer, flags: number): number {
    this.arena.reset();
    const name = this.addressToKeep();
    const length = Math.min(buffer.byteLength, transferBytesMax);
    const at = this.place(buffer, length);
    const result = this.syscall(
      this.nr.recvfrom,
      descriptor(fd),
      at,
      length,
      integer(flags, 'flags'),
      name + 4,
      name,
    );
    this.fetch(buffer, at, result);
    return result;
  }

  /** Whether the socket carries bytes and not messages; false for what is no socket. */
  protected isStream(fd: number): boolean {
    this.arena.reset();
    const at = this.arena.take(8);
    this.setInt(at + 4, 4);
    const result = this.syscall(this.nr.getsockopt, fd, SOL_SOCKET, SO_TYPE, at, at + 4);
    return result === 0 && this.intAt(at) === SOCK_STREAM;
  }

  /** sendmsg(2): the count of bytes sent. */
  sendmsg(fd: number, message: OutgoingMessage, flags = 0): number {
    const result = this.trySendMessage(fd, message, flags);
    if (result < 0) throw this.failure(result, 'sendmsg', addressDetails(message.address));
    return result;
  }

  protected trySendMessage(fd: number, message: OutgoingMessage, flags: number): number {
    this.arena.reset();
    const header = this.arena.take(msghdr.sizeof(this.model));
    this.layOut(header, message);
    return this.syscall(this.nr.sendmsg, descriptor(fd), header, integer(flags, 'flags'));
  }

  protected layOut(header: number, { data, address, control }: OutgoingMessage): void {
    const sources = data.map(bytesOf);
    const [msg_name, msg_namelen] = address === undefined ? [0, 0] : this.putAddress(address);
    const ancillary = control === undefined ? undefined : encodeControl(control, this.model);
    const msg_control = ancillary === undefined ? 0 : this.arena.put(ancillary);
    const { address: msg_iov, parts } = this.vector(sources);
    this.gather(sources, parts);
    const value = {
      ...headerOf,
      msg_name,
      msg_namelen,
      msg_iov,
      msg_iovlen: sources.length,
      msg_control,
      msg_controllen: ancillary?.byteLength ?? 0,
    };
    this.fill(msghdr, header, value);
  }

  /** recvmsg(2). */
  recvmsg(fd: number, buffers: MessageBuffers, flags = 0): ReceivedMessage {
    const { result, message } = this.tryReceiveMessage(fd, buffers, flags);
    this.check(result, 'recvmsg');
    return message();
  }

  /** `message` is valid until the next call. */
  protected tryReceiveMessage(
    fd: number,
    buffers: MessageBuffers,
    flags: number,
  ): { result: number; message: () => ReceivedMessage } {
    this.arena.reset();
    const header = this.arena.take(msghdr.sizeof(this.model));
    const laid = this.layOutBuffers(header, buffers);
    const result = this.syscall(this.nr.recvmsg, descriptor(fd), header, integer(flags, 'flags'));
    return { result, message: () => this.taken(laid, result) };
  }

  /** @internal */
  protected layOutBuffers(header: number, { buffers, controlBytes = 0 }: MessageBuffers): Laid {
    const targets = buffers.map(bufferOf);
    const msg_name = this.arena.take(socketAddressBytesMax);
    const msg_control =
      controlBytes === 0 ? 0 : this.arena.take(integer(controlBytes, 'controlBytes'));
    const { address: msg_iov, parts } = this.vector(targets);
    const value = {
      msg_name,
      msg_namelen: socketAddressBytesMax,
      msg_iov,
      msg_iovlen: targets.length,
      msg_control,
      msg_controllen: controlBytes,
      msg_flags: 0,
    };
    this.fill(msghdr, header, value);
    return { header, targets, parts };
  }

  protected taken({ header, targets, parts }: Laid, length: number): ReceivedMessage {
    const value = this.load(msghdr, header);
    this.scatter(targets, parts, length);
    const control =
      value.msg_control === 0
        ? []
        : decodeControl(this.bytesAt(value.msg_control, value.msg_controllen), this.model);
    return {
      length,
      address: this.addressAt(value.msg_name, value.msg_namelen),
      control,
      flags: value.msg_flags,
    };
  }

  /** How many of the messages were sent. */
  sendmmsg(fd: number, messages: readonly OutgoingMessage[], flags = 0): number {
    const result = this.trySendMessages(fd, messages, flags);
    return this.check(result, 'sendmmsg', addressDetails(messages[0]?.address));
  }

  protected trySendMessages(
    fd: number,
    messages: readonly OutgoingMessage[],
    flags: number,
  ): number {
    this.arena.reset();
    const size = mmsghdr.sizeof(this.model);
    const at = this.arena.take(size * messages.length);
    messages.forEach((message, i) => this.layOut(at + i * size, message));
    return this.syscall(
      this.nr.sendmmsg,
      descriptor(fd),
      at,
      messages.length,
      integer(flags, 'flags'),
    );
  }

  /** As many messages as are there, up to one for each of `slots`. */
  recvmmsg(fd: number, slots: readonly MessageBuffers[], flags = 0): readonly ReceivedMessage[] {
    const { result, messages } = this.tryReceiveMessages(fd, slots, flags);
    this.check(result, 'recvmmsg');
    return messages();
  }

  /** `messages` is valid until the next call. */
  protected tryReceiveMessages(
    fd: number,
    slots: readonly MessageBuffers[],
    flags: number,
  ): { result: number; messages: () => readonly ReceivedMessage[] } {
    this.arena.reset();
    const size = mmsghdr.sizeof(this.model);
    const at = this.arena.take(size * slots.length);
    const laid = slots.map((slot, i) => this.layOutBuffers(at + i * size, slot));
    const result = this.syscall(
      this.nr.recvmmsg,
      descriptor(fd),
      at,
      slots.length,
      integer(flags, 'flags'),
      0,
    );
    return {
      result,
      messages: () =>
        laid
          .slice(0, result)
          .map((each) => this.taken(each, this.load(mmsghdr, each.header).msg_len)),
    };
  }
}
