// SPDX-License-Identifier: GPL-2.0-only

/**
 * Experiments as the plan that the oracle's process 1 (guest.c) carries out. A line is a command:
 *
 *     exec PROGRAM ARGUMENT…                                     a program of the machine
 *     sysctl HOST NAME VALUE…                                    HOST - is the kernel's first network namespace
 *     plain HOST DEVICE                                          without offloads
 *     netem HOST DEVICE rateBitsPerSecond delayNs limit loss seed
 *     forget HOST…                                               ends hosts and their links
 *     say WORD                                                   into the result
 *     bulk | fetch | ping | cbr …                                a flow, see guest-traffic.c
 *     run durationNs                                             lets the flows pass and reports them
 *     clear                                                      forgets the flows
 *
 * The path is a chain of three parts, since one netem would count what is on the way as queued: netem with the rate
 * and the queue where `r` and `b` send, and netem with delay and loss in `w`, a bridge between them.
 */
import { drawsOf } from './experiment.js';
import type { Flow, Path, Run } from './experiment.js';
import {
  addresses,
  bufferSysctls,
  globalSysctls,
  macs,
  pingSysctl,
  portOfFlow,
  targets,
} from './set-up.js';

/** The delay line holds whatever comes. */
const delayLineFrames = 1_000_000;

const hosts = ['a', 'r', 'w', 'b'] as const;
const veths = [
  ['a', 'eth0', 'r', 'eth0'],
  ['r', 'eth1', 'w', 'eth0'],
  ['w', 'eth1', 'b', 'eth0'],
] as const;
/** The plan, and the files that it names, in the folder `folder` of the guest. */
export function planOf(runs: readonly Run[], folder: string): Map<string, string> {
  const files = new Map<string, string>();
  const lines = globalSysctls.map(([name, value]) => sysctlLine('-', name, value));
  for (const [index, run] of runs.entries()) {
    const host = (name: string): string => `${name}${index}`;
    const batches = { hosts: hostBatch(host), ...hostBatches };
    const paths = Object.entries(batches).map(([name, batch]) => {
      files.set(`${index}-${name}`, `${batch.join('\n')}\n`);
      return [name, `${folder}/${index}-${name}`] as const;
    });
    lines.push(...setUpLines(host, new Map(paths)), ...trafficLines(run, index, host));
  }
  return files.set('plan', `${lines.join('\n')}\n`);
}

/** For `ip -batch`: hosts of a run's own, which have seen no other traffic, and what joins them. */
function hostBatch(host: (name: string) => string): string[] {
  const end = (name: string, device: string): string =>
    `name ${device} address ${macs[`${name} ${device}`]!} netns ${host(name)}`;
  return [
    ...hosts.map((name) => `netns add ${host(name)}`),
    ...veths.map(
      ([left, leftDevice, right, rightDevice]) =>
        `link add ${end(left, leftDevice)} type veth peer ${end(right, rightDevice)}`,
    ),
  ];
}

/** For `ip -batch` in each host. */
const hostBatches: Readonly<Record<(typeof hosts)[number], readonly string[]>> = {
  a: [...endBatch('a'), 'route add default via 10.0.0.2'],
  r: endBatch('r'),
  w: [
    // A bridge that snoops reports itself to routers, in frames of its own.
    `link add br0 address ${macs['w br0']!} type bridge mcast_snooping 0`,
    'link set br0 up',
    `address add ${targets.w}/24 dev br0`,
    ...['eth0', 'eth1'].flatMap((device) => [
      `link set ${device} master br0`,
      `link set ${device} up`,
    ]),
  ],
  b: [...endBatch('b'), 'route add default via 10.0.1.1'],
};

function endBatch(name: string): string[] {
  return addresses
    .filter(({ host }) => host === name)
    .flatMap(({ device, address, neighbours }) => [
      `link set ${device} up`,
      `address add ${address}/24 dev ${device}`,
      ...neighbours.map(
        ([neighbour, mac]) =>
          `neighbour add ${neighbour} lladdr ${mac} dev ${device} nud permanent`,
      ),
    ]);
}

function setUpLines(host: (name: string) => string, paths: ReadonlyMap<string, string>): string[] {
  const devices = veths.flatMap(([left, leftDevice, right, rightDevice]) => [
    [left, leftDevice] as const,
    [right, rightDevice] as const,
  ]);
  return [
    `exec ip -batch ${paths.get('hosts')!}`,
    ...hosts.flatMap((name) => [
      sysctlLine(host(name), 'net.ipv6.conf.all.disable_ipv6', '1'),
      sysctlLine(host(name), 'net.ipv6.conf.default.disable_ipv6', '1'),
    ]),
    ...hosts.map((name) => `exec ip -n ${host(name)} -batch ${paths.get(name)!}`),
    ...devices.map(([name, device]) => `plain ${host(name)} ${device}`),
    sysctlLine(host('r'), 'net.ipv4.ip_forward', '1'),
    ...['a', 'b'].flatMap((name) =>
      [...bufferSysctls, pingSysctl].map(([key, value]) => sysctlLine(host(name), key, value)),
    ),
  ];
}

function trafficLines(run: Run, index: number, host: (name: string) => string): string[] {
  const { experiment } = run;
  const { lossSeeds, startOffsetsNs } = drawsOf(run);
  return [
    ...pathLines(experiment.path, host, lossSeeds),
    ...experiment.flows.map((flow, at) =>
      flowLine(flow, host, startOffsetsNs[at]!, portOfFlow(at)),
    ),
    `say ${index}`,
    `run ${experiment.durationNs}`,
    'clear',
    `forget ${hosts.map(host).join(' ')}`,
  ];
}

function sysctlLine(host: string, name: string, value: string): string {
  return `sysctl ${host} ${name.replaceAll('.', '/')} ${value}`;
}

function pathLines(
  path: Path,
  host: (name: string) => string,
  lossSeeds: readonly [bigint, bigint],
): string[] {
  const { rateBitsPerSecond, delayNs, queueFrames, lossProbability } = path;
  // netem counts the frame that is being sent as queued.
  const queue = `${rateBitsPerSecond} 0 ${queueFrames + 1} 0 1`;
  const line = (seed: bigint): string =>
    `0 ${delayNs} ${delayLineFrames} ${lossProbability} ${seed}`;
  return [
    `netem ${host('r')} eth1 ${queue}`,
    `netem ${host('b')} eth0 ${queue}`,
    `netem ${host('w')} eth1 ${line(lossSeeds[0])}`,
    `netem ${host('w')} eth0 ${line(lossSeeds[1])}`,
  ];
}

function flowLine(
  flow: Flow,
  host: (name: string) => string,
  offsetNs: number,
  port: number,
): string {
  const isCrossTraffic = flow.kind === 'cbr' && flow.isCrossTraffic;
  const end = isCrossTraffic ? 'w' : 'b';
  const target = targets[end];
  const times = `${flow.startNs + offsetNs} ${flow.stopNs}`;
  const [from, to] = [host('a'), host(end)];
  switch (flow.kind) {
    case 'bulk':
      return `bulk ${flow.name} ${from} ${to} ${target} ${port} ${flow.control} ${times} tcp`;
    case 'fetch':
      return `fetch ${flow.name} ${to} ${from} ${targets.a} ${port} ${flow.control} ${times} ${flow.count} ${flow.answerBytes}`;
    case 'ping':
      return `ping ${flow.name} ${from} ${target} ${times} ${flow.intervalNs}`;
    case 'cbr':
      return `cbr ${flow.name} ${from} ${to} ${target} ${port} ${times} ${flow.intervalNs} ${flow.datagramBytes}`;
  }
}
