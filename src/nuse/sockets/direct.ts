// SPDX-License-Identifier: GPL-2.0-only

/**
 * Sends and receives that go past the pair: a program's message straight into the library's kernel and back, with
 * its address and control messages byte for byte, for both sides have the same structures.
 */
import {
  errno,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  MSG_ZEROCOPY,
  SOCK_STREAM,
} from '../../posix/index.js';
import type { Call } from '../call.js';
import { addressBytesMax, controlBytesMax, dataBytesMax, MessageHeader } from './library.js';
import type { ProgramMessage, ProgramSocket, Received } from './program-socket.js';

/** Segments without their first `skip` bytes. */
export function skipSegments(segments: readonly number[], skip: number): readonly number[] {
  if (skip === 0) return segments;
  const rest: number[] = [];
  let left = skip;
  for (let i = 0; i < segments.length; i += 2) {
    const [address, length] = [segments[i]!, segments[i + 1]!];
    if (left < length) rest.push(address + left, length - left);
    left = Math.max(0, left - length);
  }
  return rest;
}

/** Sends what comes after `sent`, without waiting: how much, or a negative errno. */
export function sendDirectly(
  socket: ProgramSocket,
  call: Call,
  message: ProgramMessage,
  flags: number,
  sent: number,
): number {
  const { library } = socket.world;
  const { name, control, controlLength } = message;
  let nameLength = -1;
  if (name !== 0) {
    nameLength = Math.min(message.nameLength, addressBytesMax);
    if (nameLength < 0) return -errno.EINVAL;
    call.readInto(name, library.bytes(library.name, nameLength));
  }
  const controlGiven = control === 0 ? 0 : controlLength;
  if (controlGiven > controlBytesMax) return -errno.ENOBUFS;
  if (controlGiven > 0) call.readInto(control, library.bytes(library.control, controlGiven));
  const left = message.total - sent;
  if (left > dataBytesMax && socket.kind.type !== SOCK_STREAM) return -errno.EMSGSIZE;
  const wanted = Math.min(left, dataBytesMax);
  const length =
    wanted === 0
      ? 0
      : call.readVector(skipSegments(message.segments, sent), library.bytes(library.data, wanted));
  if (length < wanted && socket.kind.type !== SOCK_STREAM) return -errno.EFAULT;
  const header = library.layOut(nameLength, length, controlGiven);
  const passed = (flags & ~MSG_ZEROCOPY) | MSG_DONTWAIT | MSG_NOSIGNAL;
  return library.call(library.nr.sendmsg, socket.fd, header, passed);
}

/** Receives from the library without waiting, and writes the data to the program. */
export function receiveDirectly(
  socket: ProgramSocket,
  call: Call,
  message: ProgramMessage,
  flags: number,
): Received | number {
  const { library } = socket.world;
  const length = Math.min(message.total, dataBytesMax);
  const controlRoom = message.control === 0 ? 0 : Math.min(message.controlLength, controlBytesMax);
  const header = library.layOut(addressBytesMax, length, controlRoom);
  const passed = (flags & ~(MSG_WAITALL | MSG_CMSG_CLOEXEC)) | MSG_DONTWAIT;
  const result = library.call(library.nr.recvmsg, socket.fd, header, passed);
  if (result < 0) return result;
  const there = Math.min(result, length);
  socket.adjust(there);
  if (there > 0) call.writeVector(message.segments, library.bytes(library.data, there));
  return {
    result,
    name: library.name,
    nameLength: library.getU32(header + MessageHeader.nameLength),
    control: library.control,
    controlLength: library.getU64(header + MessageHeader.controlLength),
    flags: library.getU32(header + MessageHeader.flags),
  };
}
