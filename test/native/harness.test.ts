// SPDX-License-Identifier: GPL-2.0-only

/** The native form boots and works in an ordinary process, and the tools for such processes work on it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededEntropy, SimulatedClock } from '../../src/host/index.js';
import { exports, imports } from '../../kernel/abi/host-interface.js';
import { loadKernel } from '../helpers/virtual-host.js';
import { kernelObject, Programs, run } from './link.js';

const programs = new Programs();
let harness = '';

beforeAll(() => {
  harness = programs.harness();
});
afterAll(() => {
  programs[Symbol.dispose]();
});

/** Lines that tell of memory: addresses, how much there is, and what is sized by it or by the size of a word. */
const aboutMemory =
  /hash table|\[mem 0x|^Memory:|^Built 1 zonelists|^SLUB:|^workingset:|pages in unavailable ranges/i;

/** What a boot says, without what differs between the forms by their nature. */
function comparable(lines: readonly string[]): string[] {
  return lines.filter((line) => !aboutMemory.test(line));
}

describe('the native form', () => {
  test('boots to the same point as the WebAssembly one, and passes frames and time', async () => {
    const { code, stdout, stderr } = run(harness, []);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    const booted = lines.findIndex((line) => line.startsWith('boot: '));
    const records = lines.slice(0, booted).map((line) => line.replace(/^<\d>/, ''));

    const wasm = await loadKernel();
    const log: string[] = [];
    wasm.boot({
      clock: new SimulatedClock(),
      entropy: SeededEntropy.fromSeed(1),
      console: ({ text }) => log.push(text),
    });
    expect(records[0]).toContain(`Linux version ${wasm.manifest.linux}`);
    expect(comparable(records)).toEqual(comparable(log));

    expect(lines[booted]).toMatch(/^boot: \d+\.\d ms$/);
    expect(lines).toContain('udp: 25 bytes over lo');
    expect(lines).toContain('ping: reply 3 from 10.0.0.1');
    expect(lines).toContain('memory: took and gave back 32000 KiB');
    expect(lines.at(-1)).toMatch(/^done: /);
    expect(code).toBe(0);
  });

  test('does the same in every run', () => {
    const withoutWallClock = ({ stdout }: { stdout: string }): string =>
      stdout.replace(/^boot: .*$/m, '');
    const [one, two] = [run(harness, []), run(harness, [])];
    expect(withoutWallClock(one)).toBe(withoutWallClock(two));
  });
});

test('too little memory is the end of it, in one line', () => {
  const { code, stderr } = run(harness, ['4']);
  expect(stderr).toMatch(
    /^harness: the kernel died \(cause 0\): .*4194304 bytes.* 8388608 at least\n$/,
  );
  expect(code).toBe(1);
});

describe('the native object', () => {
  test('has no symbol for others but the host interface', () => {
    const { stdout } = run('nm', ['-g', '--format=posix', kernelObject()]);
    const names = (kind: RegExp): string[] =>
      stdout.split('\n').flatMap((line) => {
        const [name, type] = line.split(' ');
        return name !== undefined && type !== undefined && kind.test(type) ? [name] : [];
      });
    expect(names(/[^U]/)).toEqual(exports.map(({ name }) => `lib_${name}`).sort());
    expect(names(/U/)).toEqual(imports.map(({ name }) => `host_${name}`).sort());
  });

  test('goes into a shared library, its code not touched by the loader', () => {
    const options = ['-shared', '-fPIC', '-Wl,-z,text', '-Wl,-z,defs'];
    programs.link('libhost.so', ['host.c', 'fail.c'], kernelObject(), options);
  });
});

test('gdb stops in ip_rcv and names every kernel function on the stack', () => {
  const commands = ['set breakpoint pending off', 'break ip_rcv', 'run', 'backtrace', 'kill'];
  const { stdout } = run('gdb', [
    ...['-nx', '-batch', '-iex', 'set debuginfod enabled off'],
    ...commands.flatMap((command) => ['-ex', command]),
    harness,
  ]);
  const frames = stdout.split('\n').filter((line) => /^#\d+ /.test(line));
  expect(frames[0]).toMatch(/^#0 +ip_rcv \(skb=0x[0-9a-f]+.*ip_input\.c:\d+$/);
  const text = frames.join('\n');
  for (const name of [
    'net_rx_action',
    'udp_sendmsg',
    'lib_syscall',
    'send_over_loopback',
    'main',
  ]) {
    expect(text).toContain(name);
  }
  expect(text).not.toContain('?? ()');
});
