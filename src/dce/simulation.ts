// SPDX-License-Identifier: GPL-2.0-only

/** Hosts, what joins them, and the virtual time they share. Made whole first; it starts when time passes. */
import { SeededEntropy, turnOfEventLoop, type HostNic } from '../host/index.js';
import {
  FramePool,
  Hub,
  Switch,
  type Capture,
  type HubOptions,
  type Link,
  type LinkWorld,
  type Medium,
  type SwitchOptions,
} from '../link/index.js';
import { KernelPanic, type Kernel, type KernelImage } from '../kernel/index.js';
import { ipVersion } from '../posix/index.js';
import { parseDurationNs } from '../units.js';
import type { Cancellable } from './callbacks.js';
import { CallerLine, located, scenarioError } from './caller-line.js';
import { Connections, type Connectable, type ConnectOptions } from './connect.js';
import { Engine } from './engine.js';
import { bootImage, loadKernel, type HostOptions, type KernelOption } from './host-options.js';
import { NetworkPlan } from './network-plan.js';
import {
  Observation,
  type DigestCoverage,
  type ObservedWorld,
  type SimulationCaptureOptions,
  type SimulationTraceOptions,
} from './observation.js';
import type { Program } from './program.js';
import { watchRejections } from './rejections.js';
import { Reports } from './reports.js';
import { runContext } from './run-context.js';
import type { Failure } from './parallel/news.js';
import type { WorkerShare } from './parallel/share.js';
import { SharedRuns, type SharedWorld } from './parallel/shared-runs.js';
import { viewPrograms, type ProgramsView } from './programs-view.js';
import { failureOf, stallError, type RunReport } from './run-report.js';
import { SimulationLog, logLevels } from './log.js';
import type { HostWorld } from './host-world.js';
import { SimulatedHost } from './simulated-host.js';
import type { AddressFamilies } from './topology.js';
import type { Trace } from './trace/index.js';

export interface SimulationOptions {
  /** All randomness comes from it: the same seed, the same run. 1 by default. */
  readonly seed?: number | string;
  /** The kernel of all hosts that name none: the profile `sim` by default. */
  readonly kernel?: KernelOption;
  /** The limit of each host's memory: "64 MiB" by default. */
  readonly memoryMax?: number | string;
  /** What the hosts' calendar says at the start: 2025-01-01 by default. */
  readonly startDate?: Date;
  /** Which addresses interfaces get without asking: IPv4 and IPv6 by default, none with 'manual'. */
  readonly addresses?: AddressFamilies;
  /** What of frames goes into the digest: their headers by default. 'none': there is no digest. */
  readonly digest?: DigestCoverage;
  /** Whether programs' calls are logged, so that snapshots can be taken while programs run: not by default. */
  readonly snapshots?: boolean;
}

/** Names of hosts, as the hosts. */
type Hosts<Names extends readonly string[]> = { readonly [Index in keyof Names]: SimulatedHost };

const startDateDefault = new Date('2025-01-01T00:00:00Z');

/** How much time passes between looks at whether programs still get on; … */
const lookNs = 60e9;
/** … and after how many looks they never will: TCP gives up on a peer within three hours, keepalives included. */
const patienceLooks = 180;

export class Simulation {
  readonly engine = new Engine(turnOfEventLoop);
  /** Where frames are while they travel. */
  readonly frames = new FramePool();
  readonly seed: number | string;
  /** What 0 ns is on the hosts' calendar, in milliseconds since 1970. */
  readonly startDateMs: number;
  readonly options: SimulationOptions;
  /** What has been said, by programs and kernels. */
  readonly log = new SimulationLog(() => this.engine.nowNs);
  /** What programs have handed out with `os.report`. */
  readonly reports = new Reports(() => this.engine.nowNs);
  /** What watches: captures, traces, the digest. */
  readonly observation: Observation;
  readonly #network = new NetworkPlan();
  readonly #hosts: SimulatedHost[] = [];
  readonly #media: Medium[] = [];
  readonly #world: HostWorld;
  readonly #linkWorld = this.#createLinkWorld();
  readonly #connections: Connections;
  readonly #untilNs: number;
  /** A booted image of each kernel and limit of memory; every host starts from one. */
  readonly #images = new Map<Kernel, Map<unknown, KernelImage>>();
  #settledVersion = -1;
  /** Set when it is in several workers. */
  readonly #shared: SharedRuns | undefined;
  #failures: Failure[] = [];
  /** Grows whenever a program gets on. */
  #progress = 0;

