// SPDX-License-Identifier: GPL-2.0-only

/** `libos demo`: two Linux hosts in this process, joined by a simulated wire; prints what they do. */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Command } from 'commander';
import { Kernel, type KernelChoice } from '../kernel/index.js';
import { parseSizeBytes } from '../units.js';
import { runDemo } from './demo/scenario.js';
import { bold, dim, green } from './terminal.js';

interface Options {
  readonly seed: string;
  readonly rate: string;
  readonly delay: string;
  readonly size: string;
  readonly pings: string;
  readonly pcap: string;
  readonly kernel?: string;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('two hosts on a simulated wire: addresses, pings, TCP, a capture')
    .option('--seed <seed>', 'what all randomness comes from', '1')
    .option('--rate <rate>', "the wire's rate", '100 Mbit/s')
    .option('--delay <duration>', "the wire's delay, one way", '5 ms')
    .option('--size <size>', 'how much TCP moves', '20 MB')
    .option('--pings <count>', 'pings to each address', '3')
    .option('--pcap <file>', 'where the capture goes', 'demo.pcapng')
    .option('--kernel <kernel>', 'which kernel: a name, a profile, a key or a file')
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const { seed, rate, delay, pcap } = options;
  const startMs = performance.now();
  const kernel = await Kernel.load(kernelChoice(options.kernel));
  const loadMs = performance.now() - startMs;
  say(
    `${bold(`Linux ${kernel.manifest.linux}`)}, profile ${kernel.manifest.profile}, seed ${seed}`,
  );
  say(`  compiled in ${milliseconds(loadMs)}`);
  await runDemo(
    {
      ...{ kernel, seed, rate, delay },
      transferBytes: parseSizeBytes(options.size, '--size'),
      pings: Math.max(1, Math.floor(Number(options.pings)) || 1),
      capturePath: pcap,
      wallMs: () => performance.now(),
    },
    {
      booted: (host, wallMs) => say(`  ${host.name} is up after ${milliseconds(wallMs)}`),
      wired: () => say(`\nA wire between them: ${rate}, ${delay} one way`),
      addressed: (host, timeNs, addresses) =>
        say(`${clock(timeNs)} ${host.name} has ${addresses.join(', ')}`),
      pinged: (timeNs, { bytes, from, sequence, hopLimit, roundTripNs }) => {
        const hops = hopLimit === undefined ? '' : ` ttl=${hopLimit}`;
        const time = (roundTripNs / 1e6).toFixed(3);
        say(
          `${clock(timeNs)} ${bytes} bytes from ${from}: icmp_seq=${sequence}${hops} time=${time} ms`,
        );
      },
      transferred: ({ timeNs, bytes, virtualSeconds, wallSeconds, events }) => {
        say(`${clock(timeNs)} TCP moved ${(bytes / 1e6).toFixed(1)} MB from alice to bob`);
        const indent = ' '.repeat(clockWidth);
        const virtual = rateOf(bytes, virtualSeconds);
        say(`${indent} in ${virtualSeconds.toFixed(3)} s of virtual time: ${virtual}`);
        const wall = rateOf(bytes, wallSeconds);
        const perSecond = Math.round(events / wallSeconds).toLocaleString('en');
        say(
          `${indent} in ${wallSeconds.toFixed(3)} s of wall time: ${wall}, ${perSecond} events/s`,
        );
      },
    },
  );
  say(`\n${green('✓')} all of it is in ${bold(pcap)}: open it with Wireshark`);
}

function kernelChoice(kernel: string | undefined): KernelChoice {
  if (kernel === undefined) return {};
  return /[/.]/.test(kernel) ? { path: kernel } : { name: kernel };
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
  const bitsPerSecond = (bytes * 8) / seconds;
  return bitsPerSecond >= 1e9
    ? `${(bitsPerSecond / 1e9).toFixed(2)} Gbit/s`
    : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
