// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { combineDigest } from './digest.js';
import { formatLogLine, SimulationLog, type LogHost } from './log.js';

const alice: LogHost = { name: 'alice', index: 0 };
const bob: LogHost = { name: 'bob', index: 1 };

class Scene {
  nowNs = 0;
  readonly log: SimulationLog;
  constructor(linesMax?: number) {
    this.log = new SimulationLog(() => this.nowNs, linesMax === undefined ? {} : { linesMax });
  }
  get digest(): string {
    return combineDigest(this.log.digestParts);
  }
  at(timeNs: number, host: LogHost | undefined, text: string): void {
    this.nowNs = timeNs;
    this.log.write(host, 'program', 'info', text);
  }
}

describe('log', () => {
  test('orders by time, then host, then as it was said; text of two lines is two', () => {
    const scene = new Scene();
    scene.at(5, bob, 'b1');
    scene.at(5, alice, 'a1');
    scene.at(5, bob, 'b2');
    scene.at(5, undefined, 'all');
    scene.at(7, alice, 'a2\na3');
    expect([...scene.log].map(({ text }) => text)).toEqual(['all', 'a1', 'b1', 'b2', 'a2', 'a3']);
    expect(scene.log.lines({ hosts: [bob] }).map(({ text }) => text)).toEqual(['b1', 'b2']);
  });

  test('listeners hear of a moment when it is over, in order, until they are disposed of', () => {
    const scene = new Scene();
    const heard: string[] = [];
    const listening = scene.log.listen(({ text }) => heard.push(text));
    scene.at(1, bob, 'b');
    scene.at(1, alice, 'a');
    expect(heard).toEqual([]);
    scene.at(2, alice, 'later');
    expect(heard).toEqual(['a', 'b']);
    scene.log.endMoment();
    expect(heard).toEqual(['a', 'b', 'later']);
    listening[Symbol.dispose]();
    scene.at(3, alice, 'unheard');
    scene.log.endMoment();
    expect(heard.length).toBe(3);
  });

  test('prints time, host, source, level and fields', () => {
    const scene = new Scene();
    scene.nowNs = 12_345_678_901;
    scene.log.write(alice, 'kernel', 'warning', 'TCP: out of memory');
    scene.log.write(undefined, 'fault', 'notice', 'partition', { from: ['alice'] });
    expect(scene.log.text()).toBe(
      '  12.345678901 s fault.notice: partition {"from":["alice"]}\n' +
        '  12.345678901 s alice kernel.warning: TCP: out of memory\n',
    );
    expect(scene.log.json({ sources: ['kernel'] })).toBe(
      '{"timeNs":12345678901,"host":"alice","source":"kernel","level":"warning","text":"TCP: out of memory"}\n',
    );
    expect(scene.log.lines({ level: 'warning' }).map(formatLogLine).length).toBe(1);
    expect(() => scene.log.lines({ level: 'loud' as 'info' })).toThrow('"loud" is no level');
  });

  test('goes on from a saved state: what came after is forgotten, the digest too', () => {
    const scene = new Scene();
    scene.at(1, alice, 'before');
    scene.at(2, bob, 'of the moment');
    const state = structuredClone(scene.log.saveState());
    const digest = scene.digest;
    scene.at(2, alice, 'other future');
    scene.at(3, alice, 'other future');
    expect(scene.digest).not.toBe(digest);
    scene.log.restoreState(state);
    expect(scene.digest).toBe(digest);
    scene.at(2, alice, 'still the moment');
    expect(scene.log.lines().map(({ text }) => text)).toEqual([
      ...['before', 'still the moment', 'of the moment'],
    ]);
  });

  test('logs of two threads give what one gives, in lines, text and digest', () => {
    const say = (scene: Scene, which: readonly LogHost[], first: boolean): void => {
      const host = (wanted: LogHost) => ({ ...wanted, local: which.includes(wanted) });
      scene.at(1, host(bob), 'b');
      scene.at(1, host(alice), 'a');
      scene.at(first ? 1 : 2, undefined, 'everybody');
      scene.at(2, host(bob), 'late');
    };
    const one = new Scene();
    say(one, [alice, bob], true);
    const [left, right] = [new Scene(), new Scene()];
    say(left, [alice], true);
    say(right, [bob], true);
    const exchange = (): void => {
      const states = [left.log.takeState(), right.log.takeState()];
      for (const scene of [left, right]) scene.log.merge(structuredClone(states));
    };
    exchange();
    for (const scene of [left, right]) {
      expect(scene.log.text()).toBe(one.log.text());
      expect(scene.digest).toBe(one.digest);
    }
    // And again, with what has come since.
    for (const scene of [one, right]) scene.at(9, bob, 'more');
    for (const scene of [one, left]) scene.at(9, alice, 'more');
    exchange();
    for (const scene of [left, right]) {
      expect(scene.log.text()).toBe(one.log.text());
      expect(scene.digest).toBe(one.digest);
      expect(scene.log.forgottenCount).toBe(0);
    }
  });

  test('keeps the newest of too many, and says how many it forgot', () => {
    const scene = new Scene(10);
    for (let index = 0; index < 1000; index++) scene.at(index, alice, `${index}`);
    const lines = scene.log.lines();
    expect(lines.length).toBe(10);
    expect(lines.at(-1)!.text).toBe('999');
    expect(scene.log.forgottenCount + lines.length).toBe(1000);
  });
});
