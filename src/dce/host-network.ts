// SPDX-License-Identifier: GPL-2.0-only

/**
 * Puts the plan of addresses, routes and names into a host's kernel, and later only what has changed. One is made
 * for each kernel that the host boots.
 */
import type { HostNic, Stateful } from '../host/index.js';
import {
  AF_INET,
  AF_INET6,
  netlink,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type PosixHost,
} from '../posix/index.js';
import type { PlannedRoute } from './routes.js';
import type { Attachment, Station } from './topology.js';

const { IFA_F_NODAD } = netlink.constants;

/** Interfaces by their place among the host's. */
interface HostNetworkState {
  readonly addressed: readonly number[];
  readonly routes: readonly (Omit<PlannedRoute, 'via'> & { readonly via: number })[];
  readonly forwards: boolean;
  readonly hostsFile: string;
}

const keyOf = ({ version, destination }: PlannedRoute): string => `${version} ${destination}`;

export class HostNetwork implements Stateful {
  readonly #station: Station;
  readonly #posix: PosixHost;
  readonly #nicOf: (attachment: Attachment) => HostNic;
  readonly #addressed = new Set<Attachment>();
  #routes = new Map<string, PlannedRoute>();
  #forwards = false;
  #hostsFile = '';

  constructor(station: Station, posix: PosixHost, nicOf: (attachment: Attachment) => HostNic) {
    this.#station = station;
    this.#posix = posix;
    this.#nicOf = nicOf;
  }

  /** Interfaces that have been given addresses since the last time are raised with them. */
  address(): void {
    const batch = this.#posix.route.batch();
    this.#addAddresses(batch);
    batch.send();
  }

  /** All that is planned. */
  apply(routes: readonly PlannedRoute[], hostsFile: string): void {
    const batch = this.#posix.route.batch();
    this.#addAddresses(batch);
    this.#changeRoutes(batch, routes);
    batch.send();
    if (this.#station.forwards && !this.#forwards) this.#forward();
    if (hostsFile === this.#hostsFile) return;
    this.#hostsFile = hostsFile;
    this.#posix.service.writeFile('/etc/hosts', hostsFile, O_WRONLY | O_CREAT | O_TRUNC);
  }

  /** What of the plan is in the kernel. */
  saveState(): HostNetworkState {
    const { attachments } = this.#station;
    return {
      addressed: [...this.#addressed].map((attachment) => attachments.indexOf(attachment)),
      routes: [...this.#routes.values()].map(({ via, ...route }) => ({
        ...route,
        via: attachments.indexOf(via),
      })),
      forwards: this.#forwards,
      hostsFile: this.#hostsFile,
    };
  }

  restoreState(saved: unknown): void {
    const state = saved as HostNetworkState;
    const { attachments } = this.#station;
    this.#addressed.clear();
    for (const index of state.addressed) this.#addressed.add(attachments[index]!);
    this.#routes = new Map(
      state.routes.map(({ via, ...rest }) => {
        const route = { ...rest, via: attachments[via]! };
        return [keyOf(route), route];
      }),
    );
    this.#forwards = state.forwards;
    this.#hostsFile = state.hostsFile;
  }

  #addAddresses(batch: netlink.RouteBatch): void {
    for (const attachment of this.#station.attachments) {
      const { addresses } = attachment;
      if (this.#addressed.has(attachment) || addresses.length === 0) continue;
      this.#addressed.add(attachment);
      const { ifindex } = this.#nicOf(attachment);
      batch.changeLink(ifindex, { up: true });
      batch.syncCarrier(ifindex);
      for (const { address, prefixLength, version } of addresses) {
        // Nobody else has it, so nobody need be asked.
        const flags = version === 6 ? { flags: IFA_F_NODAD } : {};
        batch.addAddress(ifindex, { address: `${address}/${prefixLength}`, ...flags });
      }
    }
  }

  #changeRoutes(batch: netlink.RouteBatch, routes: readonly PlannedRoute[]): void {
    const wanted = new Map(routes.map((route) => [keyOf(route), route]));
    for (const [key, route] of this.#routes) {
      if (!wanted.has(key)) batch.removeRoute(this.#settings(route));
    }
    for (const [key, route] of wanted) {
      const known = this.#routes.get(key);
      if (known?.gateway === route.gateway && known.via === route.via) continue;
      // IPv6 would only add a second one.
      if (known) batch.removeRoute(this.#settings(known));
      batch.replaceRoute(this.#settings(route));
    }
    this.#routes = wanted;
  }

  #settings({ version, destination, gateway, via }: PlannedRoute): netlink.RouteSettings {
    return {
      destination,
      family: version === 4 ? AF_INET : AF_INET6,
      gateway,
      index: this.#nicOf(via).ifindex,
    };
  }

  #forward(): void {
    this.#forwards = true;
    this.#posix.sysctl('net.ipv4.ip_forward', 1);
    this.#posix.sysctl('net.ipv6.conf.all.forwarding', 1);
  }
}
