// SPDX-License-Identifier: GPL-2.0-only

/** Everything that is planned for hosts before they boot: addresses, routes, names. It follows the topology. */
import { ipVersion } from '../posix/index.js';
import { AddressPlan } from './addresses.js';
import { scenarioError } from './caller-line.js';
import { Names } from './names.js';
import { RoutePlan, type PlannedRoute } from './routes.js';
import { Topology, type Station } from './topology.js';

/** Names that an error lists. */
const namesShownMax = 10;

export class NetworkPlan {
  readonly topology = new Topology();
  readonly #addresses = new AddressPlan();
  readonly #names = new Names(this.topology);
  #plannedVersion = -1;
  #routes: { readonly version: number; readonly plan: RoutePlan } | undefined;

  /** Changes when there is something new to plan. */
  get version(): number {
    return this.topology.version;
  }

  add(station: Station): void {
    this.topology.addStation(station);
    this.#names.add(station);
  }

  /** Whether all that is connected has addresses. */
  get isPlanned(): boolean {
    return this.#plannedVersion === this.version;
  }

  /** Who has a name, if anybody has. */
  get(name: string): Station | undefined {
    return this.#names.get(name);
  }

  /** Gives addresses to all that has been connected since the last time. */
  assignAddresses(): void {
    this.#addresses.assign(this.topology.takeChanged());
    this.#plannedVersion = this.version;
  }

  routesOf(station: Station): readonly PlannedRoute[] {
    return this.#routePlan().routesOf(station);
  }

  hostsFileOf(station: Station): string {
    return this.#names.hostsFile(station);
  }

  /** The address of a host by its name, as another sees it; an address is itself. */
  resolve(name: string, asker: Station, version?: 4 | 6): string {
    if (ipVersion(name.replace(/%.*$/, '')) !== 0) return name;
    if (name === 'localhost') return version === 6 ? '::1' : '127.0.0.1';
    const station = this.#names.get(name);
    if (!station) {
      throw this.#notFound(asker, `${JSON.stringify(name)}, but there is no such host`, [
        'there are',
        ...this.#names.names.slice(0, namesShownMax),
      ]);
    }
    const routes = this.#routePlan();
    const address = this.#names.addressOf(name, asker, version);
    if (!address) {
      const which = version === undefined ? '' : `IPv${version} `;
      throw this.#notFound(asker, `${name}, which has no ${which}address`, [
        'connect it, or give it an address',
      ]);
    }
    if (!routes.reaches(asker, station)) {
      throw this.#notFound(asker, `${name}, but nothing connects the two`, [
        'connect them, by way of hosts that forward if need be',
      ]);
    }
    return address.address;
  }

  #notFound({ name }: Station, what: string, hint: readonly string[]): Error {
    const [first, ...rest] = hint;
    return scenarioError('ERR_LIBOS_NAME', `${name} looks for ${what}`, {
      hint: [first, rest.join(', ')].join(' ').trimEnd(),
    });
  }

  #routePlan(): RoutePlan {
    const { version } = this.topology;
    if (this.#routes?.version !== version) {
      this.assignAddresses();
      this.#routes = { version, plan: new RoutePlan(this.topology) };
    }
    return this.#routes.plan;
  }
}
