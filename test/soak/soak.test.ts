// SPDX-License-Identifier: GPL-2.0-only

/**
 * Hours of traffic, with connections, devices and namespaces that come and go: memory must stay flat, RCU must run its
 * callbacks, and no timer may be lost (the programs of the traffic throw). Here a few minutes of it, in three rounds;
 * `npm run soak -- --hours 24` runs a round an hour and shows what each has left.
 */
import { expect, test } from 'vitest';
import { World, type Pace, type Sample } from './world.js';

const hours = Number(process.env['LIBOS_SOAK_HOURS'] ?? 0);
const seed = Number(process.env['LIBOS_SOAK_SEED'] ?? 1);
const isLong = hours > 0;

const second = 1e9;
const hour = 3600 * second;
const pace: Pace = {
  // In 24 hours, of which 7 are rest, a million.
  connectionNs: 55e6,
  datagramNs: 0.5 * second,
  pingNs: 5 * second,
  bulkNs: (isLong ? 600 : 20) * second,
  deviceNs: 5 * second,
  namespaceNs: 10 * second,
  cutNs: (isLong ? 400 : 25) * second,
  longestTimerNs: (isLong ? 600 : 20) * second,
};
const rounds = isLong ? Math.ceil(hours) : 3;
const roundNs = isLong ? (hours / rounds) * hour - World.restNs : 90 * second;

/** Page structures of memory that came into use, caches of the allocator by processor: they end. */
const spareBytes = 256 << 10;
const timeoutMs = isLong ? 2 ** 31 - 1 : 300_000;

test(
  'memory is flat, RCU runs, and every timer fires, however long it goes on',
  async () => {
    const world = new World(seed, pace);
    const all: (readonly Sample[])[] = [];
    for (let round = 0; round < rounds; round++) {
      await world.round(roundNs);
      all.push(world.samples());
      if (isLong) show(world, all.at(-1)!);
    }
    for (const [index] of all[0]!.entries()) check(all.map((samples) => samples[index]!));

    const { counts } = world;
    expect(counts.connections).toBeGreaterThan((0.8 * rounds * roundNs) / pace.connectionNs);
    // A cable that is out is an unreachable host to who connects then.
    expect(counts.failed).toBeLessThan(counts.connections / 10);
    expect(counts.lostDatagrams).toBeLessThan(counts.datagrams / 5);
    const misfortunes = ['lostDatagrams', 'lostPings', 'failed'];
    for (const [what, count] of Object.entries(counts)) {
      if (!misfortunes.includes(what)) expect(count, what).toBeGreaterThan(0);
    }
  },
  timeoutMs,
);

/** The samples of one host: the first round warms up. */
function check(samples: readonly Sample[]): void {
  const [warm, last] = [samples[Math.min(1, samples.length - 2)]!, samples.at(-1)!];
  const { host } = last;
  expect(last.inUseBytes - warm.inUseBytes, `${host}: memory in use`).toBeLessThan(spareBytes);
  expect(last.slabBytes - warm.slabBytes, `${host}: kernel objects`).toBeLessThan(spareBytes);
  for (const [round, sample] of samples.entries()) {
    const left = `${host}, round ${round}\n${sample.connections}`;
    expect(sample.sockets, left).toBe(warm.sockets);
    expect(sample.conntrack, `${host}, round ${round}: conntrack`).toBe(0);
    const before = samples[round - 1]?.rcuRuns ?? 0;
    expect(sample.rcuRuns, `${host}, round ${round}: RCU`).toBeGreaterThan(before);
  }
}

function show(world: World, samples: readonly Sample[]): void {
  const kilobytes = (bytes: number): string => String(Math.round(bytes / 1024));
  const columns = samples.map(
    ({ host, memoryBytes, inUseBytes, slabBytes }) =>
      `${host} ${kilobytes(memoryBytes)}/${kilobytes(inUseBytes)}/${kilobytes(slabBytes)}`,
  );
  const atHours = (samples[0]!.atSeconds / 3600).toFixed(1);
  process.stdout.write(
    `${atHours} h: KiB of memory/in use/objects: ${columns.join(', ')}; ${JSON.stringify(world.counts)}\n`,
  );
}
