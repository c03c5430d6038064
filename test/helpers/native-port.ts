// SPDX-License-Identifier: GPL-2.0-only
/**
 * This machine’s Linux as a `KernelPort`: the same POSIX layer, in the LP64 data model, on the real thing. A small
 * program makes the calls in a network namespace of its own. Calls must not block: tests use non-blocking sockets.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';
import { callNumbers, lp64, type KernelPort } from '../../src/posix/index.js';

/** The lowest address that Linux lets a program map; small, so that addresses index the array here. */
const base = 0x10000;
const memoryBytes = 8 * 1024 * 1024;
const task = 1;
const numbers = callNumbers(lp64);
const requestBytes = 64;
/** Their arguments would be of the helper, not of the test. */
const notForwarded: ReadonlySet<number> = new Set([
  numbers.rt_sigaction,
  numbers.exit,
  numbers.exit_group,
]);

let helper: { readonly path: string } | { readonly reason: string } | undefined;

/** Why there is no oracle here; undefined when there is one. */
export function oracleMissing(): string | undefined {
  helper ??= build();
  return 'reason' in helper ? helper.reason : undefined;
}

function build(): { path: string } | { reason: string } {
  const compiler = ['gcc', 'cc', 'clang-22', 'clang'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (process.platform !== 'linux' || compiler === undefined)
    return { reason: 'no Linux with a C compiler' };
  const folder = mkdtempSync(join(tmpdir(), 'libos-oracle-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const rows = Object.entries(numbers).map(
    ([name, number]) => `[${number}] =\n#ifdef SYS_${name}\nSYS_${name},\n#else\n-1,\n#endif\n`,
  );
  writeFileSync(join(folder, 'calls.h'), rows.join(''));
  const path = join(folder, 'native-syscalls');
  const source = join(packageRoot, 'test/helpers/native-syscalls.c');
  const flags = [
    '-O1',
    '-Wno-override-init',
    `-I${folder}`,
    `-DBASE=${base}UL`,
    `-DBYTES=${memoryBytes}UL`,
  ];
  const built = spawnSync(compiler, [...flags, source, '-o', path], { encoding: 'utf8' });
  if (built.status !== 0) return { reason: `the oracle does not compile: ${built.stderr}` };
  const tried = spawnSync(path, ['/dev/null', '/dev/null'], { encoding: 'utf8' });
  return tried.status === 0 ? { path } : { reason: `no network namespace: ${tried.stderr.trim()}` };
}

export class NativePort implements KernelPort {
  readonly memory;
  onWake: KernelPort['onWake'] = () => undefined;
  onSignal: KernelPort['onSignal'] = () => undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'libos-native-'));
  readonly #child: ChildProcess;
  readonly #request: number;
  readonly #reply: number;
  readonly #header = new DataView(new ArrayBuffer(requestBytes));
  #allocated = base;

  constructor() {
    const missing = oracleMissing();
    if (missing !== undefined || helper === undefined || 'reason' in helper)
      throw new Error(missing);
    const bytes = new Uint8Array(base + memoryBytes);
    this.memory = { bytes, view: new DataView(bytes.buffer) };
    const [to, from] = [join(this.#folder, 'to'), join(this.#folder, 'from')];
    spawnSync('mkfifo', [to, from]);
    this.#child = spawn(helper.path, [to, from], { stdio: 'inherit' });
    this.#request = openSync(to, 'w');
    this.#reply = openSync(from, 'r');
  }

  alloc(sizeBytes: number): number {
    const address = this.#allocated;
    this.#allocated += (sizeBytes + 15) & ~15;
    return this.#allocated <= base + memoryBytes ? address : 0;
  }

  free(): void {
    // A test’s memory goes with the test.
  }

  syscall(_task: number, number: number, ...args: readonly number[]): number {
    if (notForwarded.has(number)) return 0;
    const used = this.#allocated - base;
    this.#header.setBigUint64(0, BigInt(number), true);
    args.forEach((value, i) => this.#header.setBigInt64(8 + 8 * i, BigInt(value), true));
    this.#header.setBigUint64(56, BigInt(used), true);
    this.#write(new Uint8Array(this.#header.buffer));
    this.#write(this.memory.bytes.subarray(base, base + used));
    const result = new Uint8Array(8);
    this.#read(result);
    this.#read(this.memory.bytes.subarray(base, base + used));
    return Number(new DataView(result.buffer).getBigInt64(0, true));
  }

  processCreate(): number {
    return task;
  }

  processExit(): void {
    closeSync(this.#request);
    closeSync(this.#reply);
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  signalTake(): number {
    return 0;
  }

  watch(): number {
    throw new Error('the oracle does not wait: use non-blocking sockets');
  }

  unwatch(): number {
    return 0;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength;) done += writeSync(this.#request, bytes, done);
  }

  #read(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength;) {
      const length = readSync(this.#reply, bytes, done, bytes.byteLength - done, null);
      if (length === 0) throw new Error('the oracle has died');
      done += length;
    }
  }
}
