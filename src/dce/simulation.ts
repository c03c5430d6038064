// SPDX-License-Identifier: GPL-2.0-only

/** Hosts, what joins them, and the virtual time they share. Made whole first; it starts when time passes. */
import { turnOfEventLoop, type SeededEntropy } from '../host/index.js';
import {
  FramePool,
  Hub,
  Switch,
  type Capture,
  type HubOptions,
  type Link,
  type LinkWorld,
  type Medium,
  Wireless,
  type AccessPoint,
  type Position,
  type SwitchOptions,
  type WirelessOptions,
} from '../link/index.js';
import { parseDurationNs } from '../units.js';
import type { Cancellable } from './callbacks.js';
import { CallerLine, located, scenarioError } from './caller-line.js';
import { BootImages } from './boot-images.js';
import { Connections, type Connectable, type ConnectOptions } from './connect.js';
import { Engine } from './engine.js';
import { Faults } from './faults.js';
import { checkHostName, type HostOptions } from './host-options.js';
import { IslandMap } from './islands/island-map.js';
import { IslandRuns } from './islands/island-runs.js';
import { NetworkPlan } from './network-plan.js';
import {
  Observation,
  type ObservedWorld,
  type SimulationCaptureOptions,
  type SimulationTraceOptions,
} from './observation.js';
import type { Program } from './program.js';
import { Reports } from './reports.js';
import { runContext } from './run-context.js';
import type { WorkerShare } from './parallel/share.js';
import { SharedRuns, type SharedWorld } from './parallel/shared-runs.js';
import type { RunReport } from './run-report.js';
import { Runs } from './runs.js';
import { SimulationLog, logLevels } from './log.js';
import type { HostWorld } from './host-world.js';
import type { ForkOptions, Snapshot } from './snapshot/snapshot.js';
import { Snapshots, type SimulationPart } from './snapshot/snapshots.js';
import { SimulatedHost } from './simulated-host.js';
import type { SimulationOptions } from './simulation-options.js';
import { Streams } from './streams.js';
import type { Trace } from './trace/index.js';

/** What a fork has from its first moment. */
interface ForkedFrom {
  readonly seed: number | string;
  readonly images: BootImages;
}

export type { SimulationOptions };

/** Names of hosts, as the hosts. */
export type HostsOf<Names extends readonly string[]> = {
  readonly [Index in keyof Names]: SimulatedHost;
};

const startDateDefault = new Date('2025-01-01T00:00:00Z');

/**
 * Hosts, what joins them, and the virtual time that they share. It is described first, and runs when time passes:
 * `run`, `runUntil`.
 */
export class Simulation {
  /** @internal */
  readonly engine = new Engine(turnOfEventLoop);
  /** Where frames are while they travel. @internal */
  readonly frames = new FramePool();
  /** What 0 ns is on the hosts' calendar, in milliseconds since 1970. */
  readonly startDateMs: number;
  readonly options: SimulationOptions;
  /** What has been said, by programs and kernels. */
  readonly log = new SimulationLog(() => this.engine.nowNs);
  /** What programs have handed out with `os.report`. */
  readonly reports = new Reports(() => this.engine.nowNs);
  /** What watches: captures, traces, the digest. @internal */
  readonly observation: Observation;
  /** How it is put back, and how forks of it are made. @internal */
  readonly snapshots: Snapshots;
  readonly #network = new NetworkPlan();
  /** What goes wrong, on purpose. */
  readonly faults = new Faults(this);
  readonly #hosts: SimulatedHost[] = [];
  readonly #media: Medium[] = [];
  readonly #world: HostWorld;
  readonly #linkWorld = this.#createLinkWorld();
  readonly #connections: Connections;
  /** A booted image of each kernel and limit of memory; every host starts from one. */
  readonly #images: BootImages;
  readonly #streams: Streams;
  /** Set when it is in several workers. */
  readonly #shared: SharedRuns | undefined;
  /** Set when islands have their turns one after the other. */
  readonly #islands: IslandRuns | undefined;
  readonly #islandMap = new IslandMap(this.engine);
  readonly #runs: Runs;

