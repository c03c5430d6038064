// SPDX-License-Identifier: GPL-2.0-only
/** Many changes to links, addresses and routes in few datagrams: what a host needs to join a network. */
import { encodeAddress, type AddressSettings } from './address.js';
import type { NetlinkClient, NetlinkRequest } from './client.js';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './constants/message.js';
import * as C from './constants/route.js';
import { encodeLink, encodeLinkQuery, type ChangedLink } from './link.js';
import { encodeRoute, type RouteSettings } from './route.js';

/** Collects changes in order; `send` makes them. Interfaces are named by index. */
export class RouteBatch {
  readonly #client: NetlinkClient;
  readonly #requests: NetlinkRequest[] = [];

  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** `ip link set`. */
  changeLink(index: number, settings: ChangedLink): void {
    this.#add('RTM_NEWLINK', C.RTM_NEWLINK, 0, encodeLink(index, settings));
  }

  /**
   * Lets the kernel notice a carrier now. It looks at most once a second by itself, and until then an interface
   * has no link-local address that can be used.
   */
  syncCarrier(index: number): void {
    this.#requests.push({
      what: 'RTM_GETLINK',
      type: C.RTM_GETLINK,
      flags: 0,
      parts: encodeLinkQuery(index),
      answered: true,
    });
  }

  /** `ip address add`. */
  addAddress(index: number, settings: AddressSettings): void {
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    this.#add('RTM_NEWADDR', C.RTM_NEWADDR, flags, encodeAddress(index, settings));
  }

  /** `ip route replace`. */
  replaceRoute(route: RouteSettings): void {
    const flags = NLM_F_CREATE | NLM_F_REPLACE;
    this.#add('RTM_NEWROUTE', C.RTM_NEWROUTE, flags, encodeRoute(route));
  }

  /** `ip route del`. */
  removeRoute(route: RouteSettings): void {
    this.#add('RTM_DELROUTE', C.RTM_DELROUTE, 0, encodeRoute(route, true));
  }

  /** Makes all changes; one that the kernel refuses is thrown as a NetlinkError once all have been tried. */
  send(): void {
    this.#client.batch(this.#requests.splice(0));
  }

  #add(what: string, type: number, flags: number, parts: readonly Uint8Array[]): void {
    this.#requests.push({ what, type, flags, parts });
  }
}
