// SPDX-License-Identifier: GPL-2.0-only

/**
 * A small world apart for tests and benchmarks: processes with network namespaces, a mount namespace and a PID
 * namespace of their own. Its first process waits for the end of a pipe that this process holds: when this one ends,
 * however it does, Linux ends all that is in there, and the interfaces go with it. Needs root.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/**
 * What the world's first process does. The old /proc still tells the number that it has outside; the shell waits for
 * cat, and reaps meanwhile whatever loses its parent. /run is the world's own: nothing there finds a daemon outside.
 */
const holderScript = `
set -e
read pid rest </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
ip link set lo up
echo $pid
cat >/dev/null
exit 0
`;

/** How long after its end a process's output is waited for. */
const lastWordsMs = 200;

export interface RunOptions {
  /** The network namespace, by its name; default: the first one, which has no name. */
  readonly net?: string | undefined;
  /** Added to the world's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** Default: 20 seconds; afterwards it is killed. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** The exit code; `null` after a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly timedOut: boolean;
}

export class Namespaces implements AsyncDisposable {
  /** A folder for the world's files; removed with it. */
  readonly folder: string;
  /** What every process in there gets as its environment. */
  readonly env: Record<string, string>;
  readonly #holder: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Of its first process, as it is called out here. */
  readonly #pid: number;
  readonly #running = new Set<Running>();

  private constructor(
    holder: ChildProcessByStdio<Writable, Readable, Readable>,
    pid: number,
    folder: string,
  ) {
    this.#holder = holder;
    this.#pid = pid;
    this.folder = folder;
    this.env = { PATH: searchPath(), HOME: folder, LC_ALL: 'C.UTF-8' };
  }

  /** @throws Error with unshare's words where namespaces cannot be made. */
  static async create(): Promise<Namespaces> {
    const holder = spawn(
      'unshare',
      [
        ...['--mount', '--net', '--pid', '--fork', '--kill-child', '--'],
        ...['sh', '-c', holderScript],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: searchPath() } },
    );
    const pid = await firstNumber(holder);
    return new Namespaces(holder, pid, mkdtempSync(join(tmpdir(), 'libos-world-')));
  }

  /** Another network namespace, with nothing in it: its loopback is down. */
  async addNetwork(net: string): Promise<void> {
    const file = this.#netFile(net);
    await this.check(['touch', file]);
    await this.check(['unshare', `--net=${file}`, 'true']);
  }

  /** The command line that runs `command` in there, for whoever spawns it by other means. */
  command(net: string | undefined, command: readonly string[]): string[] {
    const enter = ['nsenter', '-t', String(this.#pid), '--mount', '--pid'];
    return net === undefined
      ? [...enter, '--net', '--', ...command]
      : [...enter, '--', 'nsenter', `--net=${this.#netFile(net)}`, '--', ...command];
  }

  start(command: readonly string[], options: RunOptions = {}): Running {
    const running = new Running(this.command(options.net, command), this.#environment(options));
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    if (options.input !== undefined) running.write(options.input);
    return running;
  }

  /** Runs a command to its end. What it left running in the background keeps running. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const running = this.start(command, { input: '', ...options });
    running.closeInput();
    const timer = setTimeout(() => running.kill('SIGKILL'), options.timeoutMs ?? 20_000);
    const code = await running.ended;
    clearTimeout(timer);
    return { code, out: running.out, err: running.err, timedOut: running.killed };
  }

  /** Runs a command that must succeed, and returns what it printed. */
  async check(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.run(command, options);
    if (result.code === 0) return result.out;
    const how = result.timedOut ? 'took too long' : `ended with ${String(result.code)}`;
    throw new Error(`${command.join(' ')}: ${how}\n${result.err}${result.out}`);
  }

  /** Runs the lines of a shell script, which ends at the first that fails. */
  async script(lines: readonly string[], options: RunOptions = {}): Promise<string> {
    return await this.check(['sh', '-ec', lines.join('\n')], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = [...this.#running].map((running) => running.ended);
    if (this.#holder.exitCode === null) {
      const exit = once(this.#holder, 'exit');
      this.#holder.stdin.end();
      await exit;
    }
    await Promise.all(ended);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #netFile(net: string): string {
    return join(this.folder, `net-${net}`);
  }

  #environment({ env = {} }: RunOptions): Record<string, string> {
    const entries = Object.entries({ ...this.env, ...env });
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => !!entry[1]));
  }
}

/** A process in there, with what it has printed until now. */
export class Running {
  out = '';
  err = '';
  killed = false;
  /** Its exit code, `null` after a signal; never rejects. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<void>;
  readonly #listeners = new Set<() => void>();

  constructor(command: readonly string[], env: Record<string, string>) {
    // A process group of its own: a signal then reaches it through whatever entered the namespaces.
    this.#child = spawn(command[0]!, command.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env,
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.#tell();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      this.#tell();
    });
    this.#closed = new Promise((resolve) => this.#child.on('close', () => resolve()));
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.err += String(error);
        resolve(null);
      });
      // 'close' comes with the end of its output, but a daemon that it leaves behind may hold that open.
      this.#child.on('exit', (code) => setTimeout(() => resolve(code), lastWordsMs));
      this.#child.on('close', (code) => resolve(code));
    });
    void this.ended.then(() => this.#tell());
  }

  write(input: string | Uint8Array): void {
    this.#child.stdin.write(input);
  }

  closeInput(): void {
    this.#child.stdin.end();
  }

  /** Resolves with the match when what it printed matches. @throws Error when it ends or takes too long before. */
  async until(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    const deadlineMs = performance.now() + timeoutMs;
    while (true) {
      const match = pattern.exec(this.out + this.err);
      if (match !== null) return match;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0 || this.#child.exitCode !== null || this.#child.signalCode !== null) {
        const why = leftMs <= 0 ? `nothing in ${timeoutMs} ms` : 'ended';
        throw new Error(`waited for ${String(pattern)}: ${why}\n${this.out}${this.err}`);
      }
      await this.#change(leftMs);
    }
  }

  /** Sends a signal to it and to what it started. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.killed = true;
    try {
      process.kill(-this.#child.pid!, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Ends it and waits until nothing holds its output any more: what entered the namespaces ends before it does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), 3000);
    await this.#closed;
    clearTimeout(timer);
  }

  /** Resolves when it has printed more, has ended, or after the time. */
  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#listeners.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #tell(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

/** Daemons are in sbin, which the PATH of a user other than root lacks. */
function searchPath(): string {
  return `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
}

async function firstNumber(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
): Promise<number> {
  let text = '';
  let problem = '';
  return await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.endsWith('\n')) resolve(Number(text));
    });
    child.stderr.on('data', (data: Buffer) => (problem += data.toString()));
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`cannot make namespaces: ${problem.trim()}`)));
  });
}