  constructor(options: SimulationOptions = {}) {
    const context = runContext();
    this.options = options;
    this.seed = context?.seed ?? options.seed ?? 1;
    this.startDateMs = (options.startDate ?? startDateDefault).getTime();
    this.#untilNs = context?.untilNs ?? Infinity;
    if (context?.heartbeat) this.engine.beat(context.heartbeat, context.onStop);
    this.engine.onMomentEnd = () => this.log.endMoment();
    this.observation = this.#createObservation(context?.share);
    this.#world = this.#createWorld();
    const { topology } = this.#network;
    this.#connections = new Connections(this.#linkWorld, topology, options.addresses);
    this.#shared = context?.share ? new SharedRuns(context.share, this.#createShared()) : undefined;
    context?.onSimulation?.(this);
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
    return SeededEntropy.fromSeed(this.seed, name);
  }

  /** A host. It boots when time passes, or when somebody reaches into it. */
  host(name: string, options: HostOptions = {}): SimulatedHost {
    const at = CallerLine.here();
    if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/.test(name) || ipVersion(name) !== 0) {
      throw scenarioError('ERR_LIBOS_HOST', `a host cannot be called ${JSON.stringify(name)}`, {
        hint: 'letters, digits, dots and hyphens make a name of up to 63 characters',
        at,
      });
    }
    const other = this.#hosts.find((host) => host.name === name);
    if (other) {
      throw scenarioError(
        'ERR_LIBOS_HOST',
        `there are two hosts called ${name}: the other one is of ${other.location}`,
        { at },
      );
    }
    const host = new SimulatedHost(this.#world, name, this.#hosts.length, options, at);
    this.#hosts.push(host);
    this.#network.add(host);
    return host;
  }

  /** Several hosts at once: `const [alice, bob] = sim.hosts('alice', 'bob')`. */
  hosts<const Names extends readonly string[]>(...names: Names): Hosts<Names> {
    return names.map((name) => this.host(name)) as unknown as Hosts<Names>;
  }

