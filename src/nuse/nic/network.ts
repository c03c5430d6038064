// SPDX-License-Identifier: GPL-2.0-only

/**
 * The network of one host on real time: its NICs, and what the configuration says about them, put into its kernel.
 * The broker opens one for each host and asks it for its state.
 */
import { HostNic, type Scheduler } from '../../host/index.js';
import { formatMac } from '../../ip-address.js';
import type { HostedKernel } from '../../kernel/index.js';
import type { Reactor } from '../../native/reactor.js';
import { isSystemError, netlink, type PosixHost } from '../../posix/index.js';
import { LibosError } from '../../errors.js';
import type { HostConfig, NicConfig } from '../config/index.js';
import type { NicBackend, NicCounters, NicEnvironment } from './backend.js';
import { openNic } from './open.js';

/** What a network is opened in. */
export interface NetworkServices {
  readonly kernel: HostedKernel;
  readonly posix: PosixHost;
  readonly scheduler: Scheduler;
  readonly reactor: Reactor;
  /** One line of the host's log. */
  readonly log: (line: string) => void;
}

/** Of one NIC, as plain JSON. */
export interface NicStatus {
  /** The interface's in the host. */
  readonly name: string;
  readonly url: string;
  /** "up", or why there is no carrier. */
  readonly state: string;
  readonly mac: string;
  readonly mtu: number;
  /** With prefix lengths; of both families. */
  readonly addresses: readonly string[];
  readonly counters: NicCounters;
}

interface OpenedNic {
  readonly config: NicConfig;
  readonly backend: NicBackend;
  readonly nic: HostNic;
}

const { IFA_F_NODAD } = netlink.constants;
const mtuDefault = 1500;
/** Frames that a device may have before Linux's queue waits: as many as fit a socket buffer many times. */
const txQueueFramesDefault = 1000;

export class Network {
  readonly #services: NetworkServices;
  readonly #nics: OpenedNic[] = [];

  private constructor(services: NetworkServices) {
    this.#services = services;
  }

  /** Throws a LibosError that names the NIC, route or sysctl that is wrong; nothing stays open then. */
  static async open(config: HostConfig, services: NetworkServices): Promise<Network> {
    const network = new Network(services);
    try {
      network.#setSysctls(config);
      services.posix.route.links.change('lo', { up: true });
      for (const nic of config.nics) await network.#add(config.name, nic);
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  status(): readonly NicStatus[] {
    const { route } = this.#services.posix;
    return this.#nics.map(({ config, backend, nic }) => ({
      name: config.name,
      url: config.url.text,
      state: backend.state,
      mac: formatMac(config.mac),
      mtu: route.links.get(nic.ifindex).mtu ?? nic.mtu,
      addresses: route.addresses
        .list({ link: nic.ifindex })
        .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      counters: backend.counters,
    }));
  }

  /** Gives all NICs back to the machine. */
  async close(): Promise<void> {
    const nics = this.#nics.splice(0);
    await Promise.all(nics.map(({ backend }) => backend.close()));
  }

  async #add(hostName: string, config: NicConfig): Promise<void> {
    const { kernel, scheduler, reactor, log } = this.#services;
    const environment: NicEnvironment = { reactor, scheduler, log };
    const backend = await openNic(config.url, environment);
    const offloads = { ...backend.offloads };
    for (const [offload, wanted] of Object.entries(config.offloads)) {
      if (!wanted) offloads[offload as keyof typeof offloads] = false;
    }
    const nic = new HostNic(scheduler, {
      name: config.name,
      hostName,
      mac: config.mac,
      mtu: config.mtu ?? backend.mtu ?? mtuDefault,
      txQueueFrames: config.txQueueFrames ?? txQueueFramesDefault,
      offloads,
    });
    nic.attach(kernel);
    this.#nics.push({ config, backend, nic });
    this.#address(nic, config);
    backend.start(nic);
  }

  #address({ ifindex }: HostNic, config: NicConfig): void {
    const { route } = this.#services.posix;
    const of = (text: string): string => `NIC ${config.name} (${config.url.text}): ${text}`;
    attempt(of('the interface'), () => {
      route.links.change(ifindex, { up: true });
      const batch = route.batch();
      batch.syncCarrier(ifindex);
      batch.send();
    });
    for (const address of config.addresses) {
      // Whoever writes an address down has seen to it that nobody else has it: no second of asking around.
      const flags = address.includes(':') ? { flags: IFA_F_NODAD } : {};
      attempt(of(`address ${address}`), () => route.addresses.add(ifindex, { address, ...flags }));
    }
    for (const gateway of config.gateways) {
      attempt(of(`gateway ${gateway}`), () =>
        route.routes.add({ destination: anywhere(gateway), gateway, index: ifindex }),
      );
    }
    for (const { to, via, metric } of config.routes) {
      attempt(of(`route to ${to}`), () =>
        route.routes.add({
          destination: to === 'default' ? anywhere(via) : to,
          index: ifindex,
          ...(via === undefined ? {} : { gateway: via }),
          ...(metric === undefined ? {} : { priority: metric }),
        }),
      );
    }
  }

  #setSysctls(config: HostConfig): void {
    const { posix } = this.#services;
    // Every program's user is the owner of this network.
    posix.sysctl('net.ipv4.ping_group_range', '0 2147483647');
    for (const [name, value] of config.sysctl) {
      attempt(`sysctl ${name} = ${value}`, () => posix.sysctl(name, value));
    }
  }
}

/** The default route's destination, in the family of the gateway. */
function anywhere(gateway = '0.0.0.0'): string {
  return gateway.includes(':') ? '::/0' : '0.0.0.0/0';
}

/** What Linux refuses is the configuration's mistake. */
function attempt(what: string, act: () => unknown): void {
  try {
    act();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new LibosError('ERR_LIBOS_NETWORK', `${what}: Linux refuses it: ${cause.message}`, {
      cause,
    });
  }
}
