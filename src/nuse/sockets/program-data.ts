// SPDX-License-Identifier: GPL-2.0-only

/** What calls find in a program's memory, and leave there: addresses, message headers, vectors (LP64). */
import { errno, SystemError } from '../../posix/index.js';
import type { Call } from '../call.js';
import { addressBytesMax, MessageHeader, messageHeaderBytes } from './library.js';
import type { ProgramMessage, Received } from './program-socket.js';

const vectorBytes = 16;
/** UIO_MAXIOV. */
const vectorsMax = 1024;
/** MAX_RW_COUNT: Linux cuts a transfer there. */
const transferBytesMax = 0x7ffff000;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number below 2^53. */
export function wide(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

export function readInt(call: Call, address: number): number {
  return viewOf(call.read(address, 4)).getInt32(0, true);
}

export function writeInt(call: Call, address: number, value: number): void {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setInt32(0, value, true);
  call.write(address, bytes);
}

/** Writes as much of an address as there is room for, and how long it is. Throws EINVAL, EFAULT. */
export function writeAddress(call: Call, at: number, lengthAt: number, address: Uint8Array): void {
  const room = readInt(call, lengthAt);
  if (room < 0) throw new SystemError(errno.EINVAL, call.name);
  const length = Math.min(room, address.length);
  if (length > 0) call.write(at, address.subarray(0, length));
  writeInt(call, lengthAt, address.length);
}

/** The message of a call with one buffer. */
export function plainMessage(
  address: number,
  length: number,
  name: number,
  nameLength: number,
): ProgramMessage {
  const total = Math.min(length, transferBytesMax);
  return { name, nameLength, segments: [address, total], total, control: 0, controlLength: 0 };
}

/** A struct msghdr and what it points to. Throws what Linux says of a bad one. */
export function readMessage(call: Call, address: number): ProgramMessage {
  const header = viewOf(call.read(address, messageHeaderBytes));
  const name = wide(header, MessageHeader.name);
  const nameLength = header.getInt32(MessageHeader.nameLength, true);
  if (name !== 0 && nameLength < 0) throw new SystemError(errno.EINVAL, call.name);
  const count = wide(header, MessageHeader.vectorLength);
  if (count > vectorsMax) throw new SystemError(errno.EMSGSIZE, call.name);
  const segments: number[] = [];
  let total = 0;
  if (count > 0) {
    const vectors = viewOf(call.read(wide(header, MessageHeader.vector), count * vectorBytes));
    for (let i = 0; i < count; i++) {
      const length = wide(vectors, i * vectorBytes + 8);
      if (length >= 2 ** 52) throw new SystemError(errno.EINVAL, call.name);
      const taken = Math.min(length, transferBytesMax - total);
      if (taken > 0) segments.push(wide(vectors, i * vectorBytes), taken);
      total += taken;
    }
  }
  return {
    name,
    nameLength: Math.min(nameLength, addressBytesMax),
    segments,
    total,
    control: wide(header, MessageHeader.control),
    controlLength: wide(header, MessageHeader.controlLength),
  };
}

/** Completes the program's struct msghdr; `bytes` gives a view of kernel memory. */
export function writeMessage(
  call: Call,
  address: number,
  message: ProgramMessage,
  received: Received,
  bytes: (address: number, length: number) => Uint8Array,
): void {
  const { name, nameLength } = received;
  if (message.name !== 0) {
    const length = Math.min(message.nameLength, nameLength);
    if (length > 0) call.write(message.name, bytes(name, length));
    writeInt(call, address + MessageHeader.nameLength, nameLength);
  }
  const [controlLength, cut] = fitControl(received, message, bytes);
  if (controlLength > 0) call.write(message.control, bytes(received.control, controlLength));
  const tail = new Uint8Array(12);
  const view = viewOf(tail);
  view.setUint32(0, controlLength, true);
  view.setUint32(8, (received.flags | cut) & ~MSG_CMSG_CLOEXEC, true);
  call.write(address + MessageHeader.controlLength, tail);
}

const MSG_CTRUNC = 8;
const MSG_CMSG_CLOEXEC = 0x40000000;
const controlHeaderBytes = 16;

/**
 * How many bytes of control messages fit, and MSG_CTRUNC where those are not all: Linux leaves out what does not
 * begin in the room that there is, and cuts the last one, whose header then says so.
 */
function fitControl(
  { control, controlLength }: Received,
  message: ProgramMessage,
  bytes: (address: number, length: number) => Uint8Array,
): readonly [length: number, cut: number] {
  const room = message.control === 0 ? 0 : message.controlLength;
  if (controlLength <= room) return [controlLength, 0];
  const view = viewOf(bytes(control, controlLength));
  let at = 0;
  while (at + controlHeaderBytes <= controlLength) {
    const length = wide(view, at);
    const left = room - at;
    if (left < controlHeaderBytes) return [at, MSG_CTRUNC];
    if (length > left) {
      view.setUint32(at, left, true);
      return [room, MSG_CTRUNC];
    }
    at += (length + 7) & ~7;
    if (at >= room) return [room, at < controlLength ? MSG_CTRUNC : 0];
  }
  return [Math.min(at, room), 0];
}
