// SPDX-License-Identifier: GPL-2.0-only

/**
 * ioctl on sockets. A structure goes to the library whole, with what is behind it in the program's memory where
 * its size is not known, and only what Linux has changed comes back. Requests whose structure points to more are
 * listed; Linux would follow a program's pointer blindly.
 */
import {
  AF_INET,
  AF_INET6,
  errno,
  isSystemError,
  SOCK_DGRAM,
  SystemError,
} from '../../posix/index.js';
import type { Call } from '../call.js';
import { libraryFlags, type Library } from './library.js';
import { MessageSocket } from './message-socket.js';
import { withProgramEnd } from './pair.js';
import { viewOf, wide } from './program-data.js';
import { StreamSocket } from './stream-socket.js';
import type { SocketCall } from './transfer-calls.js';

const SIOCOUTQ = 0x5411;
const SIOCATMARK = 0x8905;
const SIOCADDRT = 0x890b;
const SIOCDELRT = 0x890c;
const SIOCGIFCONF = 0x8912;
const SIOCGIFBR = 0x8940;
const SIOCSIFBR = 0x8941;
const SIOCETHTOOL = 0x8946;
const SIOCWANDEV = 0x894a;
const SIOCOUTQNSD = 0x894b;
const SIOCGSKNS = 0x894c;
const SIOCBONDSLAVEINFOQUERY = 0x8993;
const SIOCBONDINFOQUERY = 0x8994;
const SIOCSHWTSTAMP = 0x89b0;
const SIOCGHWTSTAMP = 0x89b1;
/** Of the shim, in the range of protocols: gives a descriptor to map instead of the socket. */
const SIOCLIBOSRING = 0x89e7;
/** Of the shim: what the ECONNRESET stands for that a plain call has just failed with. */
const SIOCLIBOSERROR = 0x89e8;
/** Its argument when that call was to send. */
const sends = 1;
const SIOCDEVPRIVATE = 0x89f0;
const devPrivateLast = 0x89ff;

const interfaceLast = 0x89df;
const structureBytesMax = 256;
const behindBytesMax = 64 * 1024;
const interfaceNameBytes = 16;
/** ifr_data, ifc_buf and rt_dev. */
const requestDataAt = 16;
const configurationAt = 8;
const routeDeviceAt = 88;

/** FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP: who gets SIGIO of the program's end. */
const pairsOwn = new Set([0x8901, 0x8902, 0x8903, 0x8904]);
/** Those with more pointers than can be followed, and one that gives a descriptor. */
const refused = new Set([SIOCGIFBR, SIOCSIFBR, SIOCWANDEV, SIOCGSKNS]);
const withData = new Set([
  SIOCETHTOOL,
  SIOCBONDSLAVEINFOQUERY,
  SIOCBONDINFOQUERY,
  SIOCSHWTSTAMP,
  SIOCGHWTSTAMP,
]);

export const ioctl: SocketCall = (socket, call) => {
  const request = requestOf(call);
  if (pairsOwn.has(request) || (request === SIOCATMARK && socket instanceof StreamSocket)) {
    call.proceed();
    return;
  }
  if (request === SIOCLIBOSRING) {
    if (!(socket instanceof MessageSocket) || socket.ring === undefined) {
      throw new SystemError(errno.ENODEV, call.name);
    }
    call.answerWithFd(socket.ring.fd);
    return;
  }
  if (request === SIOCLIBOSERROR) {
    const asked = call.unsigned(2) === sends;
    call.answer(withProgramEnd(call, (fd) => socket.seenError(fd, asked)));
    return;
  }
  const { library } = socket.world;
  const outgoing = request === SIOCOUTQ || request === SIOCOUTQNSD;
  const unsent = outgoing && socket instanceof StreamSocket ? socket.unsentBytes : 0;
  passOn(library, call, socket.fd, socket.kind.family, () => {
    if (unsent > 0) library.setU32(library.control, library.getU32(library.control) + unsent);
  });
};

const requestOf = (call: Call): number => call.unsigned(1) % 2 ** 32;

