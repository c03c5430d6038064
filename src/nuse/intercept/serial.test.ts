// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { Answers, takeSerial } from './serial.js';

/** Arguments of a call, as seccomp has them: of each the lower half and the upper one. */
function words(...halves: readonly (readonly [lower: number, upper: number])[]): Uint32Array {
  return Uint32Array.from(Array.from({ length: 6 }, (_, i) => halves[i] ?? [0, 0]).flat());
}

const serial = 0x12345678;

test('a serial number is found, and what it was in is as without it', () => {
  const call = words([3, serial], [0x1000, 0x7fff], [0x40, ~serial]);
  expect(takeSerial('sendmsg', call)).toBe(serial);
  expect(call).toEqual(words([3, 0], [0x1000, 0x7fff], [0x40, 0]));
});

test('each call has its complement where its int is', () => {
  const other = [0x1000, 0x7fff] as const;
  for (const [name, checked] of [
    ['bind', 2],
    ['connect', 2],
    ['setsockopt', 1],
    ['sendto', 3],
    ['sendmmsg', 3],
    ['recvfrom', 3],
    ['recvmsg', 2],
    ['recvmmsg', 3],
  ] as const) {
    const halves = Array.from({ length: 6 }, () => other as readonly [number, number]);
    halves[0] = [3, serial];
    halves[checked] = [1, ~serial];
    expect(takeSerial(name, words(...halves)), name).toBe(serial);
  }
});

test.each([
  ['zeros', 0, 0],
  ['a negative descriptor', 0xffffffff, 0],
  ['what a compiler left there', serial, 0],
  ['the same in both', serial, serial],
])('%s are no serial number, and stay', (_, first, second) => {
  const call = words([3, first], [0x1000, 0x7fff], [0x40, second]);
  expect(takeSerial('sendmsg', call)).toBe(0);
  expect(call).toEqual(words([3, first], [0x1000, 0x7fff], [0x40, second]));
});

test('a call that may be made twice has none', () => {
  expect(takeSerial('getsockname', words([3, serial], [0, 0], [0, ~serial]))).toBe(0);
});

test('the answer of the thread’s last call is kept, and no other', () => {
  const answers = new Answers();
  answers.set(7, 1, 100);
  expect(answers.get(7, 1)).toBe(100);
  answers.set(7, 2, -11);
  expect([answers.get(7, 1), answers.get(7, 2), answers.get(8, 2)]).toEqual([
    undefined,
    -11,
    undefined,
  ]);
});

test('of very many threads those that were answered last have theirs', () => {
  const answers = new Answers();
  for (let tid = 1; tid <= 5000; tid++) {
    answers.set(tid, tid, 0);
    answers.set(1, tid, 1);
  }
  expect([answers.get(1, 5000), answers.get(2, 2), answers.get(4000, 4000)]).toEqual([
    1,
    undefined,
    0,
  ]);
});
