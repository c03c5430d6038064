// SPDX-License-Identifier: GPL-2.0-only

/** Calls that send and receive: tried at once, and again when something has changed, until they are complete. */
import {
  errno,
  isSystemError,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  MSG_WAITFORONE,
  O_NONBLOCK,
  SIGPIPE,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SystemError,
} from '../../posix/index.js';
import type { Call, DescriptorIdentity } from '../call.js';
import type { ProgramMessage, ProgramSocket, Received } from './program-socket.js';
import {
  plainMessage,
  readMessage,
  viewOf,
  wide,
  writeAddress,
  writeInt,
  writeMessage,
} from './program-data.js';

/** Of a struct mmsghdr, and where its count is. */
const manyBytes = 64;
const manyCountAt = 56;
const messagesMax = 1024;

export type SocketCall = (socket: ProgramSocket, call: Call, identity: DescriptorIdentity) => void;

const waits = (identity: DescriptorIdentity, flags: number): boolean =>
  (identity.statusFlags & O_NONBLOCK) === 0 && (flags & MSG_DONTWAIT) === 0;

export const sendto: SocketCall = (socket, call, identity) => {
  const [buffer, length] = [call.unsigned(1), call.unsigned(2)];
  const message = plainMessage(buffer, length, call.unsigned(4), call.int(5));
  checkName(call, message);
  sendOne(socket, call, identity, message, call.int(3));
};

export const sendmsg: SocketCall = (socket, call, identity) => {
  sendOne(socket, call, identity, readMessage(call, call.unsigned(1)), call.int(2));
};

function checkName(call: Call, { name, nameLength }: ProgramMessage): void {
  if (name === 0) return;
  if (nameLength < 0 || nameLength > 128) throw new SystemError(errno.EINVAL, call.name);
}

function sendOne(
  socket: ProgramSocket,
  call: Call,
  identity: DescriptorIdentity,
  message: ProgramMessage,
  flags: number,
): void {
  const blocks = waits(identity, flags);
  const progress = { sent: 0 };
  const attempt = (): boolean => {
    const result = sendRest(socket, call, message, flags, progress);
    if (result === -errno.EAGAIN && blocks) {
      if (progress.sent > 0) call.soFar(progress.sent);
      return false;
    }
    finishSend(socket, call, flags, result === -errno.EAGAIN ? progress.sent || result : result);
    return true;
  };
  socket.senders.start(call, attempt, {
    timeoutNs: socket.sendTimeoutNs,
    timedOut: () => {
      finishSend(socket, call, flags, progress.sent || -errno.EAGAIN);
    },
  });
}

/** Sends on from where it stopped: the whole count, or a negative errno that is EAGAIN when it is to go on later. */
function sendRest(
  socket: ProgramSocket,
  call: Call,
  message: ProgramMessage,
  flags: number,
  progress: { sent: number },
): number {
  for (;;) {
    const result = socket.send(call, message, flags, progress.sent);
    if (result < 0) {
      // A blocking send with data for a connection that is being made waits for that.
      if (result === -errno.EINPROGRESS) return -errno.EAGAIN;
      return result !== -errno.EAGAIN && progress.sent > 0 ? progress.sent : result;
    }
    progress.sent += result;
    if (progress.sent >= message.total || result === 0) return progress.sent;
    if (socket.kind.type !== SOCK_STREAM) return progress.sent;
  }
}

function finishSend(socket: ProgramSocket, call: Call, flags: number, result: number): void {
  if (result !== -errno.EPIPE || (flags & MSG_NOSIGNAL) !== 0) {
    finish(call, result);
  } else if (socket.breaksByItself) {
    // Its own kernel says the same of the pair, and the signal comes before the call returns.
    call.proceed();
  } else {
    call.fail(errno.EPIPE);
    const { type } = socket.kind;
    if (type === SOCK_STREAM || type === SOCK_SEQPACKET) call.signal(SIGPIPE);
  }
}

function finish(call: Call, result: number): void {
  if (result < 0) call.fail(-result);
  else call.answer(result);
}

export const sendmmsg: SocketCall = (socket, call, identity) => {
  const [at, count, flags] = [
    call.unsigned(1),
    Math.min(call.unsigned(2), messagesMax),
    call.int(3),
  ];
  const blocks = waits(identity, flags);
  let done = 0;
  let progress = { sent: 0 };
  const end = (result: number): boolean => {
    if (done > 0) call.answer(done);
    else finishSend(socket, call, flags, result);
    return true;
  };
  const attempt = (): boolean => {
    while (done < count) {
      let result: number;
      try {
        const message = readMessage(call, at + done * manyBytes);
        result = sendRest(socket, call, message, flags, progress);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        result = error.errno;
      }
      if (result === -errno.EAGAIN && blocks) {
        if (done > 0) call.soFar(done);
        return false;
      }
      if (result < 0) return end(result);
      writeInt(call, at + done * manyBytes + manyCountAt, result);
      progress = { sent: 0 };
      done++;
    }
    return end(0);
  };
  socket.senders.start(call, attempt, {
    timeoutNs: socket.sendTimeoutNs,
    timedOut: () => void end(-errno.EAGAIN),
  });
};

