// SPDX-License-Identifier: GPL-2.0-only

/** One host for measurements: loopback is up, and time stands still but where `pass` moves it. */
import { SeededEntropy, SimulatedClock } from '../../src/host/index.js';
import type { Clock, Kernel, KernelInstance } from '../../src/kernel/index.js';
import { PosixHost } from '../../src/posix/index.js';

export interface BenchHost {
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  /** Lets time pass, timers included, and says how many timer interrupts there were. */
  pass(durationNs: number): number;
}

const startNs = 1e9;

/** The glue of a kernel that has just been booted or cloned, and its loopback interface up. */
export function withLoopback(instance: KernelInstance, clock: Clock): PosixHost {
  const posix = new PosixHost(instance, {
    nowNs: () => clock.nowNs,
    at: () => {
      throw new Error('nothing that is measured has a time limit');
    },
    defer: queueMicrotask,
  });
  posix.route.links.change('lo', { up: true });
  return posix;
}

export function createHost(kernel: Kernel, memoryMax: string): BenchHost {
  const clock = new SimulatedClock(startNs);
  const instance = kernel.boot({
    name: 'bench',
    clock,
    entropy: SeededEntropy.fromSeed('bench'),
    memoryMax,
  });
  return {
    kernel: instance,
    posix: withLoopback(instance, clock),
    pass(durationNs) {
      const endNs = clock.nowNs + durationNs;
      let interrupts = 0;
      for (; instance.timerNs <= endNs; interrupts++) {
        clock.advanceTo(Math.max(clock.nowNs, instance.timerNs));
        instance.timer();
      }
      clock.advanceTo(endNs);
      return interrupts;
    },
  };
}
