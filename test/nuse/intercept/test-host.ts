// SPDX-License-Identifier: GPL-2.0-only

/**
 * A host of the library for tests of the interception: a folder of its own for its control socket, a configuration
 * without NICs, and the programs that are run on it. Nothing leaves the machine's loopback, and all ends with it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ownPrefix, type Prefix } from '../../../src/native/prefix.js';
import { packageRoot } from '../../../src/package-root.js';

/** The library's TTL, by which a program can tell whose stack it is on; the machine's is another. */
export const libraryTtl = 77;

const outputAfterEndMs = 1000;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export class TestHost implements AsyncDisposable {
  readonly folder: string;
  readonly prefix: Prefix;
  readonly env: Record<string, string>;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'libos-host-'));
    this.prefix = ownPrefix();
    const config = join(this.folder, 'host.toml');
    const kernel = process.env['LIBOS_TEST_NATIVE'];
    const chosen = kernel === undefined ? '' : `[kernel]\npath = "${kernel}"\n`;
    writeFileSync(
      config,
      `nics = []\n${chosen}[sysctl]\nnet.ipv4.ip_default_ttl = ${libraryTtl}\n`,
    );
    const { PATH = '', HOME = '' } = process.env;
    this.env = {
      PATH,
      HOME,
      XDG_RUNTIME_DIR: this.folder,
      LIBOS_CONFIG: config,
      LC_ALL: 'C.UTF-8',
    };
    if (process.env['LIBOS_CACHE']) this.env['LIBOS_CACHE'] = process.env['LIBOS_CACHE'];
  }

  /** The broker's log. */
  log(name = 'default'): string {
    return readFileSync(join(this.folder, 'libos', `${name}.log`), 'utf8');
  }

  /** A C program of the folder beside this file, compiled; its path. */
  compile(name: string, ...options: string[]): string {
    const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
    const program = join(this.folder, `${name}${options.join('')}`);
    const { status, stderr } = spawnSync(
      'cc',
      ['-D_GNU_SOURCE', '-O1', '-Wall', '-pthread', ...options, '-o', program, source],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`cc: ${stderr}`);
    return program;
  }

  start(command: readonly string[], { env = {} }: RunOptions = {}): ChildProcess {
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
    return child;
  }

  /** Runs a command to its end, as it is. */
  async exec(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await outcomeOf(this.start(command, options), options.timeoutMs);
  }

  /** Runs one on the host. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await this.exec([this.prefix.launcher, 'run', '--', ...command], options);
  }

  /** The command `libos`, compiled. */
  async libos(...args: string[]): Promise<Outcome> {
    return await this.exec([process.execPath, join(packageRoot, 'dist/src/cli/main.js'), ...args]);
  }

  async brokerPid(name = 'default'): Promise<number> {
    const { out } = await this.libos('status', name, '--json');
    return (JSON.parse(out) as { readonly pid: number }).pid;
  }

  /** A folder under the host's own. */
  subfolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.libos('down', '--all');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a child prints, and how it ends. @throws Error after `timeoutMs`, by default 15 s. */
export async function outcomeOf(child: ChildProcess, timeoutMs = 15_000): Promise<Outcome> {
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    child.kill('SIGKILL');
  }, timeoutMs);
  const closed = once(child, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  // What it has printed may come after its end, and what it leaves in the background may hold its output open.
  await Promise.race([closed, sleep(outputAfterEndMs)]);
  if (late.signal.aborted) throw new Error(`still running after ${timeoutMs} ms:\n${out}${err}`);
  return { code, out, err };
}
