// SPDX-License-Identifier: GPL-2.0-only

/** How long `libos run -- true` takes over `true` alone, with the broker down and up. */
import { median } from './figures.js';
import type { LibosSide } from './libos-side.js';
import { cores, onCore } from './side.js';

export interface StartMs {
  /** The broker is started for it, with its kernel and its TAP. */
  readonly down: number;
  readonly up: number;
}

export async function measureStart(side: LibosSide, quick: boolean): Promise<StartMs> {
  const alone = await timeMs(side, onCore(cores.host, ['true']), quick ? 20 : 50);
  const up = await timeMs(side, side.launch(['true']), quick ? 20 : 50);
  const downs: number[] = [];
  for (let turn = 0; turn < (quick ? 3 : 7); turn++) {
    await side.down();
    downs.push(await timeMs(side, side.launch(['true']), 1));
  }
  return { down: median(downs) - alone, up: up - alone };
}

/** The median of several runs, timed by a shell that is in the namespaces already. */
async function timeMs(side: LibosSide, command: readonly string[], runs: number): Promise<number> {
  const words = command.map((word) => `'${word}'`).join(' ');
  const script = `for i in $(seq ${runs}); do a=$(date +%s%N); ${words}; b=$(date +%s%N); echo $((b - a)); done`;
  const out = await side.world.check(['sh', '-ec', script], { timeoutMs: 60_000 });
  return median(out.trim().split('\n').map(Number)) / 1e6;
}
