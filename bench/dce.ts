// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- dce [--json] [--quick] [--hosts N] [--repetitions N] [--only FIGURE]`: how fast simulations go
 * and how large they can be, beside ns-3 with the same topology and traffic, on the same core in the same run.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from './lib/options.js';
import type { Request } from './dce/child.js';
import { compare, type Comparison } from './dce/compare.js';
import { availableBytes, type HostsFigures } from './dce/hosts.js';
import { nativeChainFramesPerSecond } from './dce/native-chain.js';
import { ns3Arguments, ns3Program, runNs3 } from './dce/ns3.js';
import { bars, print, type Result } from './dce/report.js';
import { workloads, type RunFigures, type Workloads } from './dce/workloads.js';

const values = readOptions({
  json: { type: 'boolean' },
  quick: { type: 'boolean', default: false },
  hosts: { type: 'string' },
  repetitions: { type: 'string' },
  only: { type: 'string' },
});
const { quick } = values;
const repetitions = Number(values.repetitions ?? (quick ? 1 : 5));
/** One core for everything that is compared. */
const core = '1';
const pinned = ['taskset', '-c', core];
/** What a host with an address takes, and more: below that no more of them are begun. */
const bytesForHost = 2 ** 20;
const bytesForProcess = 2 ** 30;
/** Without it V8 reserves 10 GiB of addresses for each host, and there is no room for more than some 9,500. */
const manyMemories = ['--disable-wasm-trap-handler'];
const hostsInStart = 100;
const all = workloads(quick);

const wants = (figure: string): boolean => values.only === undefined || values.only === figure;
const result: Result = {
  ...(wants('bulk') ? { bulk: framesPerSecond(comparison('bulk')) } : {}),
  ...(wants('chain64') ? { chain64: chain() } : {}),
  ...(wants('pairs500') ? { pairs500: simSeconds(comparison('pairs')) } : {}),
  ...(wants('start100') ? { start100Seconds: startSeconds() } : {}),
  ...(wants('hosts') ? { hosts: hosts() } : {}),
};
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : print(result));

/** In turns, so that whatever else the machine does falls on both. */
function comparison(name: keyof Workloads): Comparison {
  const program = ns3Program(name);
  const ns3: RunFigures[] = [];
  const libos: RunFigures[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    say(`${name}, ${repetition + 1} of ${repetitions}`);
    libos.push(child({ kind: 'workload', name, quick }) as RunFigures);
    ns3.push(runNs3([...pinned, program, ...ns3Arguments(all[name])]));
  }
  return compare(libos, ns3);
}

function framesPerSecond({ libos, ns3, ratio, cpuRatio }: Comparison): NonNullable<Result['bulk']> {
  return {
    libosFramesPerSecond: libos.framesPerSecond,
    ns3FramesPerSecond: ns3.framesPerSecond,
    ...{ ratio, cpuRatio },
  };
}

function chain(): NonNullable<Result['chain64']> {
  const figures = framesPerSecond(comparison('chain'));
  say('chain, native');
  try {
    const nativeFramesPerSecond = nativeChainFramesPerSecond(core, all.chain);
    const nativeRatio = nativeFramesPerSecond / figures.ns3FramesPerSecond;
    return { ...figures, nativeFramesPerSecond, nativeRatio };
  } catch (error) {
    return {
      ...figures,
      nativeNotMeasured: error instanceof Error ? error.message : String(error),
    };
  }
}

function simSeconds({
  libos,
  ns3,
  simRatio,
  cpuSimRatio,
}: Comparison): NonNullable<Result['pairs500']> {
  return {
    libosSimSecondsPerSecond: libos.simSecondsPerSecond,
    ns3SimSecondsPerSecond: ns3.simSecondsPerSecond,
    ...{ ratio: simRatio, cpuRatio: cpuSimRatio },
  };
}

function startSeconds(): number {
  const seconds = Array.from({ length: repetitions }, (_, repetition) => {
    say(`start of ${hostsInStart} hosts, ${repetition + 1} of ${repetitions}`);
    // Compared with nothing: on all cores, as a scenario starts. V8 compiles and collects beside it.
    return child({ kind: 'start', count: hostsInStart }, [], []) as number;
  });
  return seconds.sort((a, b) => a - b)[Math.floor(repetitions / 2)]!;
}

/** As many hosts as are asked for, or as the machine has memory for now: it is never made to swap. */
function hosts(): NonNullable<Result['hosts']> {
  const wanted = Number(values.hosts ?? (quick ? 500 : bars.hosts));
  const available = availableBytes();
  const fitting =
    available === undefined
      ? wanted
      : Math.floor((available - bytesForProcess) / bytesForHost / 100) * 100;
  const count = Math.min(wanted, Math.max(fitting, 100));
  say(`${count} hosts`);
  const figures = child({ kind: 'hosts', count }, manyMemories) as HostsFigures;
  return {
    ...figures,
    ...(count < wanted
      ? {
          limitedBy: `${((available ?? 0) / 2 ** 30).toFixed(1)} GiB of memory are free, and ${wanted} hosts may need ${((wanted * bytesForHost + bytesForProcess) / 2 ** 30).toFixed(1)}`,
        }
      : {}),
  };
}

function child(
  request: Request,
  nodeOptions: readonly string[] = [],
  prefix: readonly string[] = pinned,
): unknown {
  const module = fileURLToPath(new URL('./dce/child.js', import.meta.url));
  const command = [...prefix, process.execPath, ...nodeOptions, module, JSON.stringify(request)];
  return JSON.parse(execFileSync(command[0]!, command.slice(1), { encoding: 'utf8' })) as unknown;
}

/** Where it is, for whoever waits at a terminal. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
