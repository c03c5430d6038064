// SPDX-License-Identifier: GPL-2.0-only

import { afterEach, describe, expect, test, vi } from 'vitest';
import { LibosError } from '../errors.js';
import { Step, duration, reportError } from './terminal.js';

/** Everything written to one stream of this process while a test runs. */
function captured(stream: NodeJS.WriteStream): { text: string } {
  const written = { text: '' };
  vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    written.text += String(chunk);
    return true;
  });
  return written;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('duration', () => {
  test.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [12.4, '12 s'],
    [59.6, '1 min 00 s'],
    [65, '1 min 05 s'],
  ])('%d seconds is %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('Step, away from a terminal', () => {
  test('prints a line each tenth, not each call', () => {
    const out = captured(process.stdout);
    const step = new Step('kernel sim');
    for (let done = 0; done <= 100; done++) step.progress(done / 100, 'objects', 100 - done);
    step.done('ready');
    const lines = out.text.trimEnd().split('\n');
    expect(lines).toHaveLength(13);
    expect(lines[0]).toBe('kernel sim …');
    expect(lines[6]).toBe('  kernel sim  50 %  objects, 50 s left');
    expect(lines[12]).toMatch(/^✓ kernel sim: ready \(\d\.\d s\)$/);
  });
});

describe('reportError', () => {
  test('says one of ours in a line, with its hint', () => {
    const err = captured(process.stderr);
    reportError(new LibosError('ERR_LIBOS_TEST', 'no such thing', { hint: 'make one' }));
    expect(err.text).toBe('error: no such thing\nhint: make one\n');
  });

  test('shows its stack and cause when asked to', () => {
    vi.stubEnv('LIBOS_DEBUG', '1');
    const err = captured(process.stderr);
    reportError(new LibosError('ERR_LIBOS_TEST', 'no such thing', { cause: new Error('below') }));
    expect(err.text).toContain('terminal.test.ts');
    expect(err.text).toContain('below');
  });

  test('shows the stack of a bug', () => {
    const err = captured(process.stderr);
    reportError(new TypeError('x is not a function'));
    expect(err.text).toContain('TypeError: x is not a function\n    at');
  });
});
