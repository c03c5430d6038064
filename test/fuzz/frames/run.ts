// SPDX-License-Identifier: GPL-2.0-only

/** A run of the frame fuzzer: frames in, time passing, what was left at the end. The same seed, the same run. */
import type { Kernel } from '../../../src/kernel/index.js';
import { XfrmClient } from '../../helpers/xfrm.js';
import { Dice } from '../posix/random.js';
import {
  partner4,
  partner6,
  partnerOther4,
  peer4,
  peer6,
  toPartner4,
  toPartner6,
} from './addresses.js';
import { configure, repair } from './configuration.js';
import { Connections } from './connections.js';
import { counters, type Counters } from './counters.js';
import { FrameGenerator } from './generate.js';
import { FrameHost } from './host.js';
import type { Listeners } from './listeners.js';
import { Partner } from './partner.js';

/** Frames that a NIC hands over at once, as an interrupt does. */
const batchFrames = 16;
const batchNs = 50_000;
/** The NIC that leads to the partner, and one frame in so many comes from there. */
const partnerNic = 2;
const partnerShare = 4;
/** Now and then more time passes: timers of connections, queues of fragments, neighbours. */
const longerPauseNs = 2e9;
const longerPauseEvery = 4096;
const repairEvery = 65_536;
const serveEvery = 256;
const keptFrames = 32;
/** After it no connection, fragment or conntrack entry is left. */
const settleNs = 2 * 3600e9;

/** What a host has when nothing is under way. */
export interface Rest {
  readonly name: string;
  readonly sockets: string;
  /** The entries of conntrack that have not run out. */
  readonly conntrack: string;
  readonly bytes: ReadonlyMap<string, number>;
  readonly memoryBytes: number;
}

/** Where the target's own connections go to: the partner, and the peer that is none. */
const targetEnds = {
  near: { 4: toPartner4, 6: toPartner6 },
  far: [
    { 4: partner4, 6: partner6 },
    { 4: partnerOther4, 6: partner6 },
    { 4: peer4, 6: peer6 },
  ],
};

export class FrameRun {
  readonly host: FrameHost;
  readonly partner: Partner;
  readonly seed: number;
  frames = 0;
  readonly #toPartner: Uint8Array[] = [];
  readonly #dice: Dice;
  readonly #generator: FrameGenerator;
  readonly #listeners: Listeners;
  readonly #connections: Connections;
  /** The last frames: what a failure shows. */
  readonly #last: Uint8Array[] = [];
  #digest = 0x811c9dc5;

