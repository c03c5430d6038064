// SPDX-License-Identifier: GPL-2.0-only

/**
 * Who has which address. What a scenario asks for wins; every other interface gets one of each family: the n-th
 * segment is 10.0.n.0/24 and fd00:0:0:n::/64 (IPv4 is wider for a large one), its interfaces are numbered as they
 * joined. What cannot be is an error with the scenario's line.
 */
import { scenarioError } from './caller-line.js';
import {
  formatAddress,
  formatNetwork,
  networkAt,
  NetworkSet,
  parseAddress,
  type Network,
  type ParsedAddress,
} from './networks.js';
import type { Address, Attachment, Segment } from './topology.js';

type Version = 4 | 6;
const versions: readonly Version[] = [4, 6];

const bases: Readonly<Record<Version, bigint>> = { 4: 10n << 24n, 6: 0xfd00n << 112n };
/** Bits below the number of a segment. */
const hostBits: Readonly<Record<Version, number>> = { 4: 8, 6: 64 };
/** Numbers that segments can have: 10.0.0.0/8 has no more. */
const segmentsMax = 2 ** 16;

/** One family of one segment. */
interface Plan {
  /** Where addresses are taken from. */
  readonly network: Network;
  /** Which of them are taken, and from which on to look for a free one. */
  readonly taken: Set<bigint>;
  next: bigint;
}

interface Wanted extends ParsedAddress {
  readonly attachment: Attachment;
}

export class AddressPlan {
  readonly #networks: Readonly<Record<Version, NetworkSet<Segment>>> = {
    4: new NetworkSet(),
    6: new NetworkSet(),
  };
  readonly #plans = new Map<Segment, Partial<Record<Version, Plan>>>();
  readonly #owners = new Map<string, Attachment>();
  #nextNumber = 1;

  /** Who has an address, if anybody has. */
  ownerOf(address: string): Attachment | undefined {
    return this.#owners.get(address);
  }

  /** Gives addresses to what was attached to these segments since they were here last. */
  assign(segments: readonly Segment[]): void {
    // What is asked for comes first, wherever it is.
    const wanted = segments.map((segment) => wantedIn(segment));
    segments.forEach((segment, index) => {
      for (const each of wanted[index]!.values()) {
        for (const version of versions) this.#reserve(segment, each.filter(of(version)));
      }
    });
    segments.forEach((segment, index) => this.#fill(segment, wanted[index]!));
  }

  /** The addresses of one family that an interface asks for. */
  #reserve(segment: Segment, addresses: readonly Wanted[]): void {
    const [first] = addresses;
    if (!first) return;
    const { version } = first.network;
    const plans = this.#plansOf(segment);
    const known = plans[version];
    const inKnown = addresses.some(({ network }) => known && same(network, known.network));
    if (known && !inKnown) {
      throw this.#impossible(
        first,
        `is not in ${formatNetwork(known.network)}, where the others of its segment are`,
        "give all of them addresses of one network, or do without help: addresses: 'manual'",
      );
    }
    for (const each of addresses) {
      const plan = plans[version];
      if (!plan) {
        this.#claim(segment, each);
        const { network, value } = each;
        plans[version] = { network, taken: new Set([value]), next: network.first + 1n };
      } else if (same(each.network, plan.network)) plan.taken.add(each.value);
      else this.#claim(segment, each);
      this.#own(each.text, each.attachment);
    }
  }

  #claim(segment: Segment, wanted: Wanted): void {
    const { network } = wanted;
    const set = this.#networks[network.version];
    const other = set.overlapping(network);
    if (!other) set.add(network, segment);
    else if (other.owner !== segment || !same(other.network, network)) {
      const members = other.owner.find().attachments.map(({ label }) => label);
      throw this.#impossible(
        wanted,
        `is in a network that is elsewhere already: ${formatNetwork(other.network)} (${members.slice(0, 3).join(', ')})`,
        'give each segment a network of its own',
      );
    }
  }

  #impossible({ attachment, text, network }: Wanted, why: string, hint: string): Error {
    return scenarioError(
      'ERR_LIBOS_ADDRESS',
      `${attachment.label}: ${text}/${network.prefixLength} ${why}`,
      { hint, at: attachment.at },
    );
  }

  #own(address: string, attachment: Attachment): void {
    const owner = this.#owners.get(address);
    if (owner) {
      throw scenarioError(
        'ERR_LIBOS_ADDRESS',
        `${attachment.label} and ${owner.label} cannot both have ${address}`,
        {
          hint: "give one of them another address, or both by hand: addresses: 'manual'",
          at: attachment.at,
        },
      );
    }
    this.#owners.set(address, attachment);
  }

  #fill(segment: Segment, wanted: ReadonlyMap<Attachment, readonly Wanted[]>): void {
    const fresh = segment.attachments.slice(segment.planned);
    this.#number(segment, fresh, wanted);
    for (const attachment of fresh) {
      const own = wanted.get(attachment) ?? [];
      attachment.addresses = versions.flatMap((version) => {
        const asked = own.filter(of(version));
        if (asked.length > 0) return asked.map(toAddress);
        return isGiven(attachment, version) ? [this.#take(segment, version, attachment)] : [];
      });
    }
    segment.planned = segment.attachments.length;
  }

  /** Gives a segment a number, and with it the networks that it needs and has not got. */
  #number(
    segment: Segment,
    fresh: readonly Attachment[],
    wanted: ReadonlyMap<Attachment, readonly Wanted[]>,
  ): void {
    const plans = this.#plansOf(segment);
    const needed = versions.filter(
      (version) =>
        !plans[version] &&
        fresh.some((a) => isGiven(a, version) && !wanted.get(a)?.some(of(version))),
    );
    if (needed.length === 0) return;
    const slots = slotsFor(segment.attachments.length);
    for (;;) {
      const number = Math.ceil(this.#nextNumber / slots) * slots;
      this.#nextNumber = number + slots;
      if (this.#nextNumber > segmentsMax) {
        throw scenarioError('ERR_LIBOS_ADDRESS', 'there are no addresses left for more segments', {
          hint: "give addresses by hand: addresses: 'manual'",
          at: fresh[0]!.at,
        });
      }
      const networks = needed.map((version) => networkOf(version, number, slots));
      if (networks.some((network) => this.#networks[network.version].overlapping(network)))
        continue;
      for (const network of networks) {
        this.#networks[network.version].add(network, segment);
        plans[network.version] = { network, taken: new Set(), next: network.first + 1n };
      }
      return;
    }
  }

  #take(segment: Segment, version: Version, attachment: Attachment): Address {
    const plan = this.#plansOf(segment)[version]!;
    const { network, taken } = plan;
    // IPv4's last address is everybody's; the first stands for the network.
    const last = version === 4 && network.prefixLength < 31 ? network.last - 1n : network.last;
    while (taken.has(plan.next)) plan.next++;
    if (plan.next > last) {
      throw scenarioError(
        'ERR_LIBOS_ADDRESS',
        `${attachment.label}: ${formatNetwork(network)} has no address left`,
        { hint: 'ask for addresses of a larger network', at: attachment.at },
      );
    }
    const value = plan.next++;
    taken.add(value);
    const address = formatAddress(version, value);
    this.#own(address, attachment);
    return { version, address, prefixLength: network.prefixLength };
  }

  #plansOf(segment: Segment): Partial<Record<Version, Plan>> {
    let plans = this.#plans.get(segment);
    if (!plans) this.#plans.set(segment, (plans = {}));
    return plans;
  }
}

