// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Capture } from './capture.js';
import { mergeCaptures } from './merge-captures.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Interface, time in ns and length of each frame, as tshark reads them. */
function framesOf(file: string): string[] {
  const fields = ['frame.interface_name', 'frame.time_epoch', 'frame.len', 'frame.cap_len'];
  const columns = fields.flatMap((field) => ['-e', field]);
  return execFileSync('tshark', ['-r', file, '-T', 'fields', '-E', 'separator=/s', ...columns], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .split('\n')
    .filter((line) => line !== '');
}

const frame = (lengthBytes: number): Uint8Array => new Uint8Array(lengthBytes).fill(lengthBytes);

describe('capture', () => {
  test('orders the frames of a moment by interface, and each interface’s as they came', () => {
    const file = join(folder, 'order.pcapng');
    {
      using capture = Capture.toFile(file);
      for (const name of ['a.eth0', 'b.eth0']) capture.addInterface(name, 0);
      capture.write('b.eth0', 'out', 5, frame(61));
      capture.write('a.eth0', 'in', 5, frame(62));
      capture.write('b.eth0', 'in', 5, frame(63));
      capture.write('a.eth0', 'out', 6, frame(64));
    }
    expect(framesOf(file)).toEqual([
      'a.eth0 0.000000005 62 62',
      'b.eth0 0.000000005 61 61',
      'b.eth0 0.000000005 63 63',
      'a.eth0 0.000000006 64 64',
    ]);
  });

  test('gives each interface a file of its own in a directory', () => {
    const directory = join(folder, 'of its own', 'deeper');
    {
      using capture = new Capture({ directory, snapBytes: 32 });
      for (const name of ['a.eth0', 'odd/name']) capture.addInterface(name, 0);
      capture.write('a.eth0', 'out', 1, frame(100));
      capture.write('odd/name', 'in', 1, frame(20));
    }
    expect(readdirSync(directory).sort()).toEqual(['a.eth0.pcapng', 'odd_name.pcapng']);
    expect(framesOf(join(directory, 'a.eth0.pcapng'))).toEqual(['a.eth0 0.000000001 100 32']);
    expect(framesOf(join(directory, 'odd_name.pcapng'))).toEqual(['odd/name 0.000000001 20 20']);
  });

  test('is cut back to a saved state, in the middle of a moment too', () => {
    const begin = (capture: Capture): void => {
      capture.addInterface('a.eth0', 0);
      capture.addInterface('b.eth0', 0);
      capture.write('b.eth0', 'out', 1, frame(60));
      capture.write('b.eth0', 'out', 2, frame(61));
    };
    const end = (capture: Capture): void => {
      capture.write('a.eth0', 'in', 2, frame(62));
      capture.addInterface('c.eth0', 3);
      capture.write('c.eth0', 'in', 3, frame(63));
      capture[Symbol.dispose]();
    };
    for (const target of ['file', 'directory'] as const) {
      const [straight, restored] = ['straight', 'restored'].map(
        (name) => new Capture({ [target]: join(folder, `${target} ${name}`) }),
      );
      begin(straight!);
      end(straight!);
      begin(restored!);
      const state = structuredClone(restored!.saveState());
      restored!.write('a.eth0', 'in', 2, frame(70));
      restored!.addInterface('z.eth0', 7);
      restored!.write('z.eth0', 'in', 7, frame(71));
      restored!.flush();
      restored!.restoreState(state);
      end(restored!);
      const files =
        target === 'file' ? [''] : ['/a.eth0.pcapng', '/b.eth0.pcapng', '/c.eth0.pcapng'];
      for (const file of files) {
        expect(readFileSync(join(folder, `${target} restored${file}`))).toEqual(
          readFileSync(join(folder, `${target} straight${file}`)),
        );
      }
    }
  });

  test('of several threads merge into what one thread writes', () => {
    const names = ['a', 'b', 'c', 'd'];
    interface Event {
      readonly stepNs: number;
      readonly interfaceNumber: number;
      readonly lengthBytes: number;
    }
    const event: fc.Arbitrary<Event> = fc.record({
      stepNs: fc.nat(2),
      interfaceNumber: fc.nat(3),
      lengthBytes: fc.integer({ min: 14, max: 200 }),
    });
    const write = (file: string, events: readonly Event[], added: number, mine: number[]): void => {
      using capture = Capture.toFile(file);
      for (const name of names.slice(0, 2)) capture.addInterface(name, 0);
      let nowNs = 0;
      for (const [index, { stepNs, interfaceNumber, lengthBytes }] of events.entries()) {
        nowNs += stepNs;
        // Two interfaces come later, in the middle of a moment perhaps.
        if (index === added) for (const name of names.slice(2)) capture.addInterface(name, nowNs);
        const shown = index < added ? interfaceNumber % 2 : interfaceNumber;
        if (!mine.includes(shown)) continue;
        capture.write(names[shown]!, 'in', nowNs, frame(lengthBytes));
      }
      if (added >= events.length)
        for (const name of names.slice(2)) capture.addInterface(name, nowNs);
    };
    const path = (name: string): string => join(folder, `merge-${name}.pcapng`);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(30), (events, added) => {
        write(path('whole'), events, added, [0, 1, 2, 3]);
        write(path('1'), events, added, [0, 3]);
        write(path('2'), events, added, [1]);
        write(path('3'), events, added, [2]);
        mergeCaptures([path('1'), path('2'), path('3')], path('merged'));
        expect(readFileSync(path('merged'))).toEqual(readFileSync(path('whole')));
      }),
    );
  });

  test('that are cut off or missing are named when they are merged', () => {
    const file = join(folder, 'short.pcapng');
    using capture = Capture.toMemory();
    capture.addInterface('a', 0);
    writeFileSync(file, capture.bytes.subarray(0, -4));
    expect(() => mergeCaptures([join(folder, 'absent')], `${file}.whole`)).toThrow(
      'cannot read the capture',
    );
    expect(() => mergeCaptures([file], `${file}.whole`)).toThrow(`${file} ends inside a block`);
  });

  test('closed twice is closed once, and what was gathered is written', () => {
    const file = join(folder, 'empty.pcapng');
    const capture = Capture.toFile(file);
    capture[Symbol.dispose]();
    capture[Symbol.dispose]();
    expect(readFileSync(file).readUInt32LE(0)).toBe(0x0a0d0d0a);
  });

  test('says what is wrong with its options', () => {
    const file = join(folder, 'empty.pcapng', 'x.pcapng');
    expect(() => Capture.toFile(file)).toThrow(`cannot write the capture ${file}`);
    expect(() => new Capture({})).toThrow('one file, directory or sink');
    expect(() => Capture.toMemory({ snapBytes: 0 })).toThrow('a capture of 0 bytes a frame');
  });
});
