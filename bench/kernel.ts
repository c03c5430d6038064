// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- kernel [--json] [--kernel NAME|FILE]`: what hosts cost in both profiles, and how fast the
 * profile full (or the kernel named) moves data between two of them on one core, beside native Linux on the same
 * core in the same run. Each part has a process of its own, so that none finds the compiler warmed by another.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { locateKernel, type KernelChoice } from '../kernel/build/locate.js';
import { Kernel } from '../src/kernel/index.js';
import { readOptions } from './lib/options.js';
import { measureHosts, quicker, type HostFigures } from './kernel/hosts.js';
import { betterNative, measureNative, type NativeFigures } from './kernel/native.js';
import { printReport, type KernelReport, type Compared } from './kernel/report.js';
import { measureStream, type StreamFigures } from './kernel/stream.js';
import { datagramBytes, measureUdp } from './kernel/udp.js';

const values = readOptions({
  json: { type: 'boolean' },
  kernel: { type: 'string' },
  part: { type: 'string' },
});

/** One core for everything that is compared. */
const core = '0';
/** How often both sides are measured, one after the other. */
const turns = 3;

type Part = 'hosts' | 'tcp' | 'plain' | 'digest' | 'mptcp' | 'sctp' | 'udp';

const choice: KernelChoice | undefined =
  values.kernel === undefined
    ? undefined
    : /[/.]/.test(values.kernel)
      ? { path: values.kernel }
      : { name: values.kernel };

if (values.part !== undefined) {
  const kernel = await Kernel.load(choice ?? { name: 'full' });
  process.stdout.write(JSON.stringify(await measure(values.part as Part, kernel)));
} else {
  const report = measureAll();
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else printReport(report);
}

async function measure(part: Part, kernel: Kernel): Promise<unknown> {
  switch (part) {
    case 'hosts':
      return measureHosts(kernel);
    case 'tcp':
      return measureStream(kernel, 'tcp', { withOffloads: true });
    case 'plain':
      return measureStream(kernel, 'tcp', { withOffloads: false });
    case 'digest':
      return measureStream(kernel, 'tcp', { withOffloads: false, digest: 'headers' });
    case 'mptcp':
    case 'sctp':
      return measureStream(kernel, part, { withOffloads: true });
    case 'udp':
      return measureUdp(kernel);
  }
}

function measureAll(): KernelReport {
  const name = values.kernel ?? 'full';
  const file = locateKernel(choice ?? { name }).wasmPath;
  const [digest, mptcp, sctp] = (['digest', 'mptcp', 'sctp'] as const).map(
    (part) => inChild(part, name) as StreamFigures,
  );
  const all = Array.from({ length: turns }, () => measureTurn(name));
  const { full, sim, tcp, plain, udpPacketsPerSecond, native } = all.reduce(better);
  return {
    kernel: name,
    boot: {
      fullMs: full.bootMs,
      simMs: sim.bootMs,
      firstFullMs: full.firstBootMs,
      firstSimMs: sim.firstBootMs,
    },
    cloneMs: sim.cloneMs,
    usedCloneMs: sim.usedCloneMs,
    pageFaultUs: sim.pageFaultUs,
    snapshotMs: sim.snapshotMs,
    restoreMs: sim.restoreMs,
    rssPerHostBytes: { full: full.rssPerHostBytes, sim: sim.rssPerHostBytes },
    pssPerHostBytes: { full: full.pssPerHostBytes, sim: sim.pssPerHostBytes },
    idleWakeUps: sim.idleWakeUps,
    wasmGzipBytes: gzipSync(readFileSync(file), { level: 9 }).length,
    tcpOffload: compared(tcp, native.offloadsBitsPerSecond),
    tcpPlain: {
      ...compared(plain, native.plainBitsPerSecond),
      withDigestBitsPerSecond: digest!.bitsPerSecond,
    },
    mptcpOffload: { libosBitsPerSecond: mptcp!.bitsPerSecond },
    sctpOffload: { libosBitsPerSecond: sctp!.bitsPerSecond },
    udp: {
      datagramBytes,
      libosPacketsPerSecond: udpPacketsPerSecond,
      ...(native.udpPacketsPerSecond === undefined
        ? {}
        : {
            nativePacketsPerSecond: native.udpPacketsPerSecond,
            ratio: udpPacketsPerSecond / native.udpPacketsPerSecond,
          }),
    },
    ...(native.reason === undefined ? {} : { nativeNotMeasured: native.reason }),
  };
}

interface Turn {
  readonly full: HostFigures;
  readonly sim: HostFigures;
  readonly tcp: StreamFigures;
  readonly plain: StreamFigures;
  readonly udpPacketsPerSecond: number;
  readonly native: NativeFigures;
}

function measureTurn(name: string): Turn {
  return {
    full: inChild('hosts', name) as HostFigures,
    sim: inChild('hosts', 'sim') as HostFigures,
    tcp: inChild('tcp', name) as StreamFigures,
    plain: inChild('plain', name) as StreamFigures,
    udpPacketsPerSecond: inChild('udp', name) as number,
    native: measureNative(core, datagramBytes),
  };
}

/** Each figure's best: the rest is what else the machine did, on either side. */
function better(before: Turn, now: Turn): Turn {
  return {
    full: quicker(before.full, now.full),
    sim: quicker(before.sim, now.sim),
    tcp: faster(before.tcp, now.tcp),
    plain: faster(before.plain, now.plain),
    udpPacketsPerSecond: Math.max(before.udpPacketsPerSecond, now.udpPacketsPerSecond),
    native: betterNative(before.native, now.native),
  };
}

function faster(a: StreamFigures, b: StreamFigures): StreamFigures {
  return b.bitsPerSecond > a.bitsPerSecond ? b : a;
}

function compared(ours: StreamFigures, nativeBitsPerSecond: number | undefined): Compared {
  const { bitsPerSecond: libosBitsPerSecond, framesPerSecond } = ours;
  return {
    libosBitsPerSecond,
    framesPerSecond,
    ...(nativeBitsPerSecond === undefined
      ? {}
      : { nativeBitsPerSecond, ratio: libosBitsPerSecond / nativeBitsPerSecond }),
  };
}

/** A part, on the core. */
function inChild(part: Part, kernel: string): unknown {
  if (process.stderr.isTTY) process.stderr.write(`${kernel}: ${part} …\n`);
  const self = fileURLToPath(import.meta.url);
  const args = ['-c', core, process.execPath, self, '--part', part, '--kernel', kernel];
  const { status, stdout, error } = spawnSync('taskset', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${part} of ${kernel} ended with ${String(status)}`);
  return JSON.parse(stdout);
}
