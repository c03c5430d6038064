// SPDX-License-Identifier: GPL-2.0-only

/** Hosts, what joins them, and the virtual time they share. Made whole first; it starts when time passes. */
import { SeededEntropy, turnOfEventLoop, type HostNic } from '../host/index.js';
import { FramePool, type Capture, type Link, type Medium } from '../link/index.js';
import { KernelPanic, type Kernel, type KernelImage } from '../kernel/index.js';
import { ipVersion } from '../posix/index.js';
import { parseDurationNs } from '../units.js';
import { AddressPlan } from './addresses.js';
import { CallerLine, located, scenarioError } from './caller-line.js';
import { Connections, type Connectable, type ConnectOptions } from './connect.js';
import { Engine } from './engine.js';
import { bootImage, loadKernel, type HostOptions, type KernelOption } from './host-options.js';
import { Names } from './names.js';
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
import { RoutePlan, type PlannedRoute } from './routes.js';
import { runContext } from './run-context.js';
import { failureOf, stallError, describeProgram, type RunReport } from './run-report.js';
import { SimulationLog, logLevels } from './log.js';
import { SimulatedHost, type HostWorld } from './simulated-host.js';
import { Topology, type AddressFamilies } from './topology.js';
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
  readonly #topology = new Topology();
  readonly #addresses = new AddressPlan();
  readonly #names = new Names(this.#topology);
  readonly #hosts: SimulatedHost[] = [];
  readonly #media: Medium[] = [];
  readonly #world: HostWorld;
  readonly #connections: Connections;
  readonly #untilNs: number;
  /** A booted image of each kernel and limit of memory; every host starts from one. */
  readonly #images = new Map<Kernel, Map<unknown, KernelImage>>();
  #routes: { readonly version: number; readonly plan: RoutePlan } | undefined;
  #settledVersion = -1;
  #failures: Error[] = [];
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
    this.observation = this.#createObservation();
    this.#world = this.#createWorld();
    this.#connections = this.#createConnections();
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
    this.#topology.addStation(host);
    this.#names.add(host);
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
    this.#prepare(endNs);
    if (durationNs === undefined) return this.#runPrograms();
    await this.#advance(endNs, () => false);
    return this.#report('time');
  }

  /** Lets time pass until a program has ended or a promise is settled, and gives its value. */
  async runUntil<T>(
    target: Program<T> | Promise<T>,
    { timeout = '1 h' }: { readonly timeout?: number | string } = {},
  ): Promise<T> {
    const timeoutNs = located(() => parseDurationNs(timeout, 'timeout'));
    const promise = target instanceof Promise ? target : target.done;
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    const endNs = this.nowNs + timeoutNs;
    this.#prepare(endNs);
    await this.#advance(endNs, () => settled);
    // A getter would hide that the callbacks above have changed it.
    if (settled as boolean) return promise;
    throw stallError(
      `what was waited for has not happened in ${timeout} of virtual time`,
      this.#livePrograms(),
    );
  }

  /** Resolves when a duration has passed, outside of all hosts. */
  sleep(duration: number | string): Promise<void> {
    const atNs = this.nowNs + located(() => parseDurationNs(duration, 'sleep'));
    return new Promise((resolve) => void this.engine.callAt(atNs, resolve));
  }

  /** Boots everything and puts all addresses and routes in place. A run does it by itself. */
  start(): void {
    this.#settle();
  }

  #prepare(endNs: number): void {
    runContext()?.onRun?.(this, endNs);
    this.#settle();
  }

  #settle(): void {
    if (this.#settledVersion === this.#topology.version) return;
    this.#planAddresses();
    // Booting changes nothing in the topology.
    for (const host of this.#hosts) if (host.local) host.settle();
    this.#settledVersion = this.#topology.version;
  }

  async #runPrograms(): Promise<RunReport> {
    for (let quietLooks = 0; ;) {
      const before = this.#progress;
      const ended = (): boolean => this.#livePrograms().length === 0;
      await this.#advance(this.nowNs + lookNs, ended);
      const live = this.#livePrograms();
      if (live.length === 0) return this.#report('ended');
      if (this.nowNs >= this.#untilNs) return this.#report('time');
      const waits = live.some((program) => program.waitsForTime);
      quietLooks = this.#progress === before && !waits ? quietLooks + 1 : 0;
      if (quietLooks > 0 && live.every((program) => program.atRest)) return this.#report('resting');
      if (quietLooks < patienceLooks) continue;
      throw stallError(
        'nothing can happen any more, and not all programs have ended',
        live.filter((program) => !program.atRest),
      );
    }
  }

  /** Runs the engine; what has failed in it, or before, is thrown. */
  async #advance(endNs: number, stop: () => boolean): Promise<void> {
    const watch = watchRejections();
    const lastNs = Math.min(endNs, Math.max(this.#untilNs, this.nowNs));
    // Looked at when programs have run: an outcome that is asked for by then is somebody's to handle.
    try {
      await this.engine.run(lastNs, () => this.#failures.length > 0 || stop());
    } catch (error) {
      this.#kernelFailed(error);
    } finally {
      watch[Symbol.dispose]();
    }
    if (this.#failures.length === 0) return;
    const failures = this.#failures;
    this.#failures = [];
    throw failureOf(failures);
  }

  /** A kernel that dies takes its programs with it, and the run ends with what it died of. */
  #kernelFailed(error: unknown): void {
    if (error instanceof KernelPanic) {
      const host = this.#hosts.find(({ name }) => name === error.host);
      host?.kernelDied(error);
    }
    this.#failures.unshift(error instanceof Error ? error : new Error(String(error)));
  }

  #livePrograms(): readonly Program[] {
    return this.#hosts.flatMap((host) => [...host.livePrograms]);
  }

  #report(reason: RunReport['reason']): RunReport {
    const waiting = this.#livePrograms().map(describeProgram);
    return { reason, nowNs: this.nowNs, waiting };
  }

  #planAddresses(): void {
    this.#addresses.assign(this.#topology.takeChanged());
  }

  #routesOf(host: SimulatedHost): readonly PlannedRoute[] {
    const { version } = this.#topology;
    if (this.#routes?.version !== version) {
      this.#routes = { version, plan: new RoutePlan(this.#topology) };
    }
    return this.#routes.plan.routesOf(host);
  }

  #resolve(name: string, asker: SimulatedHost, version?: 4 | 6): string {
    if (ipVersion(name.replace(/%.*$/, '')) !== 0) return name;
    if (name === 'localhost') return version === 6 ? '::1' : '127.0.0.1';
    const address = this.#names.addressOf(name, asker, version);
    if (address) return address.address;
    if (this.#names.has(name)) {
      throw scenarioError(
        'ERR_LIBOS_NAME',
        `${asker.name} looks for ${name}, which has no ${version === undefined ? '' : `IPv${version} `}address`,
        { hint: 'connect it, or give it an address' },
      );
    }
    throw scenarioError(
      'ERR_LIBOS_NAME',
      `${asker.name} looks for ${JSON.stringify(name)}, but there is no such host`,
      {
        hint: `there are ${this.#names.names.slice(0, 10).join(', ')}`,
      },
    );
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

  #createConnections(): Connections {
    const { engine } = this;
    const world = {
      frames: this.frames,
      entropy: (name: string) => this.entropy(name),
      createScheduler: () => engine.createScheduler(),
      get nowNs() {
        return engine.nowNs;
      },
    };
    return new Connections(world, this.#topology, this.options.addresses);
  }

  #createObservation(): Observation {
    const { engine } = this;
    const world: ObservedWorld = {
      now: engine.clock,
      startDateMs: this.startDateMs,
      log: this.log,
      hosts: this.#hosts,
      links: () => this.links,
      createScheduler: () => engine.createScheduler(),
      defer: (callback) => engine.defer(callback),
      partSuffix: undefined,
    };
    return new Observation(world, this.options.digest ?? 'headers');
  }

  #createWorld(): HostWorld {
    return {
      simulation: this,
      engine: this.engine,
      startDateMs: this.startDateMs,
      imageFor: (options) => this.#imageFor(options),
      entropy: (name) => this.entropy(name),
      planAddresses: () => this.#planAddresses(),
      routesOf: (host) => this.#routesOf(host),
      hostsFileOf: (host) => this.#names.hostsFile(host),
      resolve: (name, asker, version) => this.#resolve(name, asker, version),
      log: (host, source, level, text, fields) =>
        this.log.write(host, source, logLevels[level] ?? 'debug', text, fields),
      report: (program, key, value) => this.reports.add(program, key, value),
      failed: (error) => void this.#failures.push(error),
      progressed: () => {
        this.#progress++;
      },
    };
  }
}

export type { HostNic };
