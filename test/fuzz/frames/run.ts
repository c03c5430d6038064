// SPDX-License-Identifier: GPL-2.0-only

/** A run of the frame fuzzer: frames in, time passing, what was left at the end. The same seed, the same run. */
import type { Kernel } from '../../../src/kernel/index.js';
import { MSG_NOSIGNAL, SOCK_NONBLOCK, SystemError } from '../../../src/posix/index.js';
import { XfrmClient } from '../../helpers/xfrm.js';
import { Dice } from '../posix/random.js';
import { configure, neighbours, type Listeners } from './configuration.js';
import { counters, type Counters } from './counters.js';
import { FrameGenerator } from './generate.js';
import { FrameHost } from './host.js';

/** Frames that a NIC hands over at once, as an interrupt does. */
const batchFrames = 16;
const batchNs = 50_000;
/** Now and then more time passes: timers of connections, queues of fragments, neighbours. */
const longerPauseNs = 2e9;
const longerPauseEvery = 4096;
const repairEvery = 65_536;
const serveEvery = 256;
/** Connections that stay open for a while. */
const acceptedMax = 24;
const keptFrames = 32;
/** After it no connection, fragment or conntrack entry is left. */
const settleNs = 2 * 3600e9;

export interface Rest {
  readonly sockets: string;
  readonly conntrack: number;
  readonly bytes: ReadonlyMap<string, number>;
  readonly memoryBytes: number;
}

export class FrameRun {
  readonly host: FrameHost;
  readonly seed: number;
  frames = 0;
  readonly #dice: Dice;
  readonly #generator: FrameGenerator;
  readonly #listeners: Listeners;
  readonly #accepted: number[] = [];
  /** The last frames, as hexadecimal text: what a failure shows. */
  readonly #last: string[] = [];
  readonly #buffer = new Uint8Array(4096);
  #digest = 0x811c9dc5;

  constructor(kernel: Kernel, seed: number) {
    this.seed = seed;
    this.#dice = new Dice(seed);
    this.host = new FrameHost(kernel, seed);
    this.#listeners = configure(this.host.posix);
    this.host.pass(2e9);
    this.#generator = new FrameGenerator(this.#dice, this.host.sent);
  }

  get trace(): readonly string[] {
    return this.#last;
  }

  /** Of all that the host has sent. */
  get digest(): string {
    return `${(this.#digest >>> 0).toString(16)}-${this.host.sentCount}`;
  }

  runTo(frames: number): void {
    const { host } = this;
    while (this.frames < frames) {
      for (let i = 0; i < batchFrames; i++) {
        const frame = this.#generator.next();
        this.#remember(frame);
        host.receive(this.#dice.oneIn(16) ? host.nics[1] : host.nics[0], frame);
        this.frames++;
      }
      host.pass(batchNs);
      if (this.frames % serveEvery < batchFrames) this.#serve();
      for (const sent of host.sent.slice(0, 4)) this.#mix(sent);
      if (this.frames % longerPauseEvery < batchFrames) host.pass(longerPauseNs);
      if (this.frames % repairEvery < batchFrames) neighbours(host.posix);
    }
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

  /** What is there after everything has had the time to end. */
  rest(): Rest {
    const { host } = this;
    const { posix } = host;
    // Twice: what waited behind a full queue comes after.
    for (let round = 0; round < 2; round++) {
      while (this.#accept() > 0);
      host.pass(1e9);
    }
    for (const fd of this.#accepted.splice(0)) this.#listeners.process.close(fd);
    host.pass(settleNs);
    posix.writeFile('/proc/sys/vm/drop_caches', '3\n');
    host.pass(1e9);
    const meminfo = posix.readFile('/proc/meminfo').matchAll(/^(\w+):\s+(\d+) kB/gm);
    return {
      sockets: posix.readFile('/proc/net/sockstat') + posix.readFile('/proc/net/sockstat6'),
      conntrack: Number(posix.sysctl('net.netfilter.nf_conntrack_count')),
      bytes: new Map([...meminfo].map(([, name, kilobytes]) => [name!, Number(kilobytes) * 1024])),
      memoryBytes: host.kernel.memory.sizeBytes,
    };
  }

  /** What a server does: accepts, reads, answers, closes the oldest. */
  #serve(): void {
    const { process, datagrams } = this.#listeners;
    this.#accept();
    for (const fd of datagrams) {
      for (let i = 0; i < 8 && ready(() => process.recv(fd, this.#buffer)) !== undefined; i++);
    }
    for (const fd of this.#accepted) {
      const length = ready(() => process.recv(fd, this.#buffer));
      if (length !== undefined && length > 0)
        ready(() => process.send(fd, this.#buffer.subarray(0, length), MSG_NOSIGNAL));
    }
    while (this.#accepted.length > acceptedMax) process.close(this.#accepted.shift()!);
  }

  /** One connection of each listener's, and how many there were. */
  #accept(): number {
    const { process, streams } = this.#listeners;
    let count = 0;
    for (const fd of streams) {
      const accepted = ready(() => process.accept(fd, SOCK_NONBLOCK));
      if (accepted === undefined) continue;
      this.#accepted.push(accepted.fd);
      count++;
    }
    return count;
  }

  #remember(frame: Uint8Array): void {
    this.#last[this.frames % keptFrames] = Buffer.from(frame).toString('hex');
  }

  #mix(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 7) {
      this.#digest = Math.imul(this.#digest ^ bytes[at]!, 0x01000193);
    }
  }
}

/** The result of a call, undefined when it failed: a hostile peer may have ended what it is about. */
function ready<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

const spareBytes = 512 * 1024;

/** What there is more of in `after` than in `before`. */
export function leftovers(before: Rest, after: Rest): string[] {
  const found: string[] = [];
  if (after.sockets !== before.sockets) found.push(`${before.sockets}became\n${after.sockets}`);
  if (after.conntrack > 0) found.push(`${after.conntrack} entries of conntrack`);
  const grown = (what: string, was: number, is: number): void => {
    if (is > was + spareBytes) found.push(`${what}: ${was} bytes became ${is}`);
  };
  grown('kernel objects', before.bytes.get('SUnreclaim')!, after.bytes.get('SUnreclaim')!);
  grown('memory in use', inUse(before), inUse(after));
  return found;
}

function inUse({ bytes, memoryBytes }: Rest): number {
  return memoryBytes - bytes.get('MemFree')! - bytes.get('SReclaimable')!;
}
