// SPDX-License-Identifier: GPL-2.0-only

import { beforeEach, describe, expect, test } from 'vitest';
import { errno, SystemError, type HostTime } from '../../posix/index.js';
import type { Call } from '../call.js';
import { PendingCalls } from './pending.js';

/** A clock that a test moves. */
class Hand implements HostTime {
  readonly #due: { atNs: number; callback: () => void }[] = [];
  #nowNs = 0;
  nowNs(): number {
    return this.#nowNs;
  }
  at(atNs: number, callback: () => void) {
    const entry = { atNs, callback };
    this.#due.push(entry);
    return { cancel: () => void this.#due.splice(this.#due.indexOf(entry), 1) };
  }
  defer(callback: () => void): void {
    callback();
  }
  move(toNs: number): void {
    this.#nowNs = toNs;
    for (const { callback } of this.#due.filter(({ atNs }) => atNs <= toNs)) callback();
  }
  get armed(): number {
    return this.#due.length;
  }
}

interface Asked {
  readonly call: Call;
  readonly outcome: { failed?: number; valid: boolean; gone?: () => void };
}

function ask(): Asked {
  const outcome: Asked['outcome'] = { valid: true };
  const call = {
    valid: () => outcome.valid,
    onGone: (callback: () => void) => void (outcome.gone = callback),
    fail: (number: number) => {
      outcome.failed = number;
      return true;
    },
  };
  return { call: call as unknown as Call, outcome };
}

const forEver = { timeoutNs: Infinity, timedOut: () => undefined };
let time: Hand;
let pending: PendingCalls;
beforeEach(() => {
  time = new Hand();
  pending = new PendingCalls(time);
});

describe('calls that wait', () => {
  test('do not wait when the first try answers', () => {
    pending.start(ask().call, () => true, forEver);
    expect(pending.size).toBe(0);
  });

  test('are tried again in their order until they are answered', () => {
    const tries: string[] = [];
    const room = { left: 0 };
    const attempt = (name: string) => () => {
      tries.push(name);
      return room.left-- > 0;
    };
    pending.start(ask().call, attempt('a'), forEver);
    pending.start(ask().call, attempt('b'), forEver);
    room.left = 1;
    pending.retry();
    expect(tries).toEqual(['a', 'b', 'a', 'b']);
    expect(pending.size).toBe(1);
    pending.retry();
    expect(tries.at(-1)).toBe('b');
  });

  test('end with their limit, which an answer calls off', () => {
    let timedOut = 0;
    const limit = { timeoutNs: 100, timedOut: () => (timedOut += 1) };
    let ready = false;
    pending.start(ask().call, () => ready, limit);
    time.move(99);
    expect(timedOut).toBe(0);
    time.move(100);
    expect([timedOut, pending.size]).toEqual([1, 0]);
    pending.start(ask().call, () => ready, limit);
    ready = true;
    pending.retry();
    expect(time.armed).toBe(1);
    time.move(1000);
    expect(timedOut).toBe(1);
  });

  test('are not tried when nobody waits any more', () => {
    let tries = 0;
    const { call, outcome } = ask();
    const attempt = () => {
      tries++;
      return false;
    };
    pending.start(call, attempt, forEver);
    outcome.valid = false;
    pending.retry();
    expect([tries, pending.size]).toEqual([1, 0]);
    const other = ask();
    pending.start(other.call, attempt, forEver);
    other.outcome.gone!();
    expect(pending.size).toBe(0);
  });

  test('fail with what a later try throws, and the others go on', () => {
    const { call, outcome } = ask();
    let broken = false;
    pending.start(
      call,
      () => {
        if (broken) throw new SystemError(errno.EFAULT, 'recvmsg');
        return false;
      },
      forEver,
    );
    pending.start(ask().call, () => broken, forEver);
    broken = true;
    pending.retry();
    expect(outcome.failed).toBe(errno.EFAULT);
    expect(pending.size).toBe(0);
  });

  test('may make the others be tried again', () => {
    let tries = 0;
    pending.start(
      ask().call,
      () => {
        pending.retry();
        return ++tries === 3;
      },
      forEver,
    );
    pending.retry();
    pending.retry();
    expect([tries, pending.size]).toEqual([3, 0]);
  });
});
