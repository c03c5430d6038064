// SPDX-License-Identifier: GPL-2.0-only
/** What tc(8) does: queueing disciplines, classes and filters of an interface. A part of `Rtnetlink`. */
import type { NetlinkClient } from './client.js';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './constants/message.js';
import * as C from './constants/route.js';
import type { Interface } from './link.js';
import {
  decodeQueue,
  encodeClass,
  encodeFilter,
  encodePlace,
  encodeQdisc,
  type ClassSettings,
  type FilterSettings,
  type Handle,
  type QdiscSettings,
  type Queue,
  type QueuePlace,
} from './qdisc.js';

/** What tc(8) does: queueing disciplines, classes and filters of an interface. */
export class TrafficControl {
  readonly #client: NetlinkClient;
  readonly #indexOf: (link: Interface) => number;

  constructor(client: NetlinkClient, indexOf: (link: Interface) => number) {
    this.#client = client;
    this.#indexOf = indexOf;
  }

  /** Of one interface, or of all. */
  qdiscs(link?: Interface): readonly Queue[] {
    const index = link === undefined ? 0 : this.#indexOf(link);
    return this.#client
      .dump('RTM_GETQDISC', C.RTM_GETQDISC, ...encodePlace(index, {}))
      .map(({ payload }) => decodeQueue(payload, 'qdisc'))
      .filter((qdisc) => index === 0 || qdisc.index === index);
  }

  /** `tc qdisc add`. */
  addQdisc(link: Interface, qdisc: QdiscSettings): void {
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    this.#client.request(
      'RTM_NEWQDISC',
      C.RTM_NEWQDISC,
      flags,
      ...encodeQdisc(this.#indexOf(link), qdisc),
    );
  }

  /** Puts it in the place of what is there. */
  replaceQdisc(link: Interface, qdisc: QdiscSettings): void {
    const flags = NLM_F_CREATE | NLM_F_REPLACE;
    this.#client.request(
      'RTM_NEWQDISC',
      C.RTM_NEWQDISC,
      flags,
      ...encodeQdisc(this.#indexOf(link), qdisc),
    );
  }

  /** Changes the options of the one that is there. */
  changeQdisc(link: Interface, qdisc: QdiscSettings): void {
    this.#client.request(
      'RTM_NEWQDISC',
      C.RTM_NEWQDISC,
      0,
      ...encodeQdisc(this.#indexOf(link), qdisc),
    );
  }

  /** `tc qdisc del`: the root, unless a place is said. */
  removeQdisc(link: Interface, place: QueuePlace = { parent: 'root' }): void {
    this.#client.request(
      'RTM_DELQDISC',
      C.RTM_DELQDISC,
      0,
      ...encodePlace(this.#indexOf(link), place),
    );
  }

  /** `tc class show`. */
  classes(link: Interface): readonly Queue[] {
    return this.#client
      .dump('RTM_GETTCLASS', C.RTM_GETTCLASS, ...encodePlace(this.#indexOf(link), {}))
      .map(({ payload }) => decodeQueue(payload, 'class'));
  }

  /** `tc class add`. */
  addClass(link: Interface, settings: ClassSettings): void {
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    this.#client.request(
      'RTM_NEWTCLASS',
      C.RTM_NEWTCLASS,
      flags,
      ...encodeClass(this.#indexOf(link), settings),
    );
  }

  /** `tc class change`. */
  changeClass(link: Interface, settings: ClassSettings): void {
    this.#client.request(
      'RTM_NEWTCLASS',
      C.RTM_NEWTCLASS,
      0,
      ...encodeClass(this.#indexOf(link), settings),
    );
  }

  /** `tc class del`. */
  removeClass(link: Interface, place: QueuePlace): void {
    this.#client.request(
      'RTM_DELTCLASS',
      C.RTM_DELTCLASS,
      0,
      ...encodePlace(this.#indexOf(link), place),
    );
  }

  /** `tc filter show`. */
  filters(link: Interface, parent: Handle = 'root'): readonly Queue[] {
    return this.#client
      .dump('RTM_GETTFILTER', C.RTM_GETTFILTER, ...encodePlace(this.#indexOf(link), { parent }))
      .map(({ payload }) => decodeQueue(payload, 'filter'));
  }

  /** `tc filter add`. */
  addFilter(link: Interface, filter: FilterSettings): void {
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    this.#client.request(
      'RTM_NEWTFILTER',
      C.RTM_NEWTFILTER,
      flags,
      ...encodeFilter(this.#indexOf(link), filter),
    );
  }

  /** `tc filter del`. */
  removeFilter(link: Interface, filter: FilterSettings): void {
    this.#client.request(
      'RTM_DELTFILTER',
      C.RTM_DELTFILTER,
      0,
      ...encodeFilter(this.#indexOf(link), filter),
    );
  }
}
