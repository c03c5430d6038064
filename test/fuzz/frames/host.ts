// SPDX-License-Identifier: GPL-2.0-only

/**
 * One host with two NICs between which it forwards, in a plain loop of virtual time: frames go in, what it sends is
 * looked at and taken off. No wire, no event loop.
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
/** How much of a sent frame is kept, and of how many. */
const ETH_P_IP = 0x0800;
const keptBytes = 1024;
const keptFrames = 64;

interface Callback {
  readonly timeNs: number;
  run: (() => void) | undefined;
}

export class FrameHost {
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  readonly nics: readonly [HostNic, HostNic];
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
  readonly #transmitted: [nic: HostNic, frame: number][] = [];

  constructor(kernel: Kernel, seed: number) {
    const now = (): number => this.#nowNs;
    const clock = {
      get nowNs() {
        return now();
      },
    };
    this.kernel = kernel.boot({
      name: 'target',
      clock,
      entropy: SeededEntropy.fromSeed(seed, 'target'),
      memoryMax,
      onWarning: ({ message, stack }) => {
        throw new Error(`the kernel warns: ${message}\n${stack}`);
      },
    });
    this.posix = new PosixHost(this.kernel, {
      nowNs: now,
      at: (timeNs, callback) => this.#at(timeNs, callback),
      defer: (callback) => void this.#deferred.push(callback),
    });
    const create = (number: number): HostNic => {
      const mac = Uint8Array.of(2, 0, 0, 0, 0, number + 1);
      const nic = new HostNic(this.#scheduler(), { hostName: 'target', name: `eth${number}`, mac });
      nic.attach(this.kernel);
      nic.setCarrier(true);
      nic.connect({
        transmit: (_, frame) => void this.#transmitted.push([nic, frame]),
      });
      return nic;
    };
    this.nics = [create(0), create(1)];
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
      for (const [nic, frame] of this.#transmitted.splice(0)) {
        this.#keep(nic, frame);
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
    const kept = new Uint8Array(Math.min(keptBytes, nic.frameLength(frame)));
    nic.read(frame, 0, kept, 0, kept.length);
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
