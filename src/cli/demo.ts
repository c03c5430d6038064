// SPDX-License-Identifier: GPL-2.0-only

/** `libos demo`: two TCP senders share a lossy bottleneck in a simulation; prints what they do, and a plot of it. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Command } from 'commander';
import { Kernel, type KernelChoice } from '../kernel/index.js';
import { describeFlows, plotFlows } from './demo/report.js';
import { runDemo, type DemoResult } from './demo/scenario.js';
import { bold, dim, green } from './terminal.js';

interface Options {
  readonly seed: string;
  readonly rate: string;
  readonly delay: string;
  readonly queue: string;
  readonly loss: string;
  readonly time: string;
  readonly pings: string;
  readonly pcap: string;
  readonly trace?: string;
  readonly kernel?: string;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'five hosts, a lossy bottleneck: addresses, pings, TCP cubic against BBR, a capture',
    )
    .option('--seed <seed>', 'what all randomness comes from', '1')
    .option('--rate <rate>', "the bottleneck's rate", '20 Mbit/s')
    .option('--delay <duration>', "the bottleneck's delay, one way", '20 ms')
    .option('--queue <queue>', 'what waits in front of it', '100 packets')
    .option('--loss <probability>', 'of each frame on it', '0.0002')
    .option('--time <duration>', 'how long the senders send', '10 s')
    .option('--pings <count>', 'pings to each address', '2')
    .option('--pcap <file>', 'where the capture goes', 'demo.pcapng')
    .option('--trace <folder>', 'where the time series go, as CSV and JSON')
    .option('--kernel <kernel>', 'which kernel: a name, a profile, a key or a file')
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const { seed, rate, delay, queue, loss, pcap, trace } = options;
  const startMs = performance.now();
  const kernel = await Kernel.load(kernelChoice(options.kernel));
  const loadMs = performance.now() - startMs;
  const { linux, profile } = kernel.manifest;
  say(`${bold(`Linux ${linux}`)}, profile ${profile}, seed ${seed}`);
  say(`  compiled in ${milliseconds(loadMs)}`);
  say('\n  alice ─┐');
  say('         ├─ west ══ east ── bob');
  say('  carol ─┘');
  say(dim(`  west to east: ${rate}, ${delay} one way, a queue of ${queue}, loss ${loss}\n`));
  await runDemo(
    {
      ...{ kernel, seed, capturePath: pcap, tracePath: trace, duration: options.time },
      bottleneck: { rate, delay, queue: queueOf(queue), loss: Number(loss) },
      pings: Math.max(1, Math.floor(Number(options.pings)) || 1),
      wallMs: () => performance.now(),
    },
    {
      booted: (hosts, wallMs) =>
        say(`${hosts.length} hosts are up after ${milliseconds(wallMs)} of wall time`),
      addressed: (host, addresses) => say(`  ${host.name.padEnd(6)} ${addresses.join('  ')}`),
      detected: (host, address, timeNs) => {
        const what = `${host.name} has ${address}, too: duplicate address detection found nobody`;
        say(`\n${clock(timeNs)} ${what}`);
      },
      pinged: (timeNs, { bytes, from, sequence, hopLimit, roundTripNs }) => {
        const hops = hopLimit === undefined ? '' : ` ttl=${hopLimit}`;
        const time = (roundTripNs / 1e6).toFixed(3);
        const what = `${bytes} bytes from ${from}: icmp_seq=${sequence}${hops} time=${time} ms`;
        say(`${clock(timeNs)} ${what}`);
      },
      flowing: (timeNs) => say(`${clock(timeNs)} alice and carol begin to send to bob\n`),
      ended: (result) => sayResult(result, options),
    },
  );
}

function sayResult(result: DemoResult, { pcap, trace, seed }: Options): void {
  for (const line of describeFlows(result)) say(line);
  say('');
  for (const line of plotFlows(result)) say(line);
  const { virtualSeconds, wallSeconds, events, flows } = result;
  const bytes = flows.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
  const perSecond = Math.round(events / wallSeconds).toLocaleString('en');
  say(`\nTCP moved ${(bytes / 1e6).toFixed(1)} MB, ${perSecond} events/s`);
  say(`  in ${virtualSeconds.toFixed(3)} s of virtual time: ${rateOf(bytes, virtualSeconds)}`);
  say(`  in ${wallSeconds.toFixed(3)} s of wall time: ${rateOf(bytes, wallSeconds)}`);
  say(`\n${green('✓')} all of it is in ${bold(pcap)}: open it with Wireshark`);
  if (trace !== undefined) say(`${green('✓')} the time series are in ${bold(trace)}`);
  say(`seed ${seed}, digest ${bold(result.digest)}: who runs this with this kernel gets the same`);
}

function kernelChoice(kernel: string | undefined): KernelChoice {
  if (kernel === undefined) return {};
  return /[/.]/.test(kernel) ? { path: kernel } : { name: kernel };
}

/** "100" is a number of packets, all else has its unit. */
function queueOf(queue: string): string | number {
  return /^\d+$/.test(queue) ? Number(queue) : queue;
}

const clockWidth = 12;

/** Virtual time, as wide as any. */
function clock(timeNs: number): string {
  return dim(`${(timeNs / 1e9).toFixed(6)} s`.padStart(clockWidth));
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

function rateOf(bytes: number, seconds: number): string {
  return `${((bytes * 8) / seconds / 1e6).toFixed(1)} Mbit/s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
