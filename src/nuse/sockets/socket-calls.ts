// SPDX-License-Identifier: GPL-2.0-only

/** Calls that make, name, connect, accept and end sockets. */
import {
  AF_INET,
  AF_INET6,
  errno,
  O_NONBLOCK,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SystemError,
} from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { addressBytesMax, libraryFlags } from './library.js';
import { MessageSocket } from './message-socket.js';
import { withProgramEnd } from './pair.js';
import type { ProgramSocket, SocketKind, SocketWorld } from './program-socket.js';
import { readInt, writeAddress, writeInt } from './program-data.js';
import { StreamSocket } from './stream-socket.js';
import type { SocketCall } from './transfer-calls.js';

const native = addon();
const typeMask = 0xf;
/** Streams that keep the bounds of messages. */
const IPPROTO_DCCP = 33;
const IPPROTO_SCTP = 132;

function isBytes({ family, type, protocol }: SocketKind): boolean {
  if (type !== SOCK_STREAM) return false;
  if (family !== AF_INET && family !== AF_INET6) return true;
  return protocol !== IPPROTO_SCTP && protocol !== IPPROTO_DCCP;
}

export function socket(world: SocketWorld, call: Call): void {
  const [family, type, protocol] = [call.int(0), call.int(1), call.int(2)];
  const { library } = world;
  const fd = library.call(library.nr.socket, family, type | libraryFlags, protocol);
  if (fd < 0) {
    call.fail(-fd);
    return;
  }
  const kind = { family, type: type & typeMask, protocol };
  const made = isBytes(kind)
    ? new StreamSocket(world, kind, fd)
    : new MessageSocket(world, kind, fd);
  publish(call, made, type, () => made.close());
}

/** Puts the program's end of a new socket into the program, or calls `lost` where that cannot be or nobody waits. */
function publish(call: Call, made: ProgramSocket, flags: number, lost: () => void): void {
  let given = false;
  let programFd = -1;
  try {
    ({ programFd } = made.openPair((flags & SOCK_NONBLOCK) !== 0));
    given = call.answerWithFd(programFd, { closeOnExec: (flags & SOCK_CLOEXEC) !== 0 });
  } finally {
    if (programFd >= 0) native.close(programFd);
    if (given) made.begin();
    else lost();
  }
}

/** An address of the program's, put where calls pass it: its length. Throws EINVAL, EFAULT. */
function passAddress({ world: { library } }: ProgramSocket, call: Call): number {
  const length = call.int(2);
  if (length < 0 || length > addressBytesMax) throw new SystemError(errno.EINVAL, call.name);
  if (length > 0) call.readInto(call.unsigned(1), library.bytes(library.name, length));
  return length;
}

export const bind: SocketCall = (made, call) => {
  const length = passAddress(made, call);
  const { library, table } = made.world;
  const address = library.bytes(library.name, length).slice();
  let result = library.call(library.nr.bind, made.fd, library.name, length);
  if (result === -errno.EADDRINUSE) {
    // Perhaps by a socket that a program has just closed.
    table.sweep();
    library.bytes(library.name, length).set(address);
    result = library.call(library.nr.bind, made.fd, library.name, length);
  }
  finish(call, result);
};

export const connect: SocketCall = (made, call, identity) => {
  const length = passAddress(made, call);
  made.connect(call, length, (identity.statusFlags & O_NONBLOCK) !== 0);
};

export const listen: SocketCall = (made, call) => {
  const first = made.listening === undefined;
  const result = made.listen(call.int(1));
  if (result >= 0 && first && made instanceof StreamSocket) {
    // Nobody can write to a listener, and poll says so.
    withProgramEnd(call, (fd) => native.pairFill(fd));
  }
  finish(call, result);
  if (made.listening !== undefined) made.begin();
};

export const accept: SocketCall = (made, call, identity) => {
  const flags = call.name === 'accept4' ? call.int(3) : 0;
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) {
    throw new SystemError(errno.EINVAL, call.name);
  }
  const blocks = (identity.statusFlags & O_NONBLOCK) === 0;
  const attempt = (): boolean => {
    const result = acceptOne(made, call, flags);
    if (result === -errno.EAGAIN && blocks) return false;
    if (result < 0) call.fail(-result);
    return true;
  };
  made.receivers.start(call, attempt, {
    timeoutNs: made.receiveTimeoutNs,
    timedOut: () => void call.fail(errno.EAGAIN),
  });
};

/** 0 when the call has been answered, or a negative errno. */
function acceptOne(made: ProgramSocket, call: Call, flags: number): number {
  const { library } = made.world;
  const { listening } = made;
  // Linux knows why not.
  if (listening === undefined) return library.call(library.nr.accept4, made.fd, 0, 0, libraryFlags);
  const arrived = listening.take(() => call.borrow(call.int(0)));
  if (typeof arrived === 'number') return arrived;
  try {
    const at = call.unsigned(1);
    if (at !== 0) writeAddress(call, at, call.unsigned(2), arrived.address);
  } catch (error) {
    library.close(arrived.fd);
    throw error;
  }
  if (!call.valid()) {
    listening.putBack(arrived);
    return 0;
  }
  const taken = made.accepted(arrived.fd);
  publish(call, taken, flags, () => {
    // As on Linux, a signal or a full table of descriptors costs no connection.
    taken.letGo();
    listening.putBack(arrived);
  });
  return 0;
}

function named(made: ProgramSocket, call: Call, number: number): void {
  const { library } = made.world;
  const [at, lengthAt] = [call.unsigned(1), call.unsigned(2)];
  const room = readInt(call, lengthAt);
  library.setU32(library.length, room);
  const result = library.call(number, made.fd, library.name, library.length);
  if (result < 0) {
    call.fail(-result);
    return;
  }
  const length = library.getU32(library.length);
  const given = Math.min(room, length);
  if (given > 0) call.write(at, library.bytes(library.name, given));
  writeInt(call, lengthAt, length);
  call.answer(0);
}

export const getsockname: SocketCall = (made, call) => {
  named(made, call, made.world.library.nr.getsockname);
};

export const getpeername: SocketCall = (made, call) => {
  named(made, call, made.world.library.nr.getpeername);
};

export const shutdown: SocketCall = (made, call) => {
  finish(
    call,
    withProgramEnd(call, (fd) => made.shutdown(call.int(1), fd)),
  );
};

function finish(call: Call, result: number): void {
  if (result < 0) call.fail(-result);
  else call.answer(result);
}