  constructor(options?: SimulationOptions);
  /** `fork`: made by `fork`, which says what it has of the first one. @internal */
  constructor(options: SimulationOptions, fork: ForkedFrom);
  constructor(options: SimulationOptions = {}, fork?: ForkedFrom) {
    const context = runContext();
    this.options = options;
    this.#streams = new Streams(fork?.seed ?? context?.seed ?? options.seed ?? 1);
    this.startDateMs = (options.startDate ?? startDateDefault).getTime();
    this.#images = fork?.images ?? this.#createImages();
    if (context?.heartbeat) this.engine.beat(context.heartbeat, context.onStop);
    this.engine.onMomentEnd = () => this.log.endMoment();
    this.observation = this.#createObservation(context?.share);
    this.#world = this.#createWorld();
    const { topology } = this.#network;
    this.#connections = new Connections(this.#linkWorld, topology, options.addresses);
    this.#shared = context?.share ? new SharedRuns(context.share, this.#createShared()) : undefined;
    this.#islands = options.isolatedHosts && !this.#shared ? this.#createIslands() : undefined;
    this.#runs = this.#createRuns(context?.untilNs ?? Infinity);
    this.snapshots = new Snapshots({
      simulation: this,
      streams: this.#streams,
      inWorkers: this.#shared !== undefined,
      onIslands: this.#islands !== undefined,
      createEmpty: () => new Simulation(options, { seed: this.seed, images: this.#images }),
    });
    context?.onSimulation?.(this);
  }

  /** All randomness comes from it. */
  get seed(): number | string {
    return this.#streams.seed;
  }

  /** Whether time is passing. */
  get running(): boolean {
    return this.engine.running;
  }

  /** Virtual time since the start. */
  get nowNs(): number {
    return this.engine.nowNs;
  }

  /** What there is, in the order of creation. */
  get topology(): {
    readonly hosts: readonly SimulatedHost[];
    readonly links: readonly Link[];
    readonly media: readonly Medium[];
  } {
    return { hosts: this.#hosts, links: this.links, media: this.#media };
  }

  get links(): readonly Link[] {
    return this.#connections.links;
  }

  /** A stream of randomness of its own, for whoever takes a name for it. */
  entropy(name: string): SeededEntropy {
    return this.#streams.open(name);
  }

  /** A host. It boots when time passes, or when somebody reaches into it. */
  host(name: string, options: HostOptions = {}): SimulatedHost {
    const at = CallerLine.here();
    checkHostName(name, this.#hosts[this.#network.get(name)?.index ?? -1], at);
    return this.snapshots.build((simulation) => simulation.#addHost(name, options, at));
  }

  #addHost(name: string, options: HostOptions, at: CallerLine): SimulatedHost {
    const host = this.#islandMap.own(
      () => new SimulatedHost(this.#world, name, this.#hosts.length, options, at),
      (made) => [made],
    );
    this.#hosts.push(host);
    this.#network.add(host);
    return host;
  }

  /** Several hosts at once: `const [alice, bob] = sim.hosts('alice', 'bob')`. */
  hosts<const Names extends readonly string[]>(...names: Names): HostsOf<Names> {
    return names.map((name) => this.host(name)) as unknown as HostsOf<Names>;
  }

  /** Joins hosts, switches and other media, with a new NIC on each host. */
  connect(a: Connectable, b: Connectable, options: ConnectOptions = {}): Link {
    const at = CallerLine.here();
    for (const node of [a, b]) this.#checkOurs(node, at);
    return this.snapshots.build((simulation) => {
      const ends = [a, b].map((node) => simulation.counterpart(node));
      const connect = (): Link => simulation.#connections.connect(ends[0]!, ends[1]!, options, at);
      const link = located(() => simulation.#islandMap.own(connect, () => ends), at);
      simulation.observation.linkAdded(link);
      return link;
    });
  }

  /** An Ethernet switch, to connect hosts and other switches to. */
  switch(name: string, options: SwitchOptions = {}): Switch {
    return this.#addMedium(name, (simulation) => new Switch(simulation.#linkWorld, name, options));
  }

  /** An Ethernet hub: what one sends all others get. */
  hub(name: string, options: HubOptions = {}): Hub {
    return this.#addMedium(name, (simulation) => new Hub(simulation.#linkWorld, name, options));
  }

  /** The air: to connect hosts to, as stations. */
  wireless(name: string, options: WirelessOptions = {}): Wireless {
    return this.#addMedium(
      name,
      (simulation) => new Wireless(simulation.#linkWorld, name, options),
    );
  }

  /** An access point of the air, to connect to what its stations want to reach. */
  accessPoint(name: string, air: Wireless, position: Position): AccessPoint {
    return this.#addMedium(name, (simulation) =>
      simulation.counterpart(air).createAccessPoint(name, position),
    );
  }

  /** Writes the frames that pass interfaces into pcapng files, until disposed of. */
  capture(options: SimulationCaptureOptions): Capture {
    return located(() => this.observation.capture(options));
  }

  /** Samples connections, queues and links at intervals of virtual time, until disposed of. */
  trace(options: SimulationTraceOptions): Trace {
    return located(() => this.observation.trace(options));
  }

  /** The run in 16 hexadecimal digits: frames, lines of the log and series so far. Equal runs have equal ones. */
  get digest(): string {
    return this.observation.digest;
  }

  /** Lets a duration pass; without one, until every program has ended or none can go on any more. */
  run(duration?: number | string): Promise<RunReport> {
    return this.#runs.run(duration);
  }

  /** Lets time pass until a program has ended or a promise is settled, and gives its value. */
  runUntil<T>(
    target: Program<T> | Promise<T>,
    options: { readonly timeout?: number | string } = {},
  ): Promise<T> {
    return this.#runs.runUntil(target, options);
  }

  /** Resolves when a duration has passed, outside of all hosts. */
  sleep(duration: number | string): Promise<void> {
    const atNs = this.nowNs + located(() => parseDurationNs(duration, 'sleep'));
    return new Promise((resolve) => void this.engine.callAt(atNs, resolve));
  }

  /** Calls back at a moment of virtual time, outside of all hosts: to cut a link, to crash a host. */
  at(time: number | string, callback: (simulation: Simulation) => void): Cancellable {
    const at = CallerLine.here();
    const timeNs = located(() => parseDurationNs(time, 'at'), at);
    if (timeNs < this.nowNs) {
      throw scenarioError('ERR_LIBOS_PAST', `${time} is past: it is ${this.nowNs / 1e9} s`, { at });
    }
    const pause = this.snapshots.at(timeNs, callback, at.toString());
    return { cancel: () => this.engine.cancelPause(pause) };
  }

  /** Everything as it is now, to come back to. Between runs, or in `sim.at`. */
  snapshot(): Snapshot {
    return this.snapshots.take();
  }

  /** Goes back to a snapshot. */
  async restore(snapshot: Snapshot): Promise<void> {
    await this.snapshots.restore(snapshot);
    this.#islands?.restored();
  }

  /** A new simulation that goes on from a snapshot, or from now. */
  fork(snapshot: Snapshot = this.snapshot(), options: ForkOptions = {}): Promise<Simulation> {
    return this.snapshots.fork(snapshot, options);
  }

  /** What a host, link, switch or program of the first simulation is in this fork of it. */
  counterpart<T extends SimulationPart>(part: T): T {
    return this.snapshots.counterpart(part);
  }

  /** It is over. Memory in WebAssembly goes by itself; what native kernels have of the machine is given back here. */
  [Symbol.dispose](): void {
    for (const host of this.#hosts) host.end();
  }

  /** Boots everything and puts all addresses and routes in place. A run does it by itself. */
  start(): void {
    this.#settle();
  }

  #settle(): void {
    if (this.snapshots.settledVersion === this.#network.version) return;
    this.#shared?.division.divide();
    this.#planAddresses();
    // Booting changes nothing in the topology.
    for (const host of this.#hosts) if (host.local) host.settle();
    this.snapshots.settledVersion = this.#network.version;
  }

  #planAddresses(): void {
    if (this.#network.isPlanned) return;
    this.snapshots.build((simulation) => simulation.#network.assignAddresses());
  }

  #createImages(): BootImages {
    const boot = { startDateMs: this.startDateMs, quiet: this.options.addresses !== 'manual' };
    return new BootImages({ kernel: runContext()?.kernel, ...this.options, boot });
  }

  #checkOurs(node: Connectable, at: CallerLine): void {
    const ours =
      node instanceof SimulatedHost ? this.#hosts[node.index] === node : this.#media.includes(node);
    if (ours) return;
    throw scenarioError('ERR_LIBOS_HOST', `${node.name} is of another simulation`, { at });
  }

  #createLinkWorld(): LinkWorld {
    const { engine } = this;
    return {
      frames: this.frames,
      mayChange: () => this.snapshots.mayChange(),
      entropy: (name: string) => this.entropy(name),
      createScheduler: () => engine.createScheduler(),
      get nowNs() {
        return engine.nowNs;
      },
    };
  }

  #addMedium<M extends Medium>(name: string, create: (simulation: Simulation) => M): M {
    const at = CallerLine.here();
    if ([...this.#hosts, ...this.#media].some((node) => node.name === name)) {
      throw scenarioError('ERR_LIBOS_TOPOLOGY', `${name} is the name of something else`, { at });
    }
    return this.snapshots.build((simulation) => {
      const make = (): M => create(simulation);
      const medium = located(() => simulation.#islandMap.own(make, (made) => [made]), at);
      simulation.#media.push(medium);
      return medium;
    });
  }

  #createRuns(untilNs: number): Runs {
    return new Runs({
      ...{ engine: this.engine, topology: this.topology, untilNs },
      ...{ shared: this.#shared, islands: this.#islands, map: this.#islandMap },
      prepare: (endNs) => {
        this.snapshots.check();
        runContext()?.onRun?.(this, endNs);
        this.#settle();
      },
    });
  }

  #createIslands(): IslandRuns {
    return new IslandRuns({
      ...{ engine: this.engine, map: this.#islandMap },
      mayPart: () => !this.observation.wantsOrder,
      holdLog: (held) => this.log.hold(held),
      failures: () => this.#runs.failures,
      engineFailed: (error) => this.#runs.engineFailed(error),
    });
  }

  #createShared(): SharedWorld {
    const { engine, reports, topology, observation } = this;
    return {
      ...{ engine, reports, topology, observation },
      nodesOf: (link) => this.#connections.nodesOf(link),
      failures: () => this.#runs.failures,
      view: () => this.#runs.viewOwn(),
      engineFailed: (error) => this.#runs.engineFailed(error),
    };
  }

  #createObservation(share: WorkerShare | undefined): Observation {
    const { engine } = this;
    const world: ObservedWorld = {
      now: engine.clock,
      startDateMs: this.startDateMs,
      log: this.log,
      hosts: this.#hosts,
      links: () => this.links,
      createScheduler: () => engine.createScheduler(),
      defer: (callback) => engine.defer(callback),
      isHere: (link, end) => this.#shared?.division.isLocalEnd(link)[end] ?? true,
      partSuffix: share && `.part${share.worker}`,
    };
    return new Observation(world, this.options.digest ?? 'headers');
  }

  #createWorld(): HostWorld {
    return {
      simulation: this,
      engine: this.engine,
      startDateMs: this.startDateMs,
      recorded: this.options.snapshots ?? false,
      startFor: (options) => this.#images.startFor(options),
      entropy: (name) => this.entropy(name),
      planAddresses: () => this.#planAddresses(),
      routesOf: (host) => this.#network.routesOf(host),
      hostsFileOf: (host) => this.#network.hostsFileOf(host),
      resolve: (name, asker, version) => this.#network.resolve(name, asker, version),
      log: (host, source, level, text, fields) =>
        this.log.write(host, source, logLevels[level] ?? 'debug', text, fields),
      report: (program, key, value) => this.reports.add(program, key, value),
      failed: (error) => this.#runs.failed(error),
      progressed: () => this.#runs.progressed(),
    };
  }
}
