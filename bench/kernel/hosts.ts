// SPDX-License-Identifier: GPL-2.0-only

/** What hosts cost: time to boot, clone, snapshot and restore one, memory for each more, and wake-ups of an idle one. */
import { SeededEntropy } from '../../src/host/index.js';
import type { Kernel, KernelImage, KernelInstance } from '../../src/kernel/index.js';
import { processMemory, type ProcessMemory } from '../lib/memory.js';
import { createHost, withLoopback } from '../posix/bench-host.js';

export interface HostFigures {
  readonly samples: number;
  /** Of the module's first host in a process, which compiles what Linux runs. */
  readonly firstBootMs: number;
  /** Once that is compiled. */
  readonly bootMs: number;
  readonly cloneMs: number;
  /** The same with its loopback interface up: pages that clones share are a clone's own from its first write on. */
  readonly usedCloneMs: number;
  readonly snapshotMs: number;
  readonly restoreMs: number;
  /** Resident memory for each of a thousand idle hosts with their loopback up; a shared page counts in each. */
  readonly rssPerHostBytes: number;
  /** The same with shared pages counted once. */
  readonly pssPerHostBytes: number;
  /** Timer interrupts of an idle host with its loopback up, in 100 virtual seconds after 30 s of settling. */
  readonly idleWakeUps: number;
  /** What this machine takes to give a process a page, which is most of a clone. */
  readonly pageFaultUs: number;
}

const samples = 40;
/** Hosts that boot before times are taken: the engine compiles as it goes, on the same core. */
const warmUps = 60;
const hostsForMemory = 1000;
const settlingNs = 30e9;
const idleNs = 100e9;
/** Linux takes a time of 0 for none. */
const clock = { nowNs: 1e9 };

export function measureHosts(kernel: Kernel): HostFigures {
  const outside = (seed: number) => ({ clock, entropy: SeededEntropy.fromSeed(seed) });
  const firstBootMs = median(1, (seed) => kernel.boot(outside(seed)));
  median(warmUps, (seed) => kernel.boot(outside(seed)));
  const bootMs = median(samples, (seed) => kernel.boot(outside(seed)));
  const original = kernel.boot(outside(0));
  const image = original.snapshot();
  const cloneMs = median(samples, (seed) => kernel.clone(image, outside(seed)));
  const usedCloneMs = median(samples, (seed) => usedClone(kernel, image, seed));
  const snapshotMs = median(samples, () => original.snapshot());
  const restoreMs = median(samples, () => original.restore(image));

  const before = processMemory();
  const kept: KernelInstance[] = [];
  for (let seed = 0; seed < hostsForMemory; seed++) kept.push(usedClone(kernel, image, seed));
  const after = processMemory();
  const perHost = (what: keyof ProcessMemory): number =>
    Math.round((after[what] - before[what]) / kept.length);

  const idle = createHost(kernel, '64 MiB');
  idle.pass(settlingNs);
  const idleWakeUps = idle.pass(idleNs);
  return {
    samples,
    firstBootMs,
    bootMs,
    cloneMs,
    usedCloneMs,
    snapshotMs,
    restoreMs,
    rssPerHostBytes: perHost('rssBytes'),
    pssPerHostBytes: perHost('pssBytes'),
    idleWakeUps,
    pageFaultUs: measurePageFault(),
  };
}

/** The shorter of each time; the rest is the same in both. */
export function quicker(a: HostFigures, b: HostFigures): HostFigures {
  const least = (of: (figures: HostFigures) => number): number => Math.min(of(a), of(b));
  return {
    ...a,
    firstBootMs: least(({ firstBootMs }) => firstBootMs),
    bootMs: least(({ bootMs }) => bootMs),
    cloneMs: least(({ cloneMs }) => cloneMs),
    usedCloneMs: least(({ usedCloneMs }) => usedCloneMs),
    snapshotMs: least(({ snapshotMs }) => snapshotMs),
    restoreMs: least(({ restoreMs }) => restoreMs),
    pageFaultUs: least(({ pageFaultUs }) => pageFaultUs),
  };
}

function usedClone(kernel: Kernel, image: KernelImage, seed: number): KernelInstance {
  const instance = kernel.clone(image, { clock, entropy: SeededEntropy.fromSeed(seed) });
  withLoopback(instance, clock);
  return instance;
}

function measurePageFault(): number {
  const [bytes, pageBytes] = [64 * 2 ** 20, 4096];
  const memory = new Uint8Array(bytes);
  const startMs = performance.now();
  for (let at = 0; at < bytes; at += pageBytes) memory[at] = 1;
  return ((performance.now() - startMs) * 1000) / (bytes / pageBytes);
}

function median(count: number, action: (index: number) => unknown): number {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    action(index);
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(count / 2)]!;
}
