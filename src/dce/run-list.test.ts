// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import type { Runnable } from '../host/index.js';
import { RunList } from './run-list.js';

function fixture() {
  const list = new RunList();
  const ran: string[] = [];
  const kernel = (name: string, also?: () => void): Runnable & { death: unknown } => ({
    name,
    death: undefined,
    run() {
      ran.push(name);
      also?.();
    },
  });
  return { list, ran, kernel };
}

test('each runs once, in order, those that come meanwhile included', () => {
  const { list, ran, kernel } = fixture();
  const c = kernel('c');
  const a = kernel('a', () => list.add(c));
  const b = kernel('b');
  for (const each of [b, a, b, a]) list.add(each);
  expect(list.isEmpty).toBe(false);
  list.run();
  expect(ran).toEqual(['b', 'a', 'c']);
  expect(list.isEmpty).toBe(true);
  list.add(b);
  list.run();
  expect(ran).toEqual(['b', 'a', 'c', 'b']);
});

test('one that asks for itself runs again', () => {
  const { list, ran, kernel } = fixture();
  let again = 2;
  const a = kernel('a', () => again-- > 0 && list.add(a));
  list.add(a);
  list.run();
  expect(ran).toEqual(['a', 'a', 'a']);
});

test('a dead one is left out, and what is thrown leaves the rest', () => {
  const { list, ran, kernel } = fixture();
  const dead = kernel('dead');
  dead.death = new Error('dead');
  const broken = kernel('broken', () => {
    throw new Error('broken');
  });
  for (const each of [dead, broken, kernel('rest')]) list.add(each);
  expect(() => list.run()).toThrow('broken');
  expect(list.kernels.map(({ name }) => name)).toEqual(['rest']);
  list.run();
  expect(ran).toEqual(['broken', 'rest']);
});

test('what is cleared can be added again', () => {
  const { list, ran, kernel } = fixture();
  const a = kernel('a');
  list.add(a);
  list.clear();
  expect(list.isEmpty).toBe(true);
  list.add(a);
  list.run();
  expect(ran).toEqual(['a']);
});
