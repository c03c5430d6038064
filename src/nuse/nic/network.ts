// SPDX-License-Identifier: GPL-2.0-only

/**
 * The network of one host on real time: its NICs, and what the configuration says about them, put into its kernel.
 * The broker opens one for each host and asks it for its state.
 */
import { HostNic, type Scheduler } from '../../host/index.js';
import { formatMac } from '../../ip-address.js';
import type { HostedKernel } from '../../kernel/index.js';
import type { Reactor } from '../../native/reactor.js';
import {
  isSystemError,
  netlink,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type PosixHost,
} from '../../posix/index.js';
import { LibosError } from '../../errors.js';
import type { HostConfig, NicConfig } from '../config/index.js';
import { AdvertisedNames } from './advertised-names.js';
import type { NicBackend, NicCounters, NicEnvironment } from './backend.js';
import { LeaseHolder } from './lease-holder.js';
import { hostsFileOf, resolvConfOf } from './name-files.js';
import { openNic } from './open.js';

/** What a network is opened in. */
export interface NetworkServices {
  readonly kernel: HostedKernel;
  readonly posix: PosixHost;
  readonly scheduler: Scheduler;
  readonly reactor: Reactor;
  /** One line of the host's log. */
  readonly log: (line: string) => void;
  /** How long `open` waits for DHCP; 10 s by default. */
  readonly firstLeaseMs?: number;
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
  dhcp: LeaseHolder | undefined;
}

const { IFA_F_NODAD } = netlink.constants;
const mtuDefault = 1500;
const firstLeaseMsDefault = 10_000;
/** Frames that a device may have before Linux's queue waits: as many as fit a socket buffer many times. */
const txQueueFramesDefault = 1000;

/**
 * The network of one host in real time: its NICs, and what the configuration says about them, put into its kernel.
 */
export class Network {
  readonly #config: HostConfig;
  readonly #services: NetworkServices;
  readonly #nics: OpenedNic[] = [];
  #advertised: AdvertisedNames | undefined;
  #resolvConf = '';
  #hostsFile = '';
  #onFilesChanged: () => void = () => undefined;
  #leaseChanged: () => void = () => undefined;

  private constructor(config: HostConfig, services: NetworkServices) {
    this.#config = config;
    this.#services = services;
  }

  /** Throws a LibosError that names the NIC, route or sysctl that is wrong; nothing stays open then. */
  static async open(config: HostConfig, services: NetworkServices): Promise<Network> {
    const network = new Network(config, services);
    try {
      network.#setSysctls();
      services.posix.route.links.change('lo', { up: true });
      const { posix, log } = services;
      const onChange = (): void => network.#writeNameFiles();
      network.#advertised = new AdvertisedNames({ posix, log, onChange });
      for (const nic of config.nics) await network.#add(nic);
      network.#writeNameFiles();
      await network.#firstLeases();
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** The host's /etc/resolv.conf. */
  get resolvConf(): string {
    return this.#resolvConf;
  }

  /** The host's /etc/hosts. */
  get hostsFile(): string {
    return this.#hostsFile;
  }

  /** Who is told when one of the two is another. */
  set onFilesChanged(callback: () => void) {
    this.#onFilesChanged = callback;
  }

  /** What `libos status` shows of its NICs. */
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
    await this.#advertised?.stop();
    this.#advertised = undefined;
    await Promise.all(nics.map(async ({ dhcp }) => await dhcp?.stop()));
    await Promise.all(nics.map(({ backend }) => backend.close()));
  }

  async #add(config: NicConfig): Promise<void> {
    const { name: hostName } = this.#config;
    const { kernel, scheduler, reactor, log } = this.#services;
    const carrierChanged = (): void => {
      if (nic.attached && kernel.death === undefined) this.#syncCarrier(nic.ifindex);
    };
    const environment: NicEnvironment = { reactor, scheduler, log, carrierChanged };
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
    const opened: OpenedNic = { config, backend, nic, dhcp: undefined };
    this.#nics.push(opened);
    backend.start(nic);
    this.#address(nic, config);
    if (config.dhcp) opened.dhcp = this.#startDhcp(opened);
  }

  #startDhcp({ config, nic }: OpenedNic): LeaseHolder {
    const { posix, log } = this.#services;
    const dhcp = new LeaseHolder({
      posix,
      nic,
      log,
      hostName: this.#config.name,
      metric: this.#nics.length - 1,
      takesMtu: config.mtu === undefined,
      onChange: () => {
        this.#writeNameFiles();
        this.#leaseChanged();
      },
    });
    dhcp.start();
    return dhcp;
  }

  /** Programs find the network ready, unless there is no server. */
  async #firstLeases(): Promise<void> {
    const missing = (): readonly OpenedNic[] =>
      this.#nics.filter(({ dhcp }) => dhcp !== undefined && dhcp.lease === undefined);
    if (missing().length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        const names = missing().map(({ config }) => config.name);
        this.#services.log(`${names.join(', ')}: no lease by DHCP yet; it goes on trying`);
        resolve();
      }, this.#services.firstLeaseMs ?? firstLeaseMsDefault);
      this.#leaseChanged = () => {
        if (missing().length > 0) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#leaseChanged = () => undefined;
  }

  #writeNameFiles(): void {
    const leases = this.#nics.flatMap(({ dhcp }) => dhcp?.lease ?? []);
    const { servers = [], search = [] } = this.#advertised ?? {};
    const resolvConf = resolvConfOf(this.#config.resolvConf, {
      servers: [...leases.flatMap(({ nameServers }) => nameServers), ...servers],
      search: [...leases.flatMap((lease) => lease.search), ...search],
    });
    const hostsFile = hostsFileOf(this.#config);
    if (resolvConf === this.#resolvConf && hostsFile === this.#hostsFile) return;
    this.#resolvConf = resolvConf;
    this.#hostsFile = hostsFile;
    const { service } = this.#services.posix;
    service.writeFile('/etc/resolv.conf', resolvConf, O_WRONLY | O_CREAT | O_TRUNC);
    service.writeFile('/etc/hosts', hostsFile, O_WRONLY | O_CREAT | O_TRUNC);
    this.#onFilesChanged();
  }

  #address({ ifindex }: HostNic, config: NicConfig): void {
    const { route } = this.#services.posix;
    const of = (text: string): string => `NIC ${config.name} (${config.url.text}): ${text}`;
    attempt(of('the interface'), () => {
      route.links.change(ifindex, { up: true });
      this.#syncCarrier(ifindex);
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

  #syncCarrier(ifindex: number): void {
    const batch = this.#services.posix.route.batch();
    batch.syncCarrier(ifindex);
    batch.send();
  }

  #setSysctls(): void {
    const { posix } = this.#services;
    // Every program's user is the owner of this network.
    posix.sysctl('net.ipv4.ping_group_range', '0 2147483647');
    for (const [name, value] of this.#config.sysctl) {
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
