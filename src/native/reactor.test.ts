// SPDX-License-Identifier: GPL-2.0-only

import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addon } from '../addon/addon.js';
import { EPOLLHUP, EPOLLIN, EPOLLOUT, Reactor, type Watch } from './reactor.js';

const native = addon();
const F_DUPFD = 0;
const EFD_NONBLOCK = 0o4000;

let reactor: Reactor;
const open = new Set<number>();
beforeEach(() => {
  reactor = new Reactor();
});
afterEach(() => {
  reactor.close();
  for (const fd of open) native.close(fd);
  open.clear();
});

function counter(): number {
  const fd = native.eventfd(0, EFD_NONBLOCK);
  open.add(fd);
  return fd;
}

const word = new Uint8Array(8);
function signal(fd: number): void {
  word.fill(0);
  word[0] = 1;
  expect(native.write(fd, word, 0, 8)).toBe(8);
}
function drain(fd: number): void {
  native.read(fd, word, 0, 8);
}

async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

describe('the reactor', () => {
  test('reports what is ready until it is so no more', async () => {
    const fd = counter();
    let calls = 0;
    reactor.watch(fd, EPOLLIN, (events) => {
      expect(events).toBe(EPOLLIN);
      if (++calls === 3) drain(fd);
    });
    await turns();
    expect(calls).toBe(0);
    signal(fd);
    await turns();
    expect(calls).toBe(3);
  });

  test('gives a whole batch before what comes after a batch', async () => {
    const fds = [counter(), counter(), counter()];
    const seen: string[] = [];
    fds.forEach((fd, i) =>
      reactor.watch(fd, EPOLLIN, () => {
        seen.push(`${i}`);
        drain(fd);
      }),
    );
    const after = reactor.afterBatch(() => seen.push('after'));
    fds.forEach(signal);
    await turns();
    expect(seen).toEqual(['0', '1', '2', 'after']);
    after[Symbol.dispose]();
    fds.forEach(signal);
    await turns();
    expect(seen.slice(4)).toEqual(['0', '1', '2']);
  });

  test('reports nothing to one that was closed in the same batch, nor to who has its number now', async () => {
    const [a, b] = [counter(), counter()];
    const seen: string[] = [];
    const watches: Watch[] = [];
    reactor.watch(a, EPOLLIN, () => {
      seen.push('a');
      drain(a);
      watches[0]!.close();
      native.close(b);
      open.delete(b);
      const again = native.fcntl(counter(), F_DUPFD, b);
      expect(again).toBe(b);
      open.add(again);
      reactor.watch(again, EPOLLIN, () => {
        seen.push('again');
        drain(again);
      });
    });
    watches.push(reactor.watch(b, EPOLLIN, () => seen.push('b')));
    signal(a);
    signal(b);
    await turns();
    expect(seen).toEqual(['a']);
    signal(b);
    await turns();
    expect(seen).toEqual(['a', 'again']);
  });

  test('pauses, also for hang-ups, and goes on', async () => {
    const fds = new Int32Array(2);
    native.pipe(0, fds);
    const [reader, writer] = [fds[0]!, fds[1]!];
    open.add(reader);
    const seen: number[] = [];
    const watch = reactor.watch(reader, EPOLLIN, (events) => {
      seen.push(events);
      watch.setEvents(0);
    });
    native.close(writer);
    await turns();
    expect(seen).toEqual([EPOLLHUP]);
    watch.setEvents(EPOLLIN);
    await turns();
    expect(seen).toEqual([EPOLLHUP, EPOLLHUP]);
    expect(() => reactor.watch(reader, EPOLLIN, () => undefined)).not.toThrow();
    expect(() => watch.setEvents(EPOLLIN)).toThrow('EEXIST');
  });

  test('lets promises go on between two batches', async () => {
    const [a, b] = [counter(), counter()];
    const seen: string[] = [];
    reactor.watch(a, EPOLLIN, () => {
      drain(a);
      void Promise.resolve().then(() => {
        seen.push('promise');
        signal(b);
      });
    });
    reactor.watch(b, EPOLLIN, () => {
      seen.push('b');
      drain(b);
    });
    signal(a);
    await turns(2);
    expect(seen).toEqual(['promise', 'b']);
  });

  test('leaves the event loop its turns while something is always ready', async () => {
    const fd = counter();
    let calls = 0;
    reactor.watch(fd, EPOLLOUT, () => calls++);
    await turns(10);
    expect(calls).toBeGreaterThan(10);
    expect(calls).toBeLessThan(10 * 100);
  });

  test('what a callback throws is an uncaught error, and the others go on', async () => {
    const [a, b] = [counter(), counter()];
    const caught = vi.fn();
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', caught);
    let after = 0;
    reactor.afterBatch(() => after++);
    let called = false;
    reactor.watch(a, EPOLLIN, () => {
      drain(a);
      throw new Error('of a callback');
    });
    reactor.watch(b, EPOLLIN, () => {
      drain(b);
      called = true;
    });
    signal(a);
    signal(b);
    await turns();
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(caught).toHaveBeenCalledOnce();
    expect(String(caught.mock.calls[0]![0])).toContain('of a callback');
    expect(called).toBe(true);
    expect(after).toBeGreaterThan(1);
  });
});
