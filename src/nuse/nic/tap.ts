// SPDX-License-Identifier: GPL-2.0-only

/**
 * `tap:NAME`: a TAP interface of the machine, which is made for as long as the host lives, or attached to where it
 * is there. Frames carry a virtio_net_hdr, so 64 KiB of TCP cross in one system call with one checksum left undone.
 */
import { addon } from '../../addon/addon.js';
import { errno } from '../../posix/index.js';
import { allOffloads, plainOffloads, type NicBackend, type NicEnvironment } from './backend.js';
import {
  describeErrno,
  interfaceRequest,
  machineInterface,
  nicError,
  raiseInterface,
} from './machine.js';
import { MachineNic } from './machine-nic.js';
import type { NicUrl } from './url.js';
import { VnetWire } from './vnet-wire.js';

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** TUN_F_*: checksums, TCP segments of both families with and without ECN. */
const offloadTcp = 0x01 | 0x02 | 0x04 | 0x08;
/** UDP segments of both families, since Linux 6.2. */
const offloadUdp = 0x20 | 0x40;
const headerBytes = 10;

export class TapNic extends MachineNic {
  readonly offloads: NicBackend['offloads'];
  readonly mtu: number | undefined;

  /** Throws ERR_LIBOS_NIC: no permission, in use, no TAP interface. */
  constructor(url: NicUrl, environment: NicEnvironment) {
    const { text, target, options } = url;
    const fd = openTap(text, target);
    const offloads = setOffloads(fd, options.get('offloads') !== 'off');
    if (machineInterface(target)?.up === false && !raiseInterface(target)) {
      environment.log(
        `${text}: ${target} is down, and to raise it takes root: ip link set ${target} up`,
      );
    }
    super(url, environment, new VnetWire(fd, 'tapReceive'));
    this.offloads = offloads;
    this.mtu = machineInterface(target)?.mtu;
  }
}

function openTap(label: string, name: string): number {
  const fd = addon().open('/dev/net/tun', O_RDWR | O_NONBLOCK, 0);
  if (fd < 0) {
    throw nicError(
      label,
      `/dev/net/tun cannot be opened: ${describeErrno(fd)}`,
      fd === -errno.ENOENT ? 'load the driver: modprobe tun' : 'chmod 666 /dev/net/tun, as root',
    );
  }
  const request = interfaceRequest(name);
  new DataView(request.buffer).setUint16(16, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, true);
  const result = addon().ioctl(fd, TUNSETIFF, request);
  if (result >= 0) return fd;
  addon().close(fd);
  throw refused(label, name, result);
}

function refused(label: string, name: string, result: number): Error {
  switch (-result) {
    case errno.EPERM: {
      const user = process.env['USER'] ?? `${process.getuid?.() ?? ''}`;
      return nicError(
        label,
        `no permission for the TAP interface ${name}`,
        `as root: ip tuntap add dev ${name} mode tap user ${user} vnet_hdr && ip link set ${name} up`,
      );
    }
    case errno.EBUSY:
      return nicError(
        label,
        `the TAP interface ${name} is in use`,
        'another host or virtual machine has it: end that one, or take another name',
      );
    case errno.EINVAL:
      return nicError(
        label,
        `${name} is there and is no TAP interface`,
        `take another name, or packet:${name} for an interface that is no TAP`,
      );
    default:
      return nicError(label, `TUNSETIFF: ${describeErrno(result)}`, 'see `man 4 tun`');
  }
}

/** What Linux can leave undone on this descriptor. Context: the interface is set. */
function setOffloads(fd: number, wanted: boolean): NicBackend['offloads'] {
  const size = new Uint8Array(new Int32Array([headerBytes]).buffer);
  addon().ioctl(fd, TUNSETVNETHDRSZ, size);
  if (!wanted) {
    addon().ioctlNumber(fd, TUNSETOFFLOAD, 0);
    return plainOffloads;
  }
  if (addon().ioctlNumber(fd, TUNSETOFFLOAD, offloadTcp | offloadUdp) >= 0) return allOffloads;
  // Writing takes checksums and TCP segments on any Linux with this header; USO is what may be missing.
  addon().ioctlNumber(fd, TUNSETOFFLOAD, offloadTcp);
  return { ...allOffloads, uso: false };
}