/** Whether a request is about interfaces, which any socket may be asked. */
export function isInterfaceRequest(call: Call): boolean {
  const request = requestOf(call);
  return request >= SIOCADDRT && request <= interfaceLast;
}

/** Such a request on a socket that is not the library's. */
export function interfaceRequest(library: Library, call: Call): void {
  const fd = library.call(library.nr.socket, AF_INET, SOCK_DGRAM | libraryFlags, 0);
  if (fd < 0) throw new SystemError(fd, call.name);
  try {
    passOn(library, call, fd, AF_INET, () => undefined);
  } finally {
    library.close(fd);
  }
}

function passOn(library: Library, call: Call, fd: number, family: number, after: () => void): void {
  const request = requestOf(call);
  if (refused.has(request)) throw new SystemError(errno.EOPNOTSUPP, call.name);
  const at = call.unsigned(2);
  const before = readable(call, at, structureBytesMax);
  library.bytes(library.control, structureBytesMax).fill(0);
  library.bytes(library.control, before.length).set(before);
  const restore = follow(library, call, request, family, before);
  const result = library.call(library.nr.ioctl, fd, request, library.control);
  if (result < 0) {
    call.fail(-result);
    return;
  }
  restore();
  after();
  writeChanged(call, at, before, library.bytes(library.control, before.length));
  call.answer(result);
}

/** Brings what the structure points to into kernel memory; the result brings it back after the call. */
function follow(
  library: Library,
  call: Call,
  request: number,
  family: number,
  before: Uint8Array,
): () => void {
  const isPrivate = request >= SIOCDEVPRIVATE && request <= devPrivateLast;
  if (request === SIOCGIFCONF) {
    return followTo(library, call, configurationAt, before, behindBytesMax);
  }
  if ((request === SIOCADDRT || request === SIOCDELRT) && family !== AF_INET6) {
    return followTo(library, call, routeDeviceAt, before, interfaceNameBytes);
  }
  if (!isPrivate && !withData.has(request)) return () => undefined;
  if (isPrivate && isBridge(library, before)) throw new SystemError(errno.EOPNOTSUPP, call.name);
  return followTo(library, call, requestDataAt, before, behindBytesMax);
}

function followTo(
  library: Library,
  call: Call,
  pointerAt: number,
  before: Uint8Array,
  sizeBytes: number,
): () => void {
  if (before.length < pointerAt + 8) throw new SystemError(errno.EFAULT, call.name);
  const view = viewOf(before);
  const pointer = wide(view, pointerAt);
  if (pointer === 0) {
    // Linux asks for the size with none, or means no device.
    if (pointerAt !== requestDataAt) return () => undefined;
    throw new SystemError(errno.EFAULT, call.name);
  }
  const behind = readable(call, pointer, sizeBytes);
  if (pointerAt === configurationAt && view.getInt32(0, true) > behind.length) {
    // Room beyond what there is would be written over.
    library.setU32(library.control, behind.length);
  }
  library.bytes(library.data, sizeBytes).fill(0);
  library.bytes(library.data, behind.length).set(behind);
  library.setU64(library.control + pointerAt, library.data);
  return () => {
    writeChanged(call, pointer, behind, library.bytes(library.data, behind.length));
    library.setU64(library.control + pointerAt, pointer);
  };
}

/** Its private requests hold pointers of their own. */
function isBridge(library: Library, request: Uint8Array): boolean {
  const name = new TextDecoder().decode(request.subarray(0, interfaceNameBytes));
  const end = name.indexOf('\0');
  try {
    library.process.stat(`/sys/class/net/${end < 0 ? name : name.slice(0, end)}/bridge`);
    return true;
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}

/** As much as is there of what may be `sizeBytes` long. Throws EFAULT when nothing is. */
function readable(call: Call, at: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  return bytes.subarray(0, call.readVector([at, sizeBytes], bytes));
}

/** Writes the stretch in which the two differ. */
function writeChanged(call: Call, at: number, before: Uint8Array, after: Uint8Array): void {
  let first = 0;
  let end = before.length;
  while (first < end && before[first] === after[first]) first++;
  while (end > first && before[end - 1] === after[end - 1]) end--;
  if (end > first) call.write(at + first, after.slice(first, end));
}
