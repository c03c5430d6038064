// SPDX-License-Identifier: GPL-2.0-only

/** The figures of the kernel benchmark, for machines and for people. */
import process from 'node:process';

export interface Compared {
  readonly libosBitsPerSecond: number;
  readonly framesPerSecond: number;
  readonly nativeBitsPerSecond?: number;
  readonly ratio?: number;
}

export interface KernelReport {
  /** Which one carries the traffic, and is "full" below. */
  readonly kernel: string;
  readonly boot: {
    readonly fullMs: number;
    readonly simMs: number;
    /** The first in a process: it compiles what Linux runs. */
    readonly firstFullMs: number;
    readonly firstSimMs: number;
  };
  readonly cloneMs: number;
  readonly usedCloneMs: number;
  /** What the machine takes for a page fault, which is much of a clone and of a boot. */
  readonly pageFaultUs: number;
  readonly snapshotMs: number;
  readonly restoreMs: number;
  readonly rssPerHostBytes: { readonly full: number; readonly sim: number };
  readonly pssPerHostBytes: { readonly full: number; readonly sim: number };
  readonly idleWakeUps: number;
  readonly wasmGzipBytes: number;
  readonly tcpOffload: Compared;
  /** Also while the simulation keeps its digest, which it does by default. */
  readonly tcpPlain: Compared & { readonly withDigestBitsPerSecond: number };
  readonly mptcpOffload: { readonly libosBitsPerSecond: number };
  readonly sctpOffload: { readonly libosBitsPerSecond: number };
  readonly udp: {
    readonly datagramBytes: number;
    readonly libosPacketsPerSecond: number;
    readonly nativePacketsPerSecond?: number;
    readonly ratio?: number;
  };
  readonly nativeNotMeasured?: string;
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;
const mebibytes = (value: number): string => `${(value / 2 ** 20).toFixed(2)} MiB`;
const gbit = (value: number | undefined): string =>
  value === undefined ? 'not measured' : `${(value / 1e9).toFixed(2)} Gbit/s`;
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const beside = (ratio: number | undefined): string =>
  ratio === undefined ? '' : ` (${ratio.toFixed(2)} × native)`;

export function printReport(report: KernelReport): void {
  const { boot, rssPerHostBytes: rss, pssPerHostBytes: pss, tcpOffload, tcpPlain, udp } = report;
  const lines = [
    `kernel ${report.kernel} beside sim, one core`,
    `boot, full / sim          ${ms(boot.fullMs)} / ${ms(boot.simMs)}`,
    `  the first in a process  ${ms(boot.firstFullMs)} / ${ms(boot.firstSimMs)}`,
    `clone of a booted host    ${ms(report.cloneMs)}  (sim)`,
    `  with its loopback up    ${ms(report.usedCloneMs)}`,
    `  a page fault here       ${report.pageFaultUs.toFixed(2)} µs`,
    `snapshot, restore         ${ms(report.snapshotMs)}, ${ms(report.restoreMs)}  (sim)`,
    `memory, full / sim        ${mebibytes(rss.full)} / ${mebibytes(rss.sim)} a host`,
    `  shared pages once       ${mebibytes(pss.full)} / ${mebibytes(pss.sim)} a host`,
    `idle wake-ups             ${report.idleWakeUps} in 100 s  (sim)`,
    `kernel.wasm gzipped       ${(report.wasmGzipBytes / 1e6).toFixed(2)} MB`,
    `TCP, all offloads         ${gbit(tcpOffload.libosBitsPerSecond)}${beside(tcpOffload.ratio)}`,
    `  native veth             ${gbit(tcpOffload.nativeBitsPerSecond)}`,
    `TCP, MTU 1500, none       ${gbit(tcpPlain.libosBitsPerSecond)}, ${whole(tcpPlain.framesPerSecond)} frames/s${beside(tcpPlain.ratio)}`,
    `  native veth             ${gbit(tcpPlain.nativeBitsPerSecond)}`,
    `  with a digest           ${gbit(tcpPlain.withDigestBitsPerSecond)}`,
    `MPTCP, SCTP, offloads     ${gbit(report.mptcpOffload.libosBitsPerSecond)}, ${gbit(report.sctpOffload.libosBitsPerSecond)}`,
    `UDP, ${udp.datagramBytes} bytes             ${whole(udp.libosPacketsPerSecond)} /s${beside(udp.ratio)}`,
    ...(udp.nativePacketsPerSecond === undefined
      ? []
      : [`  native veth             ${whole(udp.nativePacketsPerSecond)} /s`]),
    ...(report.nativeNotMeasured === undefined
      ? []
      : [`native not measured: ${report.nativeNotMeasured}`]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
