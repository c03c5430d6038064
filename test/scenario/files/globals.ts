// SPDX-License-Identifier: GPL-2.0-only

/** What programs see of time and chance, by all the names that there are for it. */
import { randomBytes, randomInt, randomUUID, webcrypto } from 'node:crypto';
import { performance as imported } from 'node:perf_hooks';
import process, { hrtime } from 'node:process';
import { setTimeout as timeout } from 'node:timers';
import { scheduler, setInterval as ticks, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Simulation, type Os } from 'libos';

const sim = new Simulation({ seed: 3 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { delay: '1 ms' });

async function clocks(os: Os): Promise<Record<string, unknown>> {
  const startMs = Date.now();
  const start = performance.now();
  performance.mark('begin');
  const bigint = process.hrtime.bigint();
  await wait(1500);
  const order: string[] = [];
  setTimeout(() => order.push('b'), 20);
  setTimeout(() => order.push('a'), 10, 'unused');
  const cleared = setTimeout(() => order.push('never'), 15);
  clearTimeout(cleared);
  const byNumber = setTimeout(() => order.push('never'), 15);
  clearTimeout(Number(byNumber));
  setImmediate(() => order.push('at once'));
  const interval = setInterval(() => order.push('tick'), 9);
  await os.sleep('30 ms');
  clearInterval(interval);
  await promisify(timeout)(1);
  await scheduler.wait(1);
  let count = 0;
  for await (const value of ticks(5, 'tock')) if (value !== 'tock' || ++count === 3) break;
  const aborted = await wait(1000, undefined, { signal: AbortSignal.timeout(7) }).catch(
    (error: unknown) => (error as Error).name,
  );
  return {
    date: new Date().toISOString(),
    text: Date().slice(0, 15),
    formatted: new Intl.DateTimeFormat('en', { timeZone: 'UTC', timeStyle: 'medium' }).format(),
    isDate: new Date() instanceof Date && new Date(0) instanceof Date,
    elapsedMs: Date.now() - startMs,
    performanceMs: performance.now() - start,
    importedMs: imported.now() - start,
    hrtimeMs: Number(process.hrtime.bigint() - bigint) / 1e6,
    hrtime: hrtime(),
    uptime: process.uptime(),
    origin: performance.timeOrigin,
    measuredMs: performance.measure('all', 'begin').duration,
    order,
    aborted,
  };
}

function chance(): unknown[] {
  return [
    ...[Math.random(), Math.random(), randomInt(1000), randomInt(5, 6), randomUUID()],
    ...[crypto.randomUUID(), randomBytes(4).toString('hex')],
    ...[
      [...crypto.getRandomValues(new Uint16Array(3))],
      [...webcrypto.getRandomValues(new Uint8Array(2))],
    ],
  ];
}

const early = { date: Date.now(), random: Math.random() };
setTimeout(() => reports.push(`the scenario's own timer at ${sim.nowNs} ns`), 250);
const reports: string[] = [];
alice.run(clocks, { name: 'clocks' });
alice.run(chance, { name: 'chance' });
bob.run(chance, { name: 'chance' });
bob.clock.set({ offset: '1 h' });
bob.run(() => new Date().toISOString(), { name: 'wrong-clock', at: '1 s' });
alice.run((os) => os.report('early', early), { name: 'early' });
await sim.run('3 s');
alice.run((os) => os.report('timer', reports), { name: 'late' });
await sim.run('1 ms');