export const recvfrom: SocketCall = (socket, call, identity) => {
  const message = plainMessage(call.unsigned(1), call.unsigned(2), 0, 0);
  const [name, lengthAt] = [call.unsigned(4), call.unsigned(5)];
  receiveOne(socket, call, identity, call.int(3), message, (received) => {
    if (name === 0) return;
    const { library } = socket.world;
    writeAddress(call, name, lengthAt, library.bytes(received.name, received.nameLength));
  });
};

export const recvmsg: SocketCall = (socket, call, identity) => {
  const at = call.unsigned(1);
  const message = readMessage(call, at);
  receiveOne(socket, call, identity, call.int(2), message, (received) => {
    const { library } = socket.world;
    writeMessage(call, at, message, received, (address, length) => library.bytes(address, length));
  });
};

function receiveOne(
  socket: ProgramSocket,
  call: Call,
  identity: DescriptorIdentity,
  flags: number,
  message: ProgramMessage,
  complete: (received: Received) => void,
): void {
  // Linux does not wait for errors, nor for urgent data.
  const blocks = waits(identity, flags) && (flags & (MSG_ERRQUEUE | MSG_OOB)) === 0;
  const wanted = blocks || (flags & MSG_PEEK) !== 0 ? flags : flags & ~MSG_WAITALL;
  const attempt = (): boolean => {
    const received = socket.receive(call, message, wanted);
    if (received === -errno.EAGAIN && blocks) return false;
    if (typeof received === 'number') {
      finish(call, received);
    } else {
      complete(received);
      call.answer(received.result);
    }
    return true;
  };
  socket.receivers.start(call, attempt, {
    timeoutNs: socket.receiveTimeoutNs,
    timedOut: () => {
      // What has come by now is less than was to be waited for.
      const received = socket.receive(call, message, flags & ~MSG_WAITALL);
      if (typeof received === 'number') {
        finish(call, received);
        return;
      }
      complete(received);
      call.answer(received.result);
    },
  });
}

export const recvmmsg: SocketCall = (socket, call, identity) => {
  const [at, count, flags] = [
    call.unsigned(1),
    Math.min(call.unsigned(2), messagesMax),
    call.int(3),
  ];
  const timeoutAt = call.unsigned(4);
  const { library, time } = socket.world;
  const deadlineNs = timeoutAt === 0 ? Infinity : time.nowNs() + readTimespec(call, timeoutAt);
  const blocksAtFirst = waits(identity, flags) && (flags & MSG_ERRQUEUE) === 0;
  let done = 0;
  const end = (result: number): boolean => {
    finish(call, done > 0 ? done : result);
    return true;
  };
  const attempt = (): boolean => {
    while (done < count) {
      const header = at + done * manyBytes;
      let result: number;
      try {
        const message = readMessage(call, header);
        const received = socket.receive(call, message, flags & ~MSG_WAITFORONE);
        if (typeof received === 'number') {
          result = received;
        } else {
          ({ result } = received);
          const bytes = (from: number, length: number): Uint8Array => library.bytes(from, length);
          writeMessage(call, header, message, received, bytes);
          writeInt(call, header + manyCountAt, result);
        }
      } catch (error) {
        if (!isSystemError(error)) throw error;
        result = error.errno;
      }
      const blocks = blocksAtFirst && (done === 0 || (flags & MSG_WAITFORONE) === 0);
      if (result === -errno.EAGAIN && blocks) {
        if (done > 0) call.soFar(done);
        return false;
      }
      if (result < 0) return end(result);
      done++;
      // Linux looks at the clock after each message, and at no other time.
      if (time.nowNs() >= deadlineNs) return end(0);
    }
    return end(0);
  };
  socket.receivers.start(call, attempt, {
    timeoutNs: socket.receiveTimeoutNs,
    timedOut: () => void end(-errno.EAGAIN),
  });
};

function readTimespec(call: Call, address: number): number {
  const view = viewOf(call.read(address, 16));
  const [seconds, nanoseconds] = [wide(view, 0), wide(view, 8)];
  if (seconds >= 2 ** 52 || nanoseconds >= 1e9) throw new SystemError(errno.EINVAL, call.name);
  return seconds * 1e9 + nanoseconds;
}

const MSG_ERRQUEUE = 0x2000;
