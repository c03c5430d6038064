// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- kernel [--json] [--kernel NAME|FILE]`: what a kernel costs to load, boot, clone and snapshot,
 * and how fast TCP goes between two hosts on one core, beside native Linux on the same core in the same run.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kernel } from '../src/kernel/index.js';
import { measureHosts } from './kernel/hosts.js';
import { measureNative } from './kernel/native.js';
import { measureTcp, type TcpFigures } from './kernel/tcp.js';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, kernel: { type: 'string' } },
});

/** One core for everything that is compared. */
const core = '0';
const pinned = 'LIBOS_BENCH_PINNED';
if (process.env[pinned] === undefined) {
  const command = ['-c', core, process.execPath, fileURLToPath(import.meta.url)];
  const { status } = spawnSync('taskset', [...command, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [pinned]: core },
  });
  process.exit(status ?? 1);
}

const startMs = performance.now();
const choice = values.kernel;
const kernel = await Kernel.load(
  choice === undefined ? {} : /[/.]/.test(choice) ? { path: choice } : { name: choice },
);
const loadMs = performance.now() - startMs;
const hosts = measureHosts(kernel);
const tcp = {
  offloads: await measureTcp(kernel, true),
  plain: await measureTcp(kernel, false),
};
const native = measureNative(core);
const ratios = {
  offloads: ratio(tcp.offloads, native.offloadsBitsPerSecond),
  plain: ratio(tcp.plain, native.plainBitsPerSecond),
};
const { linux, profile } = kernel.manifest;
const result = { kernel: { linux, profile }, loadMs, ...hosts, tcp, native, ratios };

if (values.json) {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} else {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const gbit = (value: number | undefined): string =>
    value === undefined ? 'not measured' : `${(value / 1e9).toFixed(2)} Gbit/s`;
  const tcpLine = (figures: TcpFigures): string => {
    const frames = Math.round(figures.framesPerSecond).toLocaleString('en');
    return `${gbit(figures.bitsPerSecond)}, ${frames} frames/s`;
  };
  const percent = (value: number | undefined): string =>
    value === undefined ? '' : ` (${(value * 100).toFixed(0)} % of native)`;
  const lines = [
    `Linux ${linux}, profile ${profile}, one core`,
    `load and compile          ${ms(loadMs)}`,
    `boot                      ${ms(hosts.bootMs)}  (median of ${hosts.samples})`,
    `clone of a booted host    ${ms(hosts.cloneMs)}`,
    `snapshot, restore         ${ms(hosts.snapshotMs)}, ${ms(hosts.restoreMs)}`,
    `memory of a cloned host   ${(hosts.bytesPerHost / 2 ** 20).toFixed(2)} MiB`,
    `TCP, all offloads         ${tcpLine(tcp.offloads)}${percent(ratios.offloads)}`,
    `  native veth, offloads   ${gbit(native.offloadsBitsPerSecond)}`,
    `TCP, MTU 1500, none       ${tcpLine(tcp.plain)}${percent(ratios.plain)}`,
    `  native veth, none       ${gbit(native.plainBitsPerSecond)}`,
    ...(native.reason === undefined ? [] : [`native not measured: ${native.reason}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function ratio(ours: TcpFigures, nativeBitsPerSecond: number | undefined): number | undefined {
  return nativeBitsPerSecond === undefined ? undefined : ours.bitsPerSecond / nativeBitsPerSecond;
}
