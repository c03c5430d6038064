// SPDX-License-Identifier: GPL-2.0-only

/** What memory this process takes: proc_pid_smaps_rollup(5). */
import { readFileSync } from 'node:fs';

export interface ProcessMemory {
  /** Resident: pages that are mapped twice count twice. */
  readonly rssBytes: number;
  /** Proportional: a page is shared out among its mappings, here and in other processes. */
  readonly pssBytes: number;
}

export function processMemory(): ProcessMemory {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { rssBytes: field('Rss'), pssBytes: field('Pss') };
}
