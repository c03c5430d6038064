// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { turnOfEventLoop } from '../host/index.js';
import { Engine } from './engine.js';
import {
  heartbeatEvents,
  heartbeatLife,
  heartbeatStop,
  heartbeatTime,
  heartbeatWords,
} from './run-context.js';

const never = (): boolean => false;
const createEngine = (): Engine => new Engine(turnOfEventLoop);

describe('engine', () => {
  test('time does not move while a program can go on, however many promises that takes', async () => {
    const engine = createEngine();
    const seen: string[] = [];
    engine.callAt(10, () => {
      void (async () => {
        for (let step = 0; step < 50; step++) await Promise.resolve();
        seen.push(`program at ${engine.nowNs}`);
      })();
    });
    const scheduler = engine.createScheduler();
    scheduler.at(
      11,
      scheduler.register({ onTime: () => seen.push(`event at ${engine.nowNs}`) }),
      0,
      0,
    );
    await engine.run(100, never);
    expect(seen).toEqual(['program at 10', 'event at 11']);
    expect(engine.nowNs).toBe(100);
  });

  test('what a program does before the first run counts too', async () => {
    const engine = createEngine();
    let at = -1;
    void Promise.resolve()
      .then(() => undefined)
      .then(() => engine.callAt(5, () => (at = engine.nowNs)));
    engine.callAt(50, () => undefined);
    await engine.run(60, never);
    expect(at).toBe(5);
  });

  test('kernels run once at the end of a moment, and events of the moment first', async () => {
    const engine = createEngine();
    const seen: string[] = [];
    const kernel = { death: undefined, run: () => seen.push('run') };
    const target = {
      onTime: (number: number) => {
        seen.push(`event ${number}`);
        engine.runBeforeTimeMoves(kernel);
      },
    };
    const scheduler = engine.createScheduler();
    const id = scheduler.register(target);
    for (const number of [1, 2]) scheduler.at(5, id, number, 0);
    scheduler.at(6, id, 3, 0);
    await engine.run(10, never);
    expect(seen).toEqual(['event 1', 'event 2', 'run', 'event 3', 'run']);
  });

  test('a kernel that is dead is left alone; one that dies stops the run, and it can go on', async () => {
    const engine = createEngine();
    const seen: string[] = [];
    const dead = { death: new Error('dead'), run: () => seen.push('dead') };
    const dying = {
      death: undefined,
      run: () => {
        throw new Error('dies');
      },
    };
    const alive = { death: undefined, run: () => seen.push('alive') };
    for (const kernel of [dead, dying, alive]) engine.runBeforeTimeMoves(kernel);
    await expect(engine.run(10, never)).rejects.toThrow('dies');
    await engine.run(10, never);
    expect(seen).toEqual(['alive']);
  });

  test('a cancelled callback is not called, and cancelling a second time does nothing', async () => {
    const engine = createEngine();
    let calls = 0;
    const timer = engine.callAt(5, () => calls++);
    timer.cancel();
    timer.cancel();
    await engine.run(10, never);
    expect(calls).toBe(0);
  });

  test('a run without end says when nothing can ever happen', async () => {
    const engine = createEngine();
    engine.callAt(5, () => undefined);
    expect(await engine.run(Infinity, never)).toBe(false);
    expect(engine.nowNs).toBe(5);
  });

  test('an event in the past is our bug, and so is a run within a run', async () => {
    const engine = createEngine();
    await engine.run(10, never);
    const scheduler = engine.createScheduler();
    const id = scheduler.register({ onTime: () => undefined });
    expect(() => scheduler.at(9, id, 0, 0)).toThrow('for 9 ns at 10 ns');
    const first = engine.run(20, never);
    await expect(engine.run(30, never)).rejects.toThrow('running already');
    await first;
  });

  test('a run ends with its moment, so that nothing is half done', async () => {
    const engine = createEngine();
    const seen: string[] = [];
    let stop = false;
    engine.callAt(5, () => {
      stop = true;
      engine.defer(() => seen.push('deferred'));
      engine.callAt(5, () => seen.push('same moment'));
      engine.callAt(6, () => seen.push('later'));
    });
    expect(await engine.run(10, () => stop)).toBe(true);
    expect(seen).toEqual(['same moment', 'deferred']);
    expect(engine.nowNs).toBe(5);
  });

  test('the end of a moment is told before time moves, and at the end of a run', async () => {
    const engine = createEngine();
    const ends: number[] = [];
    engine.onMomentEnd = () => ends.push(engine.nowNs);
    for (const timeNs of [3, 3, 4]) engine.callAt(timeNs, () => undefined);
    await engine.run(10, never);
    expect(ends).toEqual([0, 3, 4, 10]);
  });

  test('a moment that never ends is an error that names who is busy', async () => {
    const engine = new Engine(turnOfEventLoop, { roundsMax: 100 });
    const scheduler = engine.createScheduler();
    const kernel = {
      name: 'alice',
      death: undefined,
      run: () => scheduler.at(engine.nowNs, id, 0, 0),
    };
    const id = scheduler.register({ onTime: () => scheduler.runBeforeTimeMoves(kernel) });
    scheduler.at(7, id, 0, 0);
    await expect(engine.run(10, never)).rejects.toMatchObject({
      code: 'ERR_LIBOS_LIVELOCK',
      message: expect.stringMatching(/^time stands still at 0\.000000007 s: 100 rounds/) as string,
    });
  });

  test('many moments of few rounds are none such', async () => {
    const engine = new Engine(turnOfEventLoop, { roundsMax: 10 });
    let left = 50;
    const again = (): void => {
      if (left-- > 0) engine.callAt(engine.nowNs + 1, again);
    };
    again();
    await engine.run(100, never);
    expect(engine.nowNs).toBe(100);
  });

  test('a heartbeat says how far it is, and stops it between two moments', async () => {
    const engine = createEngine();
    const heartbeat = new Float64Array(heartbeatWords);
    engine.beat(heartbeat, () => {
      throw new Error('stopped');
    });
    engine.callAt(5, () => undefined);
    await engine.run(10, never);
    expect(heartbeat[heartbeatTime]).toBe(10);
    expect(heartbeat[heartbeatEvents]).toBe(1);
    expect(heartbeat[heartbeatLife]).toBeGreaterThan(0);
    engine.callAt(15, () => (heartbeat[heartbeatStop] = 1));
    engine.callAt(16, () => undefined);
    await expect(engine.run(20, never)).rejects.toThrow('stopped');
    expect(engine.nowNs).toBe(15);
  });

  test('events of one moment: by the creation of their schedulers, then as they were asked for', async () => {
    const engine = createEngine();
    const seen: string[] = [];
    const [first, second] = [engine.createScheduler(), engine.createScheduler()];
    const ask = (scheduler: typeof first, name: string): void =>
      scheduler.at(5, scheduler.register({ onTime: () => seen.push(name) }), 0, 0);
    ask(second, 'c');
    ask(first, 'a');
    ask(second, 'd');
    ask(first, 'b');
    await engine.run(10, never);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });
});
