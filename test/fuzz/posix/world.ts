// SPDX-License-Identifier: GPL-2.0-only

/**
 * Two hosts on a wire in virtual time, for fuzzers: everything happens in a plain loop, so the same seed gives the
 * same run and nothing waits for an event loop.
 */
import {
  HostNic,
  SeededEntropy,
  type Runnable,
  type Scheduler,
  type Timed,
} from '../../../src/host/index.js';
import type { Kernel, KernelInstance } from '../../../src/kernel/index.js';
import { Link, FramePool } from '../../../src/link/index.js';
import { PosixHost, type HostTime, type Timer } from '../../../src/posix/index.js';

interface Event {
  readonly timeNs: number;
  run: (() => void) | undefined;
}

export interface FuzzHost {
  readonly name: string;
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  readonly address: string;
  /** The interface’s index. */
  readonly ethernet: number;
}

const linkDelayNs = 20_000;
const memoryMax = '128 MiB';
const maxRounds = 100_000;

export class World {
  readonly hosts: FuzzHost[] = [];
  #nowNs = 1e9;
  readonly #events: Event[] = [];
  readonly #runnable = new Set<Runnable>();
  #deferred: (() => void)[] = [];

  constructor(kernel: Kernel, seed: number) {
    const nics = ['alice', 'bob'].map((name, index) => {
      const instance = kernel.boot({
        name,
        clock: this.#clock(),
        entropy: SeededEntropy.fromSeed(seed, name),
        memoryMax,
        onWarning: ({ message, stack }) => {
          throw new Error(`the kernel of ${name} warns: ${message}\n${stack}`);
        },
      });
      const posix = new PosixHost(instance, this.#time());
      const mac = Uint8Array.of(2, 0, 0, 0, 0, index + 1);
      const nic = new HostNic(this.#scheduler(), { name: 'eth0', hostName: name, mac });
      nic.attach(instance);
      const address = `10.0.0.${index + 1}`;
      this.hosts.push({ name, kernel: instance, posix, address, ethernet: nic.ifindex });
      return nic;
    });
    const world = {
      nowNs: 0,
      frames: new FramePool(),
      createScheduler: () => this.#scheduler(),
      entropy: (name: string) => SeededEntropy.fromSeed(seed, name),
    };
    new Link(world, nics[0]!, nics[1]!, { delay: linkDelayNs });
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Whether something is to be done before time moves. */
  get busy(): boolean {
    return (
      this.#runnable.size > 0 ||
      this.#deferred.length > 0 ||
      (this.#events.length > 0 && this.#events[0]!.timeNs <= this.#nowNs)
    );
  }

  /** Does all that can be done at this moment. */
  settle(): void {
    for (let round = 0; this.busy; round++) {
      if (round === maxRounds) throw new Error('the hosts never come to rest');
      while (this.#events.length > 0 && this.#events[0]!.timeNs <= this.#nowNs) {
        this.#events.shift()!.run?.();
      }
      for (const kernel of this.#runnable) {
        this.#runnable.delete(kernel);
        kernel.run();
      }
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const callback of deferred) callback();
    }
  }

  /** Lets time pass, with everything that is due in it. */
  pass(durationNs: number): void {
    const endNs = this.#nowNs + durationNs;
    for (let round = 0; ; round++) {
      if (round === maxRounds)
        throw new Error(`${this.#nowNs} ns: ${endNs - this.#nowNs} ns will not pass`);
      this.settle();
      const timerNs = Math.min(...this.hosts.map(({ kernel }) => kernel.timerNs));
      const eventNs = this.#events[0]?.timeNs ?? Infinity;
      const nextNs = Math.min(timerNs, eventNs);
      if (nextNs > endNs) break;
      this.#nowNs = Math.max(this.#nowNs, nextNs);
      for (const { kernel } of this.hosts) if (kernel.timerNs <= this.#nowNs) kernel.timer();
    }
    this.#nowNs = endNs;
  }

  #at(timeNs: number, run: () => void): Timer {
    const event: Event = { timeNs, run };
    let index = this.#events.length;
    while (index > 0 && this.#events[index - 1]!.timeNs > timeNs) index--;
    this.#events.splice(index, 0, event);
    return { cancel: () => (event.run = undefined) };
  }

  #now = (): number => this.#nowNs;

  #clock() {
    const now = this.#now;
    return {
      get nowNs() {
        return now();
      },
    };
  }

  #time(): HostTime {
    return {
      nowNs: this.#now,
      at: (timeNs, callback) => this.#at(timeNs, callback),
      defer: (callback) => void this.#deferred.push(callback),
    };
  }

  #scheduler(): Scheduler {
    const now = this.#now;
    const targets: Timed[] = [];
    return {
      get nowNs() {
        return now();
      },
      register: (target) => targets.push(target) - 1,
      at: (timeNs, target, a, b) => void this.#at(timeNs, () => targets[target]!.onTime(a, b)),
      runBeforeTimeMoves: (kernel) => void this.#runnable.add(kernel),
      // A fuzzer looks at its descriptors itself.
      programsWoken: () => undefined,
    };
  }
}
