// SPDX-License-Identifier: GPL-2.0-only
/** Builds and starts `syscall-server`, and speaks its protocol to one of its processes. Used by native-port.ts. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callNumbers, lp64 } from '../../../src/posix/index.js';

const source = fileURLToPath(new URL('syscall-server.c', import.meta.url));
const patienceMs = 10_000;
const requestHeadBytes = 64;
const answerHeadBytes = 16;

export const operation = { call: 0, fork: 1, exit: 2, takeSignal: 3 } as const;

let built: string | undefined;

/** The program, compiled once in this process. */
function program(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), 'libos-conformance-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Only what this machine's headers have; a slot of 0 is a call that it has not.
  const table = Object.entries(callNumbers(lp64)).map(
    ([name, number]) => `#ifdef SYS_${name}\n[${number}] = SYS_${name} + 1,\n#endif\n`,
  );
  writeFileSync(join(folder, 'call-table.h'), table.join(''));
  const path = join(folder, 'syscall-server');
  const flags = ['-O1', '-Wall', '-Werror', '-fPIE', '-pie', `-I${folder}`, '-o', path, source];
  const { status, stderr, error } = spawnSync('gcc', flags, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`gcc cannot build ${source}: ${error?.message ?? stderr}`);
  }
  built = path;
  return path;
}

/** The first process: in its own network, mount and host name namespaces, with no descriptors but /dev/null. */
export function startServer(): { folder: string; root: Channel; stop: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'libos-native-'));
  const server = spawn(program(), [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const root = new Channel(folder, 0, server);
  const stop = (): void => {
    root.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, root, stop };
}

/** The FIFOs of one process. */
export class Channel {
  readonly #to: number;
  readonly #from: number;
  readonly #head = new DataView(new ArrayBuffer(requestHeadBytes + 8));
  #open = true;

  constructor(folder: string, task: number, server?: ChildProcess) {
    this.#to = openWhenRead(join(folder, `${task}.in`), server);
    this.#from = openSync(join(folder, `${task}.out`), 'r');
  }

  /** Sends `memory` along and reads it back, changed. */
  request(
    op: number,
    number: number,
    args: readonly number[],
    memory: Uint8Array,
  ): { result: number; signals: boolean } {
    const head = this.#head;
    head.setUint32(0, op, true);
    head.setInt32(4, number, true);
    for (let i = 0; i < 6; i++) head.setBigInt64(8 + 8 * i, BigInt(args[i] ?? 0), true);
    head.setBigUint64(56, BigInt(memory.byteLength), true);
    this.#write(new Uint8Array(head.buffer, 0, requestHeadBytes));
    this.#write(memory);
    this.#read(new Uint8Array(head.buffer, 0, answerHeadBytes));
    this.#read(memory);
    return {
      result: Number(head.getBigInt64(0, true)),
      signals: head.getBigInt64(8, true) !== 0n,
    };
  }

  /** Ends the process; returns when its descriptors are closed. */
  exit(status: number): void {
    if (!this.#open) return;
    const head = this.#head;
    for (let i = 0; i < requestHeadBytes; i++) head.setUint8(i, 0);
    head.setUint32(0, operation.exit, true);
    head.setUint32(8, status, true);
    this.#write(new Uint8Array(head.buffer, 0, requestHeadBytes));
    while (readSync(this.#from, new Uint8Array(1)) !== 0);
    this.close();
  }

  /** A process that nobody can speak to ends too. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#to);
    closeSync(this.#from);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) at += writeSync(this.#to, bytes, at);
  }

  #read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const n = readSync(this.#from, bytes, at, bytes.byteLength - at, null);
      if (n === 0) throw new Error('the native process has died');
      at += n;
    }
  }
}

/** Opens a FIFO for writing once somebody reads it. */
function openWhenRead(path: string, server?: ChildProcess): number {
  const { O_WRONLY, O_NONBLOCK } = constants;
  for (let waitedMs = 0; ; waitedMs++) {
    try {
      closeSync(openSync(path, O_WRONLY | O_NONBLOCK));
      return openSync(path, 'w');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENXIO') throw error;
    }
    if (waitedMs > patienceMs || (server !== undefined && server.pid === undefined)) {
      throw new Error('syscall-server does not start; its message is on standard error');
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}
