// SPDX-License-Identifier: GPL-2.0-only

/** Bytes on their way between library, pair and program that need more than a pump: urgent ones, and receives. */
import {
  EPOLLPRI,
  errno,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
} from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { skipSegments } from './direct.js';
import { dataBytesMax, type Library } from './library.js';
import { withProgramEnd, type Pair } from './pair.js';
import type { ProgramMessage, Received } from './program-socket.js';

const native = addon();
const SIOCATMARK = 0x8905;
const FIONREAD = 0x541b;
/** A receive that waits for all waits for so much at a time: more may not fit into the pair. */
const waitAllBytesMax = 256 * 1024;

/**
 * Moves an urgent byte into the pair as such, if the mark has been reached: what comes before it goes first. Returns
 * whether there is still one to come.
 */
export function passUrgent(library: Library, fd: number, pair: Pair): boolean {
  const { nr, data, vector } = library;
  if (library.call(nr.ioctl, fd, SIOCATMARK, vector) < 0 || library.getS32(vector) === 0) {
    return (library.poll(fd, EPOLLPRI) & EPOLLPRI) !== 0;
  }
  const result = library.call(nr.recvfrom, fd, data, 1, MSG_OOB | MSG_DONTWAIT);
  if (result === 1) pair.sendUrgent(data);
  return result === -errno.EAGAIN;
}

/** Where a receive takes its bytes. */
export interface BytesSource {
  readonly library: Library;
  /** The program's end of the pair, borrowed. */
  readonly programFd: number;
  /** No more will come than there is. */
  readonly ended: boolean;
}

/** Takes bytes out of a pair for a program, without waiting. */
export function takeBytes(
  { library, programFd, ended }: BytesSource,
  call: Call,
  message: ProgramMessage,
  flags: number,
): Received | number {
  const length = Math.min(message.total, dataBytesMax);
  const peeks = (flags & MSG_PEEK) !== 0;
  // Whether all of it is there is seen before any of it is taken.
  if ((flags & MSG_WAITALL) !== 0 && !peeks && !ended) {
    const there = native.ioctlValue(programFd, FIONREAD);
    if (there < Math.min(length, waitAllBytesMax)) return -errno.EAGAIN;
  }
  const discards = (flags & MSG_TRUNC) !== 0 && !peeks;
  const passed = MSG_DONTWAIT | (flags & (MSG_PEEK | MSG_OOB));
  const result = discards
    ? native.pairDiscard(programFd, length)
    : native.receiveMemory(programFd, library.data, length, passed);
  if (result < 0) return result;
  if (!discards && result > 0) {
    call.writeVector(message.segments, library.bytes(library.data, result));
  }
  const kept = (flags & MSG_OOB) !== 0 ? MSG_OOB : 0;
  return { result, name: 0, nameLength: 0, control: 0, controlLength: 0, flags: kept };
}

/** Sends what comes after `sent` into the pair from the program's end, without waiting: how much, or a negative errno. */
export function sendIntoPair(
  library: Library,
  call: Call,
  message: ProgramMessage,
  sent: number,
): number {
  const wanted = Math.min(message.total - sent, dataBytesMax);
  const target = library.bytes(library.data, wanted);
  const length = call.readVector(skipSegments(message.segments, sent), target);
  return withProgramEnd(call, (fd) => native.sendMemory(fd, library.data, length, MSG_DONTWAIT));
}
