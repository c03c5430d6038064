// SPDX-License-Identifier: GPL-2.0-only

/** A host with nothing but loopback, and a broker for it in the test's own process: what programs run on here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { NativeHost } from '../../../src/native/native-host.js';
import { NativeKernel } from '../../../src/native/native-kernel.js';
import { ownPrefix } from '../../../src/native/prefix.js';
import { Reactor } from '../../../src/native/reactor.js';
import { RealTimeline } from '../../../src/native/real-timeline.js';
import { Broker } from '../../../src/nuse/broker/broker.js';
import { hostFile } from '../../../src/nuse/broker/runtime.js';
import { openSockets } from '../../../src/nuse/sockets/index.js';
import type { PosixHost } from '../../../src/posix/index.js';

export interface Outcome {
  /** The exit code, or the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LoopbackHost {
  readonly posix: PosixHost;
  /** Sockets that programs have open. */
  readonly socketCount: number;
  /** What the broker would write to its log. */
  readonly log: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly launcher: string;
  /** Runs a program on the library's stack. */
  run(...command: readonly string[]): Promise<Outcome>;
  close(): Promise<void>;
}

const runMsMax = 30_000;

export function loopbackHost(onLine: (line: string) => void = () => undefined): LoopbackHost {
  const folder = mkdtempSync(join(tmpdir(), 'libos-sockets-'));
  const environment = { ...process.env, XDG_RUNTIME_DIR: folder };
  const { launcher } = ownPrefix();
  const reactor = new Reactor();
  const timeline = new RealTimeline({ reactor });
  const path = process.env['LIBOS_TEST_NATIVE'];
  const kernel = NativeKernel.load(path === undefined ? {} : { path });
  const log: string[] = [];
  const say = (line: string): void => {
    log.push(line);
    onLine(line);
  };
  const native = new NativeHost({
    kernel,
    timeline,
    memoryMax: '256 MiB',
    onWarning: ({ message }) => say(message),
    onDeath: ({ message }) => say(message),
  });
  const { posix } = native;
  const sockets = openSockets({ posix, reactor, log: say });
  const broker = new Broker({
    name: 'default',
    socketPath: hostFile('default', '.sock', environment),
    reactor,
    host: {
      handlers: sockets.handlers,
      status: () => ({}),
      close: () => {
        sockets.close();
        return Promise.resolve();
      },
    },
    guardian: { add: () => undefined },
    onDemand: false,
    log: say,
  });
  return {
    posix,
    log,
    environment,
    launcher,
    get socketCount() {
      return sockets.count;
    },
    run: (...command) => runProgram(launcher, ['run', '--', ...command], environment),
    async close() {
      await broker.close();
      native.close();
      timeline.close();
      reactor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  const limit = setTimeout(() => child.kill('SIGKILL'), runMsMax);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(limit);
  return { status: code ?? signal!, stdout, stderr };
}
