// SPDX-License-Identifier: GPL-2.0-only

/** The machine's own interfaces, as NICs need them: descriptors to reach one, its index, its MTU. */
import { LibosError } from '../../errors.js';
import { addon } from '../../addon/addon.js';
import { errno, errnoCode, errnoMessage } from '../../posix/index.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const requests = {
  SIOCGIFFLAGS: 0x8913,
  SIOCSIFFLAGS: 0x8914,
  SIOCGIFMTU: 0x8921,
  SIOCGIFINDEX: 0x8933,
} as const;
const ifreqBytes = 40;
const unionAt = 16;
const IFF_UP = 1;

/** A struct ifreq with a name in it. */
export function interfaceRequest(name: string): Uint8Array {
  const request = new Uint8Array(ifreqBytes);
  request.set(new TextEncoder().encode(name).subarray(0, unionAt - 1));
  return request;
}

export interface MachineInterface {
  readonly index: number;
  readonly mtu: number;
  readonly up: boolean;
}

/** Undefined: the machine has no such interface, in the network namespace that this process is in. */
export function machineInterface(name: string): MachineInterface | undefined {
  return withSocket((fd) => {
    const index = ask(fd, requests.SIOCGIFINDEX, name);
    if (index === -errno.ENODEV) return undefined;
    const mtu = ask(fd, requests.SIOCGIFMTU, name);
    const flags = ask(fd, requests.SIOCGIFFLAGS, name);
    if (index < 0 || mtu < 0) throw new Error(`${name}: ${errnoMessage(Math.min(index, mtu))}`);
    return { index, mtu, up: (flags & IFF_UP) !== 0 };
  });
}

/** Whether it is up then: raising it takes a permission that a TAP's owner need not have. */
export function raiseInterface(name: string): boolean {
  return withSocket((fd) => {
    const request = interfaceRequest(name);
    const view = new DataView(request.buffer);
    if (addon().ioctl(fd, requests.SIOCGIFFLAGS, request) < 0) return false;
    view.setUint16(unionAt, view.getUint16(unionAt, true) | IFF_UP, true);
    return addon().ioctl(fd, requests.SIOCSIFFLAGS, request) >= 0;
  });
}

/** Fails for the want of an interface. */
export function noSuchInterface(label: string, name: string): LibosError {
  return nicError(
    label,
    `the machine has no interface ${name}`,
    '`ip link` lists those that it has',
  );
}

export function nicError(label: string, why: string, hint: string): LibosError {
  return new LibosError('ERR_LIBOS_NIC', `NIC “${label}”: ${why}`, { hint });
}

/** For a call that failed with -errno. */
export function describeErrno(result: number): string {
  return `${errnoMessage(result)} (${errnoCode(result)})`;
}

/** The int that a request gives, or -errno. */
function ask(fd: number, request: number, name: string): number {
  const bytes = interfaceRequest(name);
  const result = addon().ioctl(fd, request, bytes);
  if (result < 0) return result;
  const view = new DataView(bytes.buffer);
  return request === requests.SIOCGIFFLAGS
    ? view.getUint16(unionAt, true)
    : view.getInt32(unionAt, true);
}

function withSocket<T>(use: (fd: number) => T): T {
  const fd = addon().socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw new Error(`socket: ${errnoMessage(fd)}`);
  try {
    return use(fd);
  } finally {
    addon().close(fd);
  }
}
