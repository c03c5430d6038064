// SPDX-License-Identifier: GPL-2.0-only

/**
 * Name servers and search lists from router advertisements (RFC 8106): Linux configures addresses and routes by
 * itself, and hands these on to whoever listens. Those that have run out go when the next advertisement comes.
 */
import { formatIpv6 } from '../../ip-address.js';
import { NetlinkSocket, netlink, type PosixHost, type Process } from '../../posix/index.js';
import { readNames } from './dhcp/message.js';

const { RTNLGRP_ND_USEROPT } = netlink.constants;
const RTM_NEWNDUSEROPT = 68;
/** struct nduseroptmsg. */
const headerBytes = 16;
const serversOption = 25;
const searchOption = 31;
const forEver = 0xffffffff;

export interface AdvertisedNamesOptions {
  readonly posix: PosixHost;
  /** After each advertisement that changes something. Throws nothing. */
  readonly onChange: () => void;
  readonly log: (line: string) => void;
}

export class AdvertisedNames {
  readonly #options: AdvertisedNamesOptions;
  readonly #abort = new AbortController();
  readonly #process: Process;
  /** Until when, by what is advertised. */
  readonly #servers = new Map<string, number>();
  readonly #search = new Map<string, number>();
  readonly #running: Promise<void>;

  constructor(options: AdvertisedNamesOptions) {
    this.#options = options;
    this.#process = options.posix.spawn();
    const socket = NetlinkSocket.open(this.#process, { groups: [RTNLGRP_ND_USEROPT] });
    this.#running = this.#listen(socket);
  }

  get servers(): readonly string[] {
    return [...this.#servers.keys()];
  }

  get search(): readonly string[] {
    return [...this.#search.keys()];
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    if (this.#options.posix.port.death === undefined) this.#process.exit();
  }

  async #listen(socket: NetlinkSocket): Promise<void> {
    const { signal } = this.#abort;
    const { posix, log, onChange } = this.#options;
    try {
      while (true) {
        const before = this.#text();
        for (const { type, payload } of await socket.receive({ signal })) {
          if (type === RTM_NEWNDUSEROPT) this.#take(payload);
        }
        if (this.#text() !== before) onChange();
      }
    } catch (error) {
      if (signal.aborted || posix.port.death !== undefined) return;
      log(`router advertisements are not heard any more: ${String(error)}`);
    }
  }

  #text(): string {
    return [...this.servers, ...this.search].join();
  }

  #take(payload: Uint8Array): void {
    const { posix } = this.#options;
    const nowNs = posix.time.nowNs();
    for (const map of [this.#servers, this.#search]) {
      for (const [name, endNs] of map) if (endNs <= nowNs) map.delete(name);
    }
    if (payload.length < headerBytes) return;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const end = Math.min(payload.length, headerBytes + view.getUint16(2, true));
    const interfaceIndex = view.getInt32(4, true);
    for (let at = headerBytes; at + 8 <= end;) {
      const length = payload[at + 1]! * 8;
      if (length < 8 || at + length > end) return;
      const seconds = view.getUint32(at + 4);
      const endNs = seconds === forEver ? Infinity : nowNs + seconds * 1e9;
      const body = payload.subarray(at + 8, at + length);
      if (payload[at] === serversOption) {
        for (let part = 0; part + 16 <= body.length; part += 16) {
          this.#note(this.#servers, this.#server(body, part, interfaceIndex), endNs, seconds);
        }
      }
      if (payload[at] === searchOption) {
        for (const name of readNames(body)) this.#note(this.#search, name, endNs, seconds);
      }
      at += length;
    }
  }

  #note(map: Map<string, number>, name: string, endNs: number, seconds: number): void {
    if (seconds === 0) map.delete(name);
    else map.set(name, endNs);
  }

  /** A link-local one is of its interface. */
  #server(body: Uint8Array, at: number, interfaceIndex: number): string {
    const address = formatIpv6(body, at);
    if (body[at] !== 0xfe || (body[at + 1]! & 0xc0) !== 0x80) return address;
    return `${address}%${this.#options.posix.route.links.get(interfaceIndex).name}`;
  }
}
