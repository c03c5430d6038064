// SPDX-License-Identifier: GPL-2.0-only

/**
 * setsockopt and getsockopt: by length, whatever the option is, for both sides have the same structures. Some are
 * the pair's affair as well, as the program waits there.
 */
import {
  errno,
  isSystemError,
  SO_ERROR,
  SO_LINGER,
  SO_OOBINLINE,
  SO_RCVTIMEO_NEW,
  SO_RCVTIMEO_OLD,
  SO_SNDTIMEO_NEW,
  SO_SNDTIMEO_OLD,
  SOL_SOCKET,
  SystemError,
} from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { dataBytesMax, type Library } from './library.js';
import { MessageSocket } from './message-socket.js';
import { withProgramEnd } from './pair.js';
import { PacketRing, ringIsValid, ringRefused, ringSize, ringVersion } from './packet-ring.js';
import {
  optionKey,
  pointersOfGet,
  pointersOfSet,
  refusedToGet,
  refusedToSet,
  stagePointers,
} from './pointers.js';
import { readInt, viewOf, wide, writeInt } from './program-data.js';
import type { ProgramSocket } from './program-socket.js';
import { StreamSocket } from './stream-socket.js';
import type { SocketCall } from './transfer-calls.js';

const native = addon();
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const PACKET_HDRLEN = 11;
const PACKET_RESERVE = 12;
const PACKET_TX_RING = 13;
const ringRequestBytes = 16;
const SO_RCVLOWAT = 18;
const SO_GET_FILTER = 26;
const filterInstructionBytes = 8;

export const setsockopt: SocketCall = (socket, call) => {
  const [level, name, at, length] = [call.int(1), call.int(2), call.unsigned(3), call.int(4)];
  const refused = refusedToSet.get(optionKey(level, name));
  if (refused !== undefined) {
    call.fail(refused);
    return;
  }
  if (length < 0) throw new SystemError(errno.EINVAL, call.name);
  if (level === SOL_PACKET && setRing(socket, call, name, at, length)) return;
  const { library } = socket.world;
  const size = Math.min(length, dataBytesMax);
  withMemory(library, size, (value) => {
    // Linux takes no value for 0 where it allows that.
    if (at === 0) library.bytes(value, size).fill(0);
    else if (size > 0) call.readInto(at, library.bytes(value, size));
    const fields = pointersOfSet.get(optionKey(level, name)) ?? [];
    const staged = stagePointers(library, call, value, size, fields);
    try {
      const inline = level === SOL_SOCKET && name === SO_OOBINLINE;
      const result =
        inline && socket instanceof StreamSocket
          ? setUrgentInline(socket, library, value, size)
          : library.call(library.nr.setsockopt, socket.fd, level, name, value, size);
      if (result < 0) {
        call.fail(-result);
        return;
      }
      staged.bringBack();
      if (level === SOL_SOCKET) alsoInPair(socket, call, name, library.bytes(value, size));
      call.answer(result);
    } finally {
      staged.release();
    }
  });
};

/** The ring of a packet socket is the broker's. */
function setRing(
  socket: ProgramSocket,
  call: Call,
  name: number,
  at: number,
  length: number,
): boolean {
  if (name === PACKET_TX_RING) throw new SystemError(errno.ENOPROTOOPT, call.name);
  if (name === PACKET_VERSION && length >= 4 && readInt(call, at) > ringVersion) {
    throw new SystemError(ringRefused, call.name);
  }
  if (name !== PACKET_RX_RING || !(socket instanceof MessageSocket)) return false;
  if (length < ringRequestBytes) throw new SystemError(errno.EINVAL, call.name);
  const size = ringSize(call.read(at, ringRequestBytes));
  if (size.frames > 0 && !ringIsValid(size)) throw new SystemError(errno.EINVAL, call.name);
  const reserve = socket.world.library.getOption(socket.fd, SOL_PACKET, PACKET_RESERVE);
  socket.ring?.close();
  socket.ring =
    size.frames === 0 ? undefined : new PacketRing(socket, call, size, Math.max(0, reserve));
  call.answer(0);
  socket.pump();
  return true;
}

/** Urgent data always comes to the broker out of line: the pair then shows it as the program wants. */
function setUrgentInline(socket: StreamSocket, library: Library, at: number, size: number): number {
  if (size < 4) return -errno.EINVAL;
  socket.urgentInline = library.getS32(at) !== 0;
  return 0;
}