  constructor(kernel: Kernel, seed: number) {
    this.seed = seed;
    this.#dice = new Dice(seed);
    this.host = new FrameHost(kernel, {
      name: 'target',
      seed,
      macs: [1, 2, 3].map((number) => Uint8Array.of(2, 0, 0, 0, 0, number)),
      takers: new Map([[partnerNic, (frame) => void this.#toPartner.push(frame)]]),
    });
    this.#listeners = configure(this.host.posix);
    this.partner = new Partner(kernel, this.#dice, seed);
    this.#connections = new Connections(this.host.posix.spawn(), this.#dice, targetEnds);
    this.#pass(2e9);
    this.#generator = new FrameGenerator(this.#dice, this.host.sent);
  }

  /** The last frames as hexadecimal text, the latest last. */
  get trace(): readonly string[] {
    const latest = this.frames % keptFrames;
    const last = [...this.#last.slice(latest), ...this.#last.slice(0, latest)];
    return last.map((frame) => Buffer.from(frame).toString('hex'));
  }

  /** Of all that the host has sent. */
  get digest(): string {
    return `${(this.#digest >>> 0).toString(16)}-${this.host.sentCount}`;
  }

  runTo(frames: number): void {
    const { host } = this;
    while (this.frames < frames) {
      for (let i = 0; i < batchFrames; i++) this.#receiveOne();
      this.#pass(batchNs);
      if (this.frames % serveEvery < batchFrames) this.#serve();
      for (const sent of host.sent.slice(0, 4)) this.#mix(sent);
      this.#converse();
      if (this.frames % longerPauseEvery < batchFrames) this.#pass(longerPauseNs);
      if (this.frames % repairEvery < batchFrames) repair(host.posix);
    }
  }

  #receiveOne(): void {
    const { host, partner } = this;
    const sent = this.#dice.oneIn(partnerShare) ? partner.waiting.shift() : undefined;
    const frame = sent ? this.#generator.onTheWay(sent) : this.#generator.next();
    const nic = sent ? partnerNic : this.#dice.oneIn(16) ? 1 : 0;
    this.#last[this.frames++ % keptFrames] = frame.slice();
    host.receive(host.nics[nic]!, frame);
  }

  /** What the target has sent its partner arrives there, and the partner does something if all is quiet. */
  #converse(): void {
    const { partner } = this;
    for (const frame of this.#toPartner.splice(0)) {
      if (this.#dice.oneIn(24)) continue;
      partner.receive(this.#dice.oneIn(6) ? this.#generator.onTheWay(frame) : frame);
    }
    if (partner.waiting.length < batchFrames) partner.act(() => this.#generator.bare());
    partner.host.settle();
  }

  /** The target's programs have their turn: they serve, and have connections of their own. */
  #serve(): void {
    this.#listeners.serve();
    this.#connections.act();
  }

  #pass(durationNs: number): void {
    this.host.pass(durationNs);
    this.partner.host.pass(durationNs);
  }

  counters(): Counters {
    const all = new Map(counters(this.host.posix));
    for (const [protocol, sent] of this.host.sentByProtocol.entries())
      all.set(`sent.${protocol}`, sent);
    for (const [type, sent] of this.host.sentByEtherType)
      all.set(`sent.0x${type.toString(16).padStart(4, '0')}`, sent);
    using client = new XfrmClient(this.#listeners.process);
    for (const { protocol, packets } of client.statePackets()) {
      const name = `xfrm.${protocol}`;
      all.set(name, (all.get(name) ?? 0) + packets);
    }
    return all;
  }

  /** What is there, in the target and in its partner, after everything has had the time to end. */
  rest(): readonly Rest[] {
    const { host, partner } = this;
    // Twice: what waited behind a full queue comes after.
    for (let round = 0; round < 2; round++) {
      while (this.#listeners.accept() > 0);
      while (partner.listeners.accept() > 0);
      this.#pass(1e9);
    }
    this.#listeners.closeAccepted();
    this.#connections.closeAll();
    partner.closeAll();
    this.#pass(settleNs);
    return [restOf(host), restOf(partner.host)];
  }

  #mix(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 7) {
      this.#digest = Math.imul(this.#digest ^ bytes[at]!, 0x01000193);
    }
  }
}

function restOf(host: FrameHost): Rest {
  const { posix, kernel } = host;
  posix.writeFile('/proc/sys/vm/drop_caches', '3\n');
  host.pass(1e9);
  const meminfo = posix.readFile('/proc/meminfo').matchAll(/^(\w+):\s+(\d+) kB/gm);
  return {
    name: kernel.name,
    sockets: posix.readFile('/proc/net/sockstat') + posix.readFile('/proc/net/sockstat6'),
    conntrack: posix.readFile('/proc/net/nf_conntrack'),
    bytes: new Map([...meminfo].map(([, name, kilobytes]) => [name!, Number(kilobytes) * 1024])),
    memoryBytes: kernel.memory.sizeBytes,
  };
}

const spareBytes = 512 * 1024;

/** What there is more of in `after` than in `before`, host by host. */
export function leftovers(before: readonly Rest[], after: readonly Rest[]): string[] {
  return before.flatMap((rest, index) => leftoversOf(rest, after[index]!));
}

function leftoversOf(before: Rest, after: Rest): string[] {
  const found: string[] = [];
  const tell = (what: string): void => void found.push(`${after.name}: ${what}`);
  if (after.sockets !== before.sockets) tell(`${before.sockets}became\n${after.sockets}`);
  if (after.conntrack !== '') tell(`conntrack still has\n${after.conntrack}`);
  const grown = (what: string, was: number, is: number): void => {
    if (is > was + spareBytes) tell(`${what}: ${was} bytes became ${is}`);
  };
  grown('kernel objects', before.bytes.get('SUnreclaim')!, after.bytes.get('SUnreclaim')!);
  grown('memory in use', inUse(before), inUse(after));
  return found;
}

function inUse({ bytes, memoryBytes }: Rest): number {
  return memoryBytes - bytes.get('MemFree')! - bytes.get('SReclaimable')!;
}