const of =
  (version: Version) =>
  ({ network }: Wanted): boolean =>
    network.version === version;

const same = (a: Network, b: Network): boolean => a.first === b.first && a.last === b.last;

const toAddress = ({ text, network }: Wanted): Address => ({
  version: network.version,
  address: text,
  prefixLength: network.prefixLength,
});

/** Whether an interface gets an address of a family without asking for it. */
function isGiven({ families }: Attachment, version: Version): boolean {
  return families === 'automatic' || families === (version === 4 ? 'ipv4' : 'ipv6');
}

/** Networks of 256 addresses that a segment takes: room for twice as many interfaces if it is a large one. */
function slotsFor(interfaces: number): number {
  let slots = 1;
  while (interfaces > 250 && slots * 256 < interfaces * 2) slots *= 2;
  return slots;
}

function networkOf(version: Version, number: number, slots: number): Network {
  const first = bases[version] + (BigInt(number) << BigInt(hostBits[version]));
  return networkAt(version, first, version === 4 ? 24 - Math.log2(slots) : 64);
}

/** What those ask for that have come to a segment since it was planned last. */
function wantedIn(segment: Segment): Map<Attachment, readonly Wanted[]> {
  const wanted = new Map<Attachment, readonly Wanted[]>();
  for (const attachment of segment.attachments.slice(segment.planned)) {
    if (attachment.wanted.length === 0) continue;
    wanted.set(
      attachment,
      attachment.wanted.map((text) => ({ ...parsed(text, attachment), attachment })),
    );
  }
  return wanted;
}

function parsed(text: string, { label, at }: Attachment): ParsedAddress {
  try {
    const address = parseAddress(text);
    if (!isForAHost(address)) throw new RangeError('it stands for many, or for none');
    return address;
  } catch (cause) {
    throw scenarioError(
      'ERR_LIBOS_ADDRESS',
      `${label}: ${JSON.stringify(text)} is no address of an interface`,
      {
        hint: 'write it with its prefix length: 192.0.2.1/24 or 2001:db8::1/64',
        cause,
        at,
      },
    );
  }
}

/** Neither everybody's, nor a group's, nor that of the network itself. */
function isForAHost({ value, network }: ParsedAddress): boolean {
  const { version, first, last, prefixLength } = network;
  if (value === 0n) return false;
  if (version === 6) return value >> 120n !== 0xffn;
  const isGroup = value >> 28n === 0xen;
  return !isGroup && (prefixLength > 30 || (value !== first && value !== last));
}
