// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { createMeter } from './progress.js';
import type { BuildProgress } from './progress.js';

const phases = [
  { name: 'unpack', expectedSeconds: 20 },
  { name: 'compile', expectedSeconds: 300 },
  { name: 'link', expectedSeconds: 5 },
];

function run(
  steps: (meter: ReturnType<typeof createMeter>, at: (seconds: number) => void) => void,
  estimates = true,
): BuildProgress[] {
  const reports: BuildProgress[] = [];
  let now = 0;
  const meter = createMeter(
    phases,
    (report) => reports.push(report),
    estimates,
    () => now,
  );
  steps(meter, (seconds) => (now = seconds));
  return reports;
}

test('before anything is measured, the time left is the expected one', () => {
  const [report] = run((meter) => meter.enter('unpack'));
  expect(report).toEqual({ phase: 'unpack', done: 0, total: 325, secondsLeft: 325 });
});

test('a phase that is slower than expected corrects the time left', () => {
  const reports = run((meter, at) => {
    meter.enter('compile');
    at(200);
    meter.advance(0.25, 'net/ipv4/tcp.o');
  });
  expect(reports.at(-1)).toEqual({
    phase: 'compile net/ipv4/tcp.o',
    done: 20 + 75,
    total: 325,
    secondsLeft: 600 + 5,
  });
});

test('what is done never becomes less, and never more than all', () => {
  const done = run((meter) => {
    meter.enter('compile');
    meter.advance(1.4);
    meter.advance(0.5);
    meter.enter('link');
    meter.advance(1);
  }).map((report) => report.done);
  expect(done).toEqual([20, 320, 320, 320, 325]);
});

test('where nobody knows how much there is to do, no time is promised', () => {
  const [report] = run((meter) => meter.enter('compile'), false);
  expect(report).not.toHaveProperty('secondsLeft');
});