  /** Joins hosts, switches and other media, with a new NIC on each host. */
  connect(a: Connectable, b: Connectable, options: ConnectOptions = {}): Link {
    const at = CallerLine.here();
    for (const node of [a, b]) this.#checkOurs(node, at);
    const link = located(() => this.#connections.connect(a, b, options, at), at);
    this.observation.linkAdded(link);
    return link;
  }

  /** An Ethernet switch, to connect hosts and other switches to. */
  switch(name: string, options: SwitchOptions = {}): Switch {
    return this.#addMedium(name, () => new Switch(this.#linkWorld, name, options));
  }

  /** An Ethernet hub: what one sends all others get. */
  hub(name: string, options: HubOptions = {}): Hub {
    return this.#addMedium(name, () => new Hub(this.#linkWorld, name, options));
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
  async run(duration?: number | string): Promise<RunReport> {
    const durationNs =
      duration === undefined ? undefined : located(() => parseDurationNs(duration, 'run'));
    const endNs = durationNs === undefined ? Infinity : this.nowNs + durationNs;
    this.#prepare(endNs, durationNs === undefined ? 'until programs have ended' : 'for a time');
    if (durationNs === undefined) return this.#runPrograms();
    await this.#advance(endNs);
    return this.#report('time');
  }

  /** Lets time pass until a program has ended or a promise is settled, and gives its value. */
  async runUntil<T>(
    target: Program<T> | Promise<T>,
    { timeout = '1 h' }: { readonly timeout?: number | string } = {},
  ): Promise<T> {
    const timeoutNs = located(() => parseDurationNs(timeout, 'timeout'));
    const isSettled = this.#watch(target);
    const endNs = this.nowNs + timeoutNs;
    const what = target instanceof Promise ? 'a promise' : target.label;
    this.#prepare(endNs, `until ${what} has ended`);
    const isHere = target instanceof Promise || target.host.local;
    await this.#advance(endNs, () => (isHere && !isSettled() ? 1 : 0));
    if (isSettled()) return target instanceof Promise ? target : target.done;
    throw stallError(
      `what was waited for has not happened in ${timeout} of virtual time`,
      this.#view().live.map(({ text }) => text),
    );
  }

  /** Resolves when a duration has passed, outside of all hosts. */
  sleep(duration: number | string): Promise<void> {
    const atNs = this.nowNs + located(() => parseDurationNs(duration, 'sleep'));
    return new Promise((resolve) => void this.engine.callAt(atNs, resolve));
  }

  /** Calls back at a moment of virtual time, outside of all hosts: to cut a link, to crash a host. */
  at(time: number | string, callback: () => void): Cancellable {
    const at = CallerLine.here();
    const timeNs = located(() => parseDurationNs(time, 'at'), at);
    if (timeNs < this.nowNs) {
      throw scenarioError('ERR_LIBOS_PAST', `${time} is past: it is ${this.nowNs / 1e9} s`, { at });
    }
    return this.engine.callAt(timeNs, callback);
  }

  /** Boots everything and puts all addresses and routes in place. A run does it by itself. */
  start(): void {
    this.#settle();
  }

  /** Says whether a program has ended, or a promise is settled. */
  #watch(target: Program | Promise<unknown>): () => boolean {
    if (!(target instanceof Promise)) {
      // Whoever waits for it handles what it throws.
      void target.done;
      return () => target.outcome !== undefined;
    }
    if (this.#shared) {
      throw scenarioError('ERR_LIBOS_WORKERS', 'a promise is not settled in all workers at once', {
        hint: 'with several workers wait for a program: sim.runUntil(program), or sim.run() for all',
      });
    }
    let settled = false;
    const settle = (): void => void (settled = true);
    target.then(settle, settle);
    return () => settled;
  }

  #prepare(endNs: number, what: string): void {
    runContext()?.onRun?.(this, endNs);
    this.#settle();
    const { hosts, links } = this.topology;
    this.#shared?.begin(`${what}, ${endNs} ns, ${hosts.length} hosts, ${links.length} links`);
  }

  #settle(): void {
    if (this.#settledVersion === this.#network.version) return;
    this.#shared?.division.divide();
    this.#network.assignAddresses();
    // Booting changes nothing in the topology.
    for (const host of this.#hosts) if (host.local) host.settle();
    this.#settledVersion = this.#network.version;
  }

  async #runPrograms(): Promise<RunReport> {
    const count = (): number => this.#livePrograms().length;
    for (let quietLooks = 0; ;) {
      const before = this.#view().progress;
      await this.#advance(this.nowNs + lookNs, count);
      const { live, progress, waitsForTime } = this.#view();
      if (live.length === 0) return this.#report('ended');
      if (this.nowNs >= this.#untilNs) return this.#report('time');
      quietLooks = progress === before && !waitsForTime ? quietLooks + 1 : 0;
      const restless = live.filter(({ atRest }) => !atRest);
      if (quietLooks > 0 && restless.length === 0) return this.#report('resting');
      if (quietLooks < patienceLooks) continue;
      throw stallError(
        'nothing can happen any more, and not all programs have ended',
        restless.map(({ text }) => text),
      );
    }
  }

  /**
   * Lets time pass, until the moment in which no program is unfinished if that is asked for; what has failed in
   * it, or before, is thrown.
   */
  async #advance(endNs: number, unfinished?: () => number): Promise<void> {
    const watch = watchRejections();
    const lastNs = Math.min(endNs, Math.max(this.#untilNs, this.nowNs));
    let failures;
    try {
      failures = this.#shared
        ? await this.#shared.advance(lastNs, unfinished)
        : await this.#advanceAlone(lastNs, unfinished);
    } finally {
      watch[Symbol.dispose]();
    }
    this.#failures = [];
    if (failures.length > 0) throw failureOf(failures.map(({ error }) => error));
  }

  async #advanceAlone(lastNs: number, unfinished?: () => number): Promise<readonly Failure[]> {
    // Looked at when programs have run: an outcome that is asked for by then is somebody's to handle.
    try {
      await this.engine.run(lastNs, () => this.#failures.length > 0 || unfinished?.() === 0);
    } catch (error) {
      this.#engineFailed(error);
    }
    return this.#failures;
  }

  /** Something has been thrown outside of all programs; a kernel that dies is told of by its host. */
  #engineFailed(error: unknown): void {
    const host =
      error instanceof KernelPanic
        ? this.#hosts.find(({ name }) => name === error.host)
        : undefined;
    if (host) host.kernelDied(error as KernelPanic);
    else this.#failed(error instanceof Error ? error : new Error(String(error)));
  }

  #failed(error: Error): void {
    this.#failures.push({ timeNs: this.nowNs, error });
  }