function alsoInPair(socket: ProgramSocket, call: Call, name: number, value: Uint8Array): void {
  const view = viewOf(value);
  if (name === SO_LINGER) {
    socket.lingerSeconds = view.getInt32(0, true) === 0 ? undefined : view.getInt32(4, true);
    return;
  }
  const receives = name === SO_RCVTIMEO_OLD || name === SO_RCVTIMEO_NEW;
  const sends = name === SO_SNDTIMEO_OLD || name === SO_SNDTIMEO_NEW;
  if (receives) socket.receiveTimeoutNs = timeoutNs(view);
  if (sends) socket.sendTimeoutNs = timeoutNs(view);
  if (!receives && !sends && name !== SO_OOBINLINE && name !== SO_RCVLOWAT) return;
  withProgramEnd(call, (fd) => native.setSocketOption(fd, SOL_SOCKET, name, value));
}

/** A struct timeval of which 0 is for ever. */
function timeoutNs(view: DataView): number {
  // Linux does not wait at all for what is negative.
  if (view.getInt32(4, true) < 0) return 0;
  const ns = wide(view, 0) * 1e9 + wide(view, 8) * 1e3;
  return ns === 0 ? Infinity : ns;
}

export const getsockopt: SocketCall = (socket, call) => {
  const [level, name, at, lengthAt] = [
    call.int(1),
    call.int(2),
    call.unsigned(3),
    call.unsigned(4),
  ];
  const refused = refusedToGet.get(optionKey(level, name));
  if (refused !== undefined) {
    call.fail(refused);
    return;
  }
  const length = readInt(call, lengthAt);
  if (length < 0) throw new SystemError(errno.EINVAL, call.name);
  if (level === SOL_PACKET && name === PACKET_HDRLEN && readInt(call, at) > ringVersion) {
    throw new SystemError(ringRefused, call.name);
  }
  const { library } = socket.world;
  // The length of a filter counts its instructions.
  const unit = level === SOL_SOCKET && name === SO_GET_FILTER ? filterInstructionBytes : 1;
  const size = Math.min(length * unit, dataBytesMax);
  if (level === SOL_SOCKET && answerOwn(socket, call, name, at, lengthAt, length)) return;
  withMemory(library, size, (value) => {
    // Some options read what they are to be about from the same memory.
    readWhereReadable(call, at, library.bytes(value, size));
    const fields = pointersOfGet.get(optionKey(level, name)) ?? [];
    const staged = stagePointers(library, call, value, size, fields);
    try {
      library.setU32(library.length, size / unit);
      const result = library.call(
        library.nr.getsockopt,
        socket.fd,
        level,
        name,
        value,
        library.length,
      );
      const given = library.getS32(library.length);
      if (result < 0) {
        // Some tell how much room they need.
        if (given !== size / unit) writeInt(call, lengthAt, given);
        call.fail(-result);
        return;
      }
      staged.bringBack();
      const bytes = Math.min(size, given * unit);
      if (bytes > 0) call.write(at, library.bytes(value, bytes));
      writeInt(call, lengthAt, given);
      call.answer(result);
    } finally {
      staged.release();
    }
  });
};

/** Options whose value the broker knows better than the library. */
function answerOwn(
  socket: ProgramSocket,
  call: Call,
  name: number,
  at: number,
  lengthAt: number,
  length: number,
): boolean {
  let value: number;
  if (name === SO_ERROR) {
    value = -withProgramEnd(call, (fd) => socket.takeError(fd));
    if (value === 0) return false;
  } else if (name === SO_OOBINLINE && socket instanceof StreamSocket) {
    value = socket.urgentInline ? 1 : 0;
  } else {
    return false;
  }
  const bytes = new Uint8Array(4);
  viewOf(bytes).setInt32(0, value, true);
  const size = Math.min(4, length);
  if (size > 0) call.write(at, bytes.subarray(0, size));
  writeInt(call, lengthAt, size);
  call.answer(0);
  return true;
}

function readWhereReadable(call: Call, at: number, target: Uint8Array): void {
  target.fill(0);
  if (target.length === 0) return;
  try {
    call.readVector([at, target.length], target);
  } catch (error) {
    if (!isSystemError(error, 'EFAULT')) throw error;
  }
}

const smallBytes = 4096;

/** Memory for a value: what all share for small ones, a piece of its own for others. */
function withMemory(library: Library, sizeBytes: number, use: (address: number) => void): void {
  if (sizeBytes <= smallBytes) {
    use(library.control);
    return;
  }
  const address = library.allocate(sizeBytes);
  try {
    use(address);
  } finally {
    library.free(address);
  }
}
