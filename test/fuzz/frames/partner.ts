// SPDX-License-Identifier: GPL-2.0-only

/**
 * The one neighbour that is a host itself: it makes connections of every transport and accepts the target's, and talks
 * through WireGuard, so that the target gets to states that no forged frame gets it to. What it sends may be changed on
 * the way, and what it receives.
 */
import {
  AF_INET,
  AF_PACKET,
  netlink,
  NetlinkSocket,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  type Process,
} from '../../../src/posix/index.js';
import type { Kernel } from '../../../src/kernel/index.js';
import type { Dice } from '../posix/random.js';
import {
  far4,
  far6,
  partner4,
  partner6,
  partnerOther4,
  ports,
  target4,
  target6,
  toPartner4,
  toPartner6,
} from './addresses.js';
import { attempt, Connections } from './connections.js';
import { FrameHost } from './host.js';
import { Listeners } from './listeners.js';
import { sctpSettings } from './sctp-options.js';
import { setUpPartnerSecurity } from './security.js';
import { setUpWireguard } from './wireguard.js';

const partnerMac = Uint8Array.of(2, 0, 0, 0, 0, 0x44);
const wireguardLink = { local: '10.9.99.2', target: '10.9.99.1' } as const;
/** The target's side of it; the network is the partner's own. */
export const wireguardTarget = `${wireguardLink.target}/24`;
/** Frames on their way to the target. */
const waitingMax = 256;
const datagramBytesMax = 1400;
/** Acts until its servers have their turn. */
const serveOneIn = 16;

export class Partner {
  readonly host: FrameHost;
  readonly listeners: Listeners;
  /** What it has sent and nobody has taken yet, oldest first. */
  readonly waiting: Uint8Array[] = [];
  readonly #dice: Dice;
  readonly #process: Process;
  readonly #connections: Connections;
  readonly #wireguard: number;
  readonly #rawWireguard: number;
  readonly #wireguardIndex: number;
  readonly #buffer = new Uint8Array(datagramBytesMax);

  constructor(kernel: Kernel, dice: Dice, seed: number) {
    this.#dice = dice;
    this.host = new FrameHost(kernel, {
      name: 'partner',
      seed,
      macs: [partnerMac],
      takers: new Map([[0, (frame) => this.#take(frame)]]),
    });
    const { posix } = this.host;
    this.#process = posix.spawn();
    this.#configure();
    setUpPaths(this.#process, { address: partnerOther4, subflow: true });
    this.listeners = new Listeners(this.#process);
    this.#connections = new Connections(this.#process, dice, {
      near: { 4: partner4, 6: partner6 },
      far: [
        { 4: target4, 6: target6 },
        { 4: toPartner4, 6: toPartner6 },
        { 4: far4, 6: far6 },
      ],
    });
    this.#wireguardIndex = posix.route.links.indexOf('wg0');
    this.#wireguard = this.#process.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
    this.#rawWireguard = this.#process.socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  }

  /** Hands it a frame of the target's. */
  receive(frame: Uint8Array): void {
    this.host.receive(this.host.nics[0]!, frame);
  }

  /** Does something that makes frames. `packet` makes one that goes through the tunnel. */
  act(packet: () => Uint8Array): void {
    const dice = this.#dice;
    if (dice.oneIn(serveOneIn)) this.listeners.serve();
    if (dice.oneIn(5)) attempt(() => this.#sendThroughTunnel(packet));
    else this.#connections.act();
  }

  closeAll(): void {
    this.#connections.closeAll();
    this.listeners.closeAccepted();
    this.waiting.length = 0;
  }

  #take(frame: Uint8Array): void {
    this.waiting.push(frame);
    if (this.waiting.length > waitingMax) this.waiting.shift();
  }

  #configure(): void {
    const { posix } = this.host;
    const { route } = posix;
    route.links.change('eth0', { up: true });
    for (const address of [partner4, partnerOther4]) route.addresses.add('eth0', `${address}/24`);
    route.addresses.add('eth0', {
      address: `${partner6}/64`,
      flags: netlink.constants.IFA_F_NODAD,
    });
    route.routes.add({ destination: '10.0.0.0/8', gateway: toPartner4 });
    route.routes.add({ destination: '2001:db8::/32', gateway: toPartner6 });
    route.links.add({ name: 'wg0', kind: 'wireguard' });
    route.links.change('wg0', { up: true });
    route.addresses.add('wg0', `${wireguardLink.local}/24`);
    setUpWireguard(this.#process, 'partner');
    setUpPartnerSecurity(this.#process, 'partner');
    sctpSettings(posix.sysctl.bind(posix));
  }

  #sendThroughTunnel(packet: () => Uint8Array): void {
    if (this.#dice.oneIn(3)) {
      const data = this.#buffer.subarray(0, this.#dice.below(datagramBytesMax));
      const { target: address } = wireguardLink;
      const to = { family: AF_INET, address, port: ports.datagram } as const;
      this.#process.sendto(this.#wireguard, data, 0, to);
      return;
    }
    const hostile = packet();
    this.#process.sendto(this.#rawWireguard, hostile, 0, {
      family: AF_PACKET,
      protocol: hostile[0]! >>> 4 === 6 ? 0x86dd : 0x0800,
      interfaceIndex: this.#wireguardIndex,
    });
  }
}

/**
 * A path of Multipath TCP beside the first; others' are taken. It stays: a connection without an owner whose path is
 * removed is never freed (docs/kernel-bugs/0003-mptcp-orphan-without-subflows.md).
 */
export function setUpPaths(process: Process, path: netlink.MptcpEndpointSettings): void {
  using socket = NetlinkSocket.open(process, { protocol: netlink.constants.NETLINK_GENERIC });
  const manager = new netlink.MptcpPathManager(socket.client);
  manager.setLimits({ subflows: 4, announcementsAccepted: 4 });
  manager.addEndpoint(path);
}
