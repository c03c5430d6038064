// SPDX-License-Identifier: GPL-2.0-only

/**
 * One host with NICs, in a plain loop of virtual time: frames go in, what it sends is looked at and taken off. No wire,
 * no event loop.
 */
import {
  HostNic,
  SeededEntropy,
  type Runnable,
  type Scheduler,
  type Timed,
} from '../../../src/host/index.js';
import type { Kernel, KernelInstance } from '../../../src/kernel/index.js';
import { PosixHost, type Timer } from '../../../src/posix/index.js';

const memoryMax = '128 MiB';
const roundsMax = 1_000_000;
const noOffloads = { sg: false, csum: false, tso: false, uso: false, gro: false };
const ETH_P_IP = 0x0800;
/** How much of a sent frame is kept, and of how many. */
const keptBytes = 1024;
const keptFrames = 64;

export interface FrameHostOptions {
  readonly name: string;
  readonly seed: number;
  /** The hardware addresses of its NICs, which are eth0 and so on. */
  readonly macs: readonly Uint8Array[];
  /** Who takes what a NIC sends: such a one leaves no checksum and no segment to others. The rest is kept in `sent`. */
  readonly takers?: ReadonlyMap<number, (frame: Uint8Array) => void>;
}

interface Callback {
  readonly timeNs: number;
  run: (() => void) | undefined;
}

export class FrameHost {
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  readonly nics: readonly HostNic[];
  /** The last frames that the host sent, as far as they were kept. */
  readonly sent: Uint8Array[] = [];
  sentCount = 0;
  /** How many IPv4 packets it sent, by protocol. */
  readonly sentByProtocol = new Uint32Array(256);
  /** How many frames it sent of other kinds, by EtherType. */
  readonly sentByEtherType = new Map<number, number>();
  #nowNs = 1e9;
  readonly #runnable = new Set<Runnable>();
  readonly #deferred: (() => void)[] = [];
  readonly #callbacks: Callback[] = [];
  readonly #transmitted: [nic: number, frame: number][] = [];
  readonly #takers: NonNullable<FrameHostOptions['takers']>;

  constructor(kernel: Kernel, options: FrameHostOptions) {
    const { name, seed } = options;
    const now = (): number => this.#nowNs;
    const clock = {
      get nowNs() {
        return now();
      },
    };
    this.#takers = options.takers ?? new Map();
    this.kernel = kernel.boot({
      name,
      clock,
      entropy: SeededEntropy.fromSeed(seed, name),
      memoryMax,
      onWarning: ({ message, stack }) => {
        throw new Error(`the kernel of ${name} warns: ${message}\n${stack}`);
      },
    });
    this.posix = new PosixHost(this.kernel, {
      nowNs: now,
      at: (timeNs, callback) => this.#at(timeNs, callback),
      defer: (callback) => void this.#deferred.push(callback),
    });
    this.nics = options.macs.map((mac, index) => {
      const offloads = this.#takers.has(index) ? noOffloads : {};
      const nicOptions = { hostName: name, name: `eth${index}`, mac, offloads };
      const nic = new HostNic(this.#scheduler(), nicOptions);
      nic.attach(this.kernel);
      nic.setCarrier(true);
      nic.connect({ transmit: (_, frame) => void this.#transmitted.push([index, frame]) });
      return nic;
    });
  }

  /** Hands a frame to a NIC; false when the kernel has no memory for it. The kernel takes it at `settle`. */
  receive(nic: HostNic, frame: Uint8Array): boolean {
    const buffer = nic.allocate(frame.length);
    if (buffer === 0) return false;
    nic.write(buffer, frame, 0, frame.length);
    nic.receive(buffer);
    return true;
  }

  /** Does all that can be done at this moment. */
  settle(): void {
    for (let round = 0; ; round++) {
      if (round === roundsMax) throw new Error('the host never comes to rest');
      for (const [index, frame] of this.#transmitted.splice(0)) {
        const nic = this.nics[index]!;
        const taker = this.#takers.get(index);
        if (taker) taker(read(nic, frame, Infinity));
        else this.#keep(nic, frame);
        nic.transmitted(frame);
      }
      const runnable = [...this.#runnable];
      this.#runnable.clear();
      for (const kernel of runnable) kernel.run();
      const deferred = this.#deferred.splice(0);
      for (const callback of deferred) callback();
      if (runnable.length + deferred.length + this.#transmitted.length === 0) return;
    }
  }

  /** Lets time pass, with every timer that is due in it. */
  pass(durationNs: number): void {
    const endNs = this.#nowNs + durationNs;
    for (let round = 0; ; round++) {
      if (round === roundsMax) throw new Error(`${endNs - this.#nowNs} ns will not pass`);
      this.settle();
      const nextNs = Math.min(this.kernel.timerNs, this.#callbacks[0]?.timeNs ?? Infinity);
      if (nextNs > endNs) break;
      this.#nowNs = Math.max(this.#nowNs, nextNs);
      if (this.kernel.timerNs <= this.#nowNs) this.kernel.timer();
      while (this.#callbacks.length > 0 && this.#callbacks[0]!.timeNs <= this.#nowNs) {
        this.#callbacks.shift()!.run?.();
      }
    }
    this.#nowNs = endNs;
  }

  #keep(nic: HostNic, frame: number): void {
    const kept = read(nic, frame, keptBytes);
    const etherType = (kept[12]! << 8) | kept[13]!;
    if (etherType === ETH_P_IP) this.sentByProtocol[kept[23] ?? 0]!++;
    else this.sentByEtherType.set(etherType, (this.sentByEtherType.get(etherType) ?? 0) + 1);
    this.sent[this.sentCount++ % keptFrames] = kept;
  }

  #at(timeNs: number, run: () => void): Timer {
    const callback: Callback = { timeNs, run };
    let index = this.#callbacks.length;
    while (index > 0 && this.#callbacks[index - 1]!.timeNs > timeNs) index--;
    this.#callbacks.splice(index, 0, callback);
    return { cancel: () => (callback.run = undefined) };
  }

  #scheduler(): Scheduler {
    const now = (): number => this.#nowNs;
    const targets: Timed[] = [];
    return {
      get nowNs() {
        return now();
      },
      register: (target) => targets.push(target) - 1,
      at: (timeNs, target, a, b) => void this.#at(timeNs, () => targets[target]!.onTime(a, b)),
      runBeforeTimeMoves: (kernel) => void this.#runnable.add(kernel),
      programsWoken: () => undefined,
    };
  }
}

function read(nic: HostNic, frame: number, bytesMax: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(bytesMax, nic.frameLength(frame)));
  nic.read(frame, 0, bytes, 0, bytes.length);
  return bytes;
}
