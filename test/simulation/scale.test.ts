// SPDX-License-Identifier: GPL-2.0-only
/**
 * What one more host costs, so that ten thousand go on fitting one process: the pages of its image, what V8 keeps
 * for an instance, and all that together when it has an address and has pinged. docs/internals/performance.md says
 * what the parts are.
 */
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Simulation } from '../../src/dce/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { SeededEntropy } from '../../src/host/index.js';

const mebibyte = 2 ** 20;
const outside = { clock: { nowNs: 1e9 }, entropy: SeededEntropy.fromSeed(1) };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('a booted image has few pages, whatever the limit of its memory', () => {
  const kernel = Kernel.loadSync();
  const pagesOf = (memoryMax: string): number =>
    kernel.boot({ ...outside, memoryMax }).snapshot().pageNumbers.length;
  const pages = pagesOf('64 MiB');
  expect(pages * 4096).toBeLessThan(1.4 * mebibyte);
  // Pages that are not there yet are not described: a limit costs a bit for each of its blocks, and tables.
  expect(pagesOf('1 GiB') - pages).toBeLessThan(64);
});

test('V8 keeps little for an instance: there is no function table in it', () => {
  const kernel = Kernel.loadSync();
  const image = kernel.boot(outside).snapshot();
  const clones = [kernel.clone(image, outside)];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 100; index++) clones.push(kernel.clone(image, outside));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / 100;
  expect(bytes).toBeLessThan(0.25 * mebibyte);
});

test('two hundred hosts with addresses ping each other, in two MiB each', async () => {
  const count = 200;
  // Loads, boots and compiles what all share.
  const first = new Simulation();
  first.connect(...first.hosts('a', 'b'));
  first.start();
  collect();
  const before = process.memoryUsage.rss();
  const simulation = new Simulation();
  for (let index = 0; index < count; index += 2) {
    const pair = simulation.hosts(`h${index}`, `h${index + 1}`);
    simulation.connect(...pair, { rate: '100 Mbit/s', delay: '1 ms' });
  }
  const { hosts } = simulation.topology;
  const pings = hosts.map((host, index) =>
    host.run(async (os) => (await os.ping(hosts[index ^ 1]!.name)).roundTripNs),
  );
  await simulation.run();
  const bytesPerHost = (process.memoryUsage.rss() - before) / count;
  for (const ping of pings) expect(ping.result).toBeGreaterThan(2e6);
  expect(bytesPerHost).toBeLessThan(2.2 * mebibyte);
});