  /** Programs of all workers that have not ended. */
  #view(): ProgramsView {
    return this.#shared?.view ?? this.#viewOwn();
  }

  #viewOwn(): ProgramsView {
    return viewPrograms(this.#livePrograms(), this.#progress);
  }

  /** Those of this thread. */
  #livePrograms(): readonly Program[] {
    return this.#hosts.flatMap((host) => [...host.livePrograms]);
  }

  #report(reason: RunReport['reason']): RunReport {
    const waiting = this.#view().live.map(({ text }) => text);
    return { reason, nowNs: this.nowNs, waiting };
  }

  #imageFor({ kernel: option, memoryMax = this.options.memoryMax }: HostOptions) {
    const kernel = loadKernel(option ?? this.options.kernel);
    let images = this.#images.get(kernel);
    if (!images) this.#images.set(kernel, (images = new Map<unknown, KernelImage>()));
    let image = images.get(memoryMax);
    if (!image) {
      image = bootImage(kernel, {
        entropy: this.entropy('boot'),
        startDateMs: this.startDateMs,
        quiet: this.options.addresses !== 'manual',
        ...(memoryMax === undefined ? {} : { memoryMax }),
      });
      images.set(memoryMax, image);
    }
    return { kernel, image };
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
      entropy: (name: string) => this.entropy(name),
      createScheduler: () => engine.createScheduler(),
      get nowNs() {
        return engine.nowNs;
      },
    };
  }

  #addMedium<M extends Medium>(name: string, create: () => M): M {
    const at = CallerLine.here();
    if ([...this.#hosts, ...this.#media].some((node) => node.name === name)) {
      throw scenarioError('ERR_LIBOS_TOPOLOGY', `${name} is the name of something else`, { at });
    }
    const medium = located(create, at);
    this.#media.push(medium);
    return medium;
  }

  #createShared(): SharedWorld {
    const { engine, reports, topology, observation } = this;
    return {
      ...{ engine, reports, topology, observation },
      nodesOf: (link) => this.#connections.nodesOf(link),
      failures: () => this.#failures,
      view: () => this.#viewOwn(),
      engineFailed: (error) => this.#engineFailed(error),
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
      imageFor: (options) => this.#imageFor(options),
      entropy: (name) => this.entropy(name),
      planAddresses: () => this.#network.assignAddresses(),
      routesOf: (host) => this.#network.routesOf(host),
      hostsFileOf: (host) => this.#network.hostsFileOf(host),
      resolve: (name, asker, version) => this.#network.resolve(name, asker, version),
      log: (host, source, level, text, fields) =>
        this.log.write(host, source, logLevels[level] ?? 'debug', text, fields),
      report: (program, key, value) => this.reports.add(program, key, value),
      failed: (error) => this.#failed(error),
      progressed: () => {
        this.#progress++;
      },
    };
  }
}

export type { HostNic };
