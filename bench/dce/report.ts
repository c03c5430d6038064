// SPDX-License-Identifier: GPL-2.0-only

/** What the benchmark reports, and the bars that its figures are held to. */
import type { HostsFigures } from './hosts.js';

interface FramesResult {
  readonly libosFramesPerSecond: number;
  readonly ns3FramesPerSecond: number;
  readonly ratio: number;
  readonly cpuRatio: number;
}

export interface Result {
  readonly bulk?: FramesResult;
  readonly chain64?: FramesResult & {
    /** This machine's own Linux with the same chain and no simulator, as fast as it can. */
    readonly nativeFramesPerSecond?: number;
    readonly nativeRatio?: number;
    readonly nativeNotMeasured?: string;
  };
  readonly pairs500?: {
    readonly libosSimSecondsPerSecond: number;
    readonly ns3SimSecondsPerSecond: number;
    readonly ratio: number;
    readonly cpuRatio: number;
  };
  readonly hosts?: HostsFigures & {
    /** Why there were fewer than asked for. */
    readonly limitedBy?: string;
  };
  readonly start100Seconds?: number;
}

export const bars = { bulk: 8, chain64: 8, pairs500: 5, hosts: 10_000, start100Seconds: 0.5 };

export function print({ bulk, chain64, pairs500, hosts, start100Seconds }: Result): string {
  const lines: string[] = [];
  const add = (name: string, figure: string, passed: boolean, bar: string): void => {
    lines.push(`${name.padEnd(24)} ${figure}  [${passed ? 'pass' : 'FAIL'}: ${bar}]`);
  };
  const frames = (name: string, each: FramesResult, bar: number): void => {
    const { libosFramesPerSecond, ns3FramesPerSecond, ratio, cpuRatio } = each;
    const figure = `${whole(libosFramesPerSecond)} frames/s, ns-3 ${whole(ns3FramesPerSecond)}: ${times(ratio)} (${times(cpuRatio)} by processor time)`;
    add(name, figure, ratio >= bar, `${bar} × ns-3`);
  };
  if (bulk) frames('one TCP flow', bulk, bars.bulk);
  if (chain64) {
    frames('chain of 64 hosts, UDP', chain64, bars.chain64);
    const { nativeFramesPerSecond, nativeRatio, nativeNotMeasured } = chain64;
    if (nativeFramesPerSecond !== undefined && nativeRatio !== undefined) {
      const native = `${whole(nativeFramesPerSecond)} frames/s: ${times(nativeRatio)}`;
      lines.push(`  this machine's own Linux, without a simulator: ${native}`);
    } else {
      lines.push(`  this machine's own Linux: not measured (${nativeNotMeasured ?? ''})`);
    }
  }
  if (pairs500) {
    const { libosSimSecondsPerSecond, ns3SimSecondsPerSecond, ratio, cpuRatio } = pairs500;
    const figure = `${libosSimSecondsPerSecond.toFixed(2)} simulated s/s, ns-3 ${ns3SimSecondsPerSecond.toFixed(2)}: ${times(ratio)} (${times(cpuRatio)} by processor time)`;
    add('500 pairs at 1 Mbit/s', figure, ratio >= bars.pairs500, `${bars.pairs500} × ns-3`);
  }
  if (hosts) {
    const { count, bytesPerHost, bootSeconds, pingSeconds, repliesMissing, limitedBy } = hosts;
    const missing = repliesMissing > 0 ? `, ${repliesMissing} without a reply` : '';
    const figure = `${whole(count)} with a ping each${missing}, ${(bytesPerHost / 2 ** 20).toFixed(2)} MiB each, up in ${bootSeconds.toFixed(1)} s, pinged in ${pingSeconds.toFixed(1)} s`;
    const passed = count >= bars.hosts && repliesMissing === 0;
    add('hosts in one process', figure, passed, `${whole(bars.hosts)} in 24 GiB`);
    if (limitedBy !== undefined) lines.push(`  not more: ${limitedBy}`);
  }
  if (start100Seconds !== undefined) {
    const bar = bars.start100Seconds;
    add('start of 100 hosts', `${start100Seconds.toFixed(3)} s`, start100Seconds < bar, `${bar} s`);
  }
  return `${lines.join('\n')}\n`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}
