// SPDX-License-Identifier: GPL-2.0-only

/**
 * What being on a library's host costs calls that are not about it: nothing that can be measured for most. The best
 * of several rounds each way, alternating, for other processes disturb both.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../../src/package-root.js';
import { TestHost } from './test-host.js';

/** At most, each way: they end as soon as nothing seems slower any more. */
const roundsMax = 10;
/** What may differ between two runs of the same, in ns and as a factor. */
const noise = { ns: 60, factor: 1.3 };
/** An open runs through the whole filter, which looks at the address that it comes from. */
const openNs = 400;

let host: TestHost;

beforeAll(async () => {
  host = new TestHost();
  expect(await host.libos('up')).toMatchObject({ code: 0 });
});
afterAll(() => host[Symbol.asyncDispose]());

type Costs = Map<string, number>;

async function measure(program: string, onHost: boolean, best: Costs): Promise<void> {
  const { code, out, err } = await (onHost ? host.run([program]) : host.exec([program]));
  expect([code, err]).toEqual([0, '']);
  for (const [, name, ns] of out.matchAll(/^(\w+) ([\d.]+)$/gm)) {
    best.set(name!, Math.min(best.get(name!) ?? Infinity, Number(ns)));
  }
}

test('calls that are not ours cost what they cost anywhere', { timeout: 60_000 }, async () => {
  const program = join(host.folder, 'calls');
  const source = join(packageRoot, 'bench/native/calls.c');
  expect(await host.exec(['cc', '-O2', '-o', program, source])).toMatchObject({ code: 0 });
  const native: Costs = new Map();
  const library: Costs = new Map();
  let slower: string[] = ['not measured'];
  for (let round = 0; round < roundsMax && slower.length > 0; round++) {
    await measure(program, false, native);
    await measure(program, true, library);
    slower = [...native].flatMap(([name, ns]) => {
      const most = ns * noise.factor + (name === 'open' ? openNs : noise.ns);
      return library.get(name)! <= most ? [] : [`${name}: ${library.get(name)} ns, not ${ns}`];
    });
  }
  expect(native.size).toBeGreaterThanOrEqual(7);
  expect(slower).toEqual([]);
});

test('a program starts at most 20 ms later', async () => {
  const best = { native: Infinity, library: Infinity };
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    await host.exec(['true']);
    const between = performance.now();
    await host.run(['true']);
    best.native = Math.min(best.native, between - start);
    best.library = Math.min(best.library, performance.now() - between);
  }
  expect(best.library - best.native).toBeLessThan(20);
});
