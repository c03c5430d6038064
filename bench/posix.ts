// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- posix [--json] [--kernel NAME|FILE] [--idle CONNECTIONS]`: what system calls, wake-ups and
 * connections cost, beside native Linux on the same core in the same run.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Kernel } from '../src/kernel/index.js';
import { readOptions } from './lib/options.js';
import { better } from './posix/best.js';
import { createHost } from './posix/bench-host.js';
import { measureCalls } from './posix/calls.js';
import { measureConnections, measureIdle } from './posix/connections.js';
import { betterNative, measureNative } from './posix/native.js';

const values = readOptions({
  json: { type: 'boolean' },
  kernel: { type: 'string' },
  idle: { type: 'string', default: '100000' },
});

/** One core for everything that is compared. */
const core = '0';
const pinned = 'LIBOS_BENCH_PINNED';
if (process.env[pinned] === undefined) {
  const node = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
  const { status } = spawnSync('taskset', ['-c', core, ...node, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [pinned]: core },
  });
  process.exit(status ?? 1);
}

const choice = values.kernel;
const kernel = await Kernel.load(
  choice === undefined ? {} : /[/.]/.test(choice) ? { path: choice } : { name: choice },
);
/** Twice in turns, each with its best: whatever else the machine does falls on both. */
const turns = [await measureTurn(), await measureTurn()] as const;
const calls = better(turns[0].calls, turns[1].calls, Math.min);
const connectionsPerSecond = Math.max(...turns.map(({ connections }) => connections));
const native = betterNative(turns[0].native, turns[1].native);
const idle = measureIdle(createHost(kernel, '3 GiB'), Number(values.idle));

async function measureTurn() {
  return {
    calls: await measureCalls(createHost(kernel, '64 MiB')),
    connections: measureConnections(createHost(kernel, '256 MiB')),
    native: measureNative(core),
  };
}

interface Compared {
  readonly libos: number;
  readonly native?: number;
  /** Above 1 the library is the better. */
  readonly ratio?: number;
}

function cost(libos: number, name: string): Compared {
  const other = native.figures[name];
  return other === undefined ? { libos } : { libos, native: other, ratio: other / libos };
}

function rate(libos: number, name: string): Compared {
  const other = native.figures[name];
  return other === undefined ? { libos } : { libos, native: other, ratio: libos / other };
}

const { linux, profile } = kernel.manifest;
const result = {
  kernel: { linux, profile },
  getsocknameNs: calls.getsocknameNs,
  getsocknameRawNs: calls.getsocknameRawNs,
  getsocknameNativeNs: native.figures['getsockname'],
  udpLoopbackNs: cost(calls.udpLoopbackNs, 'udpLoopback'),
  epollWakeNs: cost(calls.epollWakeNs, 'epollWake'),
  blockingReadNs: cost(calls.blockingReadNs, 'blockingRead'),
  connectionsPerSecond: rate(connectionsPerSecond, 'connections'),
  idleConnections: idle.connections,
  idleConnectionBytes: idle.bytesPerConnection,
  ...(native.reason === undefined ? {} : { nativeMissing: native.reason }),
};

if (values.json) {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} else {
  const ns = (value: number | undefined): string =>
    value === undefined ? 'not measured' : `${value.toFixed(0)} ns`;
  const compared = ({ libos, native, ratio }: Compared, unit: string): string =>
    native === undefined
      ? `${libos.toFixed(0)} ${unit}`
      : `${libos.toFixed(0)} ${unit}  (native ${native.toFixed(0)}, ${ratio!.toFixed(2)} × native)`;
  const lines = [
    `Linux ${linux}, profile ${profile}, one core`,
    `getsockname               ${ns(result.getsocknameNs)}, bare ${ns(result.getsocknameRawNs)}  (native ${ns(result.getsocknameNativeNs)})`,
    `UDP send + receive, 1 B   ${compared(result.udpLoopbackNs, 'ns')}`,
    `epoll wake-up             ${compared(result.epollWakeNs, 'ns')}`,
    `blocking read resumed     ${compared(result.blockingReadNs, 'ns')}`,
    `connections               ${compared(result.connectionsPerSecond, '/s')}`,
    `idle connection           ${idle.bytesPerConnection} bytes for both ends, with ${idle.connections} of them`,
    ...(native.reason === undefined ? [] : [`native not measured: ${native.reason}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
