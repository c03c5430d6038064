// SPDX-License-Identifier: GPL-2.0-only

/** The soak test's world: a client, a router and a server, what they do, and how much memory each has in use. */
import { SeededEntropy } from '../../src/host/index.js';
import { Simulation, type Os, type Program, type SimulatedHost } from '../../src/dce/index.js';
import { setUpNetfilter } from '../fuzz/frames/netfilter.js';
import * as changes from './changes.js';
import { Counts, type Mix } from './traffic.js';
import * as traffic from './traffic.js';

const second = 1e9;

/** What a host has when it is at rest. */
export interface Sample {
  readonly host: string;
  readonly atSeconds: number;
  /** Of the kernel's memory, all that it has taken from the machine. */
  readonly memoryBytes: number;
  /** Of that, what is not free and cannot be had back. */
  readonly inUseBytes: number;
  readonly slabBytes: number;
  readonly sockets: string;
  /** /proc/net/tcp and tcp6. */
  readonly connections: string;
  readonly conntrack: number;
  /** How often RCU has run callbacks so far. */
  readonly rcuRuns: number;
}

/** Intervals on the average, in nanoseconds. */
export interface Pace {
  readonly connectionNs: number;
  readonly datagramNs: number;
  readonly pingNs: number;
  readonly bulkNs: number;
  readonly deviceNs: number;
  readonly namespaceNs: number;
  readonly cutNs: number;
  readonly longestTimerNs: number;
}

/** Linux reckons a thousand to 64 MiB, and drops what finds no room. */
const conntrackMax = 16_384;
/** Linux keeps an entry whose end was lost on the way for five days. */
const conntrackSeconds = 600;
/** Loops that connect: a connection that waits holds up no other. */
const lanes = 16;

export class World {
  /** After it nothing is left of what the traffic was: TIME_WAIT, fragments, orphans, entries of conntrack. */
  static readonly restNs = 1100 * second;
  readonly simulation: Simulation;
  readonly counts = new Counts();
  readonly #hosts: readonly SimulatedHost[];
  readonly #seed: number;
  readonly #pace: Pace;
  #rounds = 0;

  constructor(seed: number, pace: Pace) {
    this.#seed = seed;
    this.#pace = pace;
    this.simulation = new Simulation({ seed });
    this.#hosts = this.simulation.hosts('client', 'router', 'server');
    const [client, router, server] = this.#hosts as [SimulatedHost, SimulatedHost, SimulatedHost];
    const path = { rate: '100 Mbit/s', delay: '1 ms', loss: 0.0005, queue: '200 packets' } as const;
    this.simulation.connect(client, router, path);
    this.simulation.connect(router, server, path);
    // Each connection is looked at, and hides behind the router's address.
    router.configure(({ posix }) => {
      setUpNetfilter(posix.service);
      posix.sysctl('net.netfilter.nf_conntrack_max', conntrackMax);
      for (const state of ['established', 'unacknowledged'] as const) {
        posix.sysctl(`net.netfilter.nf_conntrack_tcp_timeout_${state}`, conntrackSeconds);
      }
    });
    server.run(traffic.serve, { name: 'server' });
  }

  /** Lets all that goes on go on for a duration, and come to rest. */
  async round(durationNs: number): Promise<void> {
    const number = this.#rounds++;
    const mix: Mix = {
      counts: this.counts,
      random: SeededEntropy.fromSeed(this.#seed, `round ${number}`),
      stopping: false,
    };
    const [client, router, server] = this.#hosts as [SimulatedHost, SimulatedHost, SimulatedHost];
    const pace = this.#pace;
    const start = (host: SimulatedHost, program: (os: Os) => Promise<void>): Program<void> =>
      host.run(program);
    const programs = [
      ...Array.from({ length: lanes }, () =>
        start(client, (os) => traffic.connectAgainAndAgain(os, mix, pace.connectionNs * lanes)),
      ),
      start(client, (os) => traffic.sendDatagrams(os, mix, pace.datagramNs)),
      start(client, (os) => traffic.ping(os, mix, pace.pingNs)),
      start(client, (os) => traffic.transfer(os, mix, pace.bulkNs)),
      start(client, (os) => traffic.stayConnected(os, mix)),
      start(client, (os) => changes.changeNamespaces(os, mix, pace.namespaceNs)),
      start(router, (os) => changes.changeDevices(os, mix, pace.deviceNs)),
      start(router, (os) => changes.cutLink(this.simulation.links[0]!, os, mix, pace.cutNs)),
      ...[client, router, server].flatMap((host) => [
        start(host, (os) => changes.countSeconds(os, mix)),
        start(host, (os) => changes.waitByTimer(os, mix, pace.longestTimerNs)),
      ]),
    ];
    await this.simulation.run(durationNs);
    mix.stopping = true;
    for (const program of programs) await this.simulation.runUntil(program);
    await this.simulation.run(World.restNs);
  }

  /** Context: at rest. */
  samples(): Sample[] {
    return this.#hosts.map((host) => {
      host.posix.writeFile('/proc/sys/vm/drop_caches', '3\n');
      const file = (path: string): string => host.posix.readFile(path);
      const bytes = new Map(
        [...file('/proc/meminfo').matchAll(/^(\w+):\s+(\d+) kB/gm)].map(([, name, kilobytes]) => [
          name!,
          Number(kilobytes) * 1024,
        ]),
      );
      const memoryBytes = host.kernel.memory.sizeBytes;
      return {
        host: host.name,
        atSeconds: Math.round(this.simulation.nowNs / second),
        memoryBytes,
        inUseBytes: memoryBytes - bytes.get('MemFree')! - bytes.get('SReclaimable')!,
        slabBytes: bytes.get('SUnreclaim')!,
        sockets: file('/proc/net/sockstat') + file('/proc/net/sockstat6'),
        connections: file('/proc/net/tcp') + file('/proc/net/tcp6'),
        conntrack: Number(host.posix.sysctl('net.netfilter.nf_conntrack_count')),
        rcuRuns: Number(/RCU:\s+(\d+)/.exec(file('/proc/softirqs'))![1]),
      };
    });
  }
}
