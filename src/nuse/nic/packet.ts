// SPDX-License-Identifier: GPL-2.0-only

/**
 * `packet:IF`: an interface of the machine through AF_PACKET, shared with the machine: both send, and each takes
 * what is for its own addresses. The host has a MAC address of its own there.
 */
import { addon } from '../../addon/addon.js';
import { errno } from '../../posix/index.js';
import { allOffloads, plainOffloads, type NicBackend, type NicEnvironment } from './backend.js';
import { describeErrno, machineInterface, nicError, type MachineInterface } from './machine.js';
import { MachineNic, raisedInterface } from './machine-nic.js';
import type { NicUrl } from './url.js';
import { VnetWire } from './vnet-wire.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
/** Behind a slow turn of the event loop there may be a lot. */
const socketBufferBytes = 8 << 20;

export class PacketNic extends MachineNic {
  readonly offloads: NicBackend['offloads'];
  readonly mtu: number;

  /** Throws ERR_LIBOS_NIC: no permission, no such interface. */
  constructor(url: NicUrl, environment: NicEnvironment) {
    const { text, target, options } = url;
    const found = raisedInterface(url);
    const fd = openPacket(text, target, found, options.get('promiscuous') !== 'off');
    const isThere = (): boolean => machineInterface(target)?.index === found.index;
    super(url, environment, new PacketWire(fd, isThere));
    this.offloads = options.get('offloads') === 'off' ? plainOffloads : allOffloads;
    this.mtu = found.mtu;
  }
}

/** An interface that goes down says so once, and works again when it is up. */
class PacketWire extends VnetWire {
  readonly #isThere: () => boolean;

  constructor(fd: number, isThere: () => boolean) {
    super(fd, 'packetReceive');
    this.#isThere = isThere;
  }

  override receive(): number {
    const count = super.receive();
    return count === -errno.ENETDOWN && this.#isThere() ? 0 : count;
  }
}

function openPacket(
  label: string,
  name: string,
  { index }: MachineInterface,
  promiscuous: boolean,
): number {
  // No protocol yet: nothing is queued before the interface is chosen.
  const fd = addon().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    throw nicError(
      label,
      `no packet socket: ${describeErrno(fd)}`,
      fd === -errno.EPERM || fd === -errno.EACCES
        ? 'it takes root (CAP_NET_RAW); passt: needs neither, tap: only once'
        : 'see `man 7 packet`',
    );
  }
  try {
    setInt(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
    setInt(fd, SOL_PACKET, PACKET_AUXDATA, 1);
    setInt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    // Both only make it faster.
    setIfAllowed(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    setIfAllowed(fd, SOL_SOCKET, SO_RCVBUFFORCE, socketBufferBytes);
    setIfAllowed(fd, SOL_SOCKET, SO_SNDBUFFORCE, socketBufferBytes);
    if (promiscuous) join(fd, index);
    bind(fd, index);
    return fd;
  } catch (error) {
    addon().close(fd);
    const why = error instanceof Error ? error.message : String(error);
    throw nicError(label, `${name} cannot be used: ${why}`, 'see `man 7 packet`');
  }
}

function bind(fd: number, index: number): void {
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL);
  address.setInt32(4, index, true);
  check('bind', addon().bind(fd, new Uint8Array(address.buffer)));
}

/** The machine's interface takes frames for other addresses than its own, as ours is. */
function join(fd: number, index: number): void {
  const request = new DataView(new ArrayBuffer(16));
  request.setInt32(0, index, true);
  request.setUint16(4, PACKET_MR_PROMISC, true);
  const bytes = new Uint8Array(request.buffer);
  check('promiscuous', addon().setSocketOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, bytes));
}

function setIfAllowed(fd: number, level: number, option: number, value: number): number {
  const bytes = new Uint8Array(new Int32Array([value]).buffer);
  return addon().setSocketOption(fd, level, option, bytes);
}

function setInt(fd: number, level: number, option: number, value: number): void {
  check(`option ${option}`, setIfAllowed(fd, level, option, value));
}

function check(what: string, result: number): void {
  if (result < 0) throw new Error(`${what}: ${describeErrno(result)}`);
}
