// SPDX-License-Identifier: GPL-2.0-only

/** Networks as numbers: parts of the address space of IPv4 or IPv6, and a set of them that do not overlap. */
import { formatIp, parsePrefix } from '../posix/index.js';

export interface Network {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefixLength: number;
}

export interface ParsedAddress {
  readonly network: Network;
  readonly value: bigint;
  readonly text: string;
}

const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

export function networkAt(version: 4 | 6, value: bigint, prefixLength: number): Network {
  const hostBits = BigInt(bitsOf(version) - prefixLength);
  const first = (value >> hostBits) << hostBits;
  return { version, first, last: first + (1n << hostBits) - 1n, prefixLength };
}

/** "192.0.2.1/24"; throws a TypeError or RangeError for anything else. */
export function parseAddress(text: string): ParsedAddress {
  if (!text.includes('/')) throw new TypeError(`“${text}” has no prefix length`);
  const { address, version, bytes, prefixLength } = parsePrefix(text);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return { network: networkAt(version, value, prefixLength), value, text: address };
}

export function formatAddress(version: 4 | 6, value: bigint): string {
  const bytes = new Uint8Array(bitsOf(version) / 8);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return formatIp(bytes);
}

export const formatNetwork = ({ version, first, prefixLength }: Network): string =>
  `${formatAddress(version, first)}/${prefixLength}`;

/** Networks of one family that do not overlap, by their first address. */
export class NetworkSet<Owner> {
  readonly #networks: { readonly network: Network; readonly owner: Owner }[] = [];

  /** Who has a network that overlaps this one. */
  overlapping(network: Network): { readonly network: Network; readonly owner: Owner } | undefined {
    const at = this.#firstFrom(network.first);
    const before = this.#networks[at - 1];
    if (before && before.network.last >= network.first) return before;
    const after = this.#networks[at];
    return after && after.network.first <= network.last ? after : undefined;
  }

  /** Context: it overlaps none. */
  add(network: Network, owner: Owner): void {
    this.#networks.splice(this.#firstFrom(network.first), 0, { network, owner });
  }

  /** The index of the first network that begins at `first` or later. */
  #firstFrom(first: bigint): number {
    let low = 0;
    let high = this.#networks.length;
    // What comes in order, as almost all does, is found at once.
    if (high > 0 && this.#networks[high - 1]!.network.first < first) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#networks[middle]!.network.first < first) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
