// SPDX-License-Identifier: GPL-2.0-only

/**
 * One Linux of a simulation. It is there before its kernel: NICs, configuration and programs are given to it, and
 * it boots when time begins to pass or when somebody reaches into it. It can crash and boot again.
 */
import { LibosError } from '../errors.js';
import { HostNic, type Entropy, type Offload, type Scheduler } from '../host/index.js';
import type { Kernel, KernelImage, KernelInstance } from '../kernel/index.js';
import { CLOCK_REALTIME } from '../posix/constants/process.js';
import { PosixHost, type HostTime } from '../posix/index.js';
import { parseDurationNs } from '../units.js';
import { CallbackTable } from './callbacks.js';
import { CallerLine, located, scenarioError } from './caller-line.js';
import type { Engine } from './engine.js';
import { HostCalls } from './host-calls.js';
import { HostClock } from './host-clock.js';
import { HostNetwork } from './host-network.js';
import type { HostOptions } from './host-options.js';
import { KernelTimer } from './kernel-timer.js';
import { Os } from './os.js';
import { Program, type ProgramFunction, type ProgramOptions } from './program.js';
import type { PlannedRoute } from './routes.js';
import type { Simulation } from './simulation.js';
import type { Attachment, Station } from './topology.js';

/** What a host asks of its simulation. */
export interface HostWorld {
  readonly simulation: Simulation;
  readonly engine: Engine;
  readonly startDateMs: number;
  /** A booted kernel and its image, for this host to start from. */
  imageFor(options: HostOptions): { readonly kernel: Kernel; readonly image: KernelImage };
  entropy(name: string): Entropy;
  /** Addresses have been given to all that is connected so far. */
  planAddresses(): void;
  routesOf(host: SimulatedHost): readonly PlannedRoute[];
  hostsFileOf(host: SimulatedHost): string;
  resolve(name: string, asker: SimulatedHost, version?: 4 | 6): string;
  log(
    host: SimulatedHost,
    source: 'program' | 'kernel' | 'fault',
    level: number,
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
  report(program: Program, key: string, value: unknown): void;
  /** Something has failed that nobody waits for: the run ends with it. */
  failed(error: Error): void;
  /** A program of a host has been woken or has asked for something. */
  progressed(): void;
}

/** planned: not booted yet. down: it has crashed. foreign: another thread runs it. */
export type HostState = 'planned' | 'up' | 'down' | 'foreign';

/** What goes with one boot. */
interface Boot {
  readonly kernel: KernelInstance;
  readonly posix: PosixHost;
  readonly network: HostNetwork;
}

export interface NicOptions {
  readonly mtu?: number;
  readonly offloads?: Partial<Record<Offload, boolean>>;
}

export class SimulatedHost implements Station {
  readonly name: string;
  readonly index: number;
  readonly clock: HostClock;
  readonly options: HostOptions;
  readonly attachments: Attachment[] = [];
  readonly #world: HostWorld;
  readonly #at: CallerLine;
  readonly #scheduler: Scheduler;
  readonly #timer: KernelTimer;
  /** Programs' and the POSIX side's, which a crash takes away, and the host's own, which it does not. */
  readonly #callbacks: CallbackTable;
  readonly #own: CallbackTable;
  readonly #nics: HostNic[] = [];
  readonly #nicOf = new Map<Attachment, HostNic>();
  readonly #steps: { readonly step: (host: HostCalls) => unknown; readonly at: CallerLine }[] = [];
  readonly #programs: Program[] = [];
  readonly #live = new Set<Program>();
  readonly #names = new Map<string, number>();
  #boot: Boot | undefined;
  #state: HostState = 'planned';
  #boots = 0;
  /** Of the steps of configuration, how many this boot has had. */
  #stepsRun = 0;

  /** Made by `simulation.host`. */
  constructor(world: HostWorld, name: string, index: number, options: HostOptions, at: CallerLine) {
    this.#world = world;
    this.name = name;
    this.index = index;
    this.options = options;
    this.#at = at;
    this.#scheduler = world.engine.createScheduler();
    this.clock = new HostClock(world.engine.clock, () => this.#clockChanged());
    this.#timer = new KernelTimer(this.#scheduler, this.clock);
    this.#callbacks = new CallbackTable(this.#scheduler, this.clock);
    this.#own = new CallbackTable(this.#scheduler);
  }

  /** What it is a part of. */
  get simulation(): Simulation {
    return this.#world.simulation;
  }

  /** Where it was asked for: "scenario.ts:3". */
  get location(): string {
    return this.#at.toString();
  }

  get state(): HostState {
    return this.#state;
  }

  /** Whether this thread runs it. */
  get local(): boolean {
    return this.#state !== 'foreign';
  }

  /** The kernel that runs now; boots the host if it has not. */
  get kernel(): KernelInstance {
    return this.#booted().kernel;
  }

  /** Its processes, settings and files; boots the host if it has not. */
  get posix(): PosixHost {
    return this.#booted().posix;
  }

  get nics(): readonly HostNic[] {
    return this.#nics;
  }

  /** The NIC behind an attachment of this host. */
  nicOf(attachment: Attachment): HostNic {
    return this.#nicOf.get(attachment)!;
  }

  /** All programs that it was given, those that have ended too. */
  get programs(): readonly Program[] {
    return this.#programs;
  }

  /** Those of them that run or will. */
  get livePrograms(): ReadonlySet<Program> {
    return this.#live;
  }

  /** How often it has booted. */
  get bootCount(): number {
    return this.#boots;
  }

  /** Whether it passes on what is not for it: by default with more than one interface that has addresses. */
  get forwards(): boolean {
    const { forwarding } = this.options;
    if (forwarding !== undefined) return forwarding;
    return (
      this.attachments.filter(({ families, wanted }) => families !== 'manual' || wanted.length > 0)
        .length > 1
    );
  }

  /** A new NIC, eth0 first; it is down, without an address and without a link. */
  addNic(options: NicOptions = {}): HostNic {
    const number = this.#nics.length;
    const nic = new HostNic(this.#scheduler, {
      name: `eth${number}`,
      hostName: this.name,
      mac: macAddress(this.index, number),
      ...options,
    });
    this.#nics.push(nic);
    if (this.#boot) nic.attach(this.#boot.kernel);
    return nic;
  }

  /** Context: called by the simulation, when a NIC has been connected. */
  attach(attachment: Attachment, nic: HostNic): void {
    this.attachments.push(attachment);
    this.#nicOf.set(attachment, nic);
  }

  /** What is set up when the host boots, at each boot and before its programs; now too if it is up already. */
  configure(step: (host: HostCalls) => void): void {
    const entry = { step, at: CallerLine.here() };
    this.#steps.push(entry);
    if (this.#boot) this.#configure(entry, this.#boot);
  }

  /** Reads a setting; with a value sets it, at each boot. */
  sysctl(name: string): string;
  sysctl(name: string, value: string | number): void;
  sysctl(name: string, value?: string | number): string | undefined {
    if (value === undefined) return this.posix.sysctl(name);
    this.configure((host) => void host.sysctl(name, value));
    return undefined;
  }

  /** Gives it a program, which starts when time passes, or at its time. */
  run<T>(program: ProgramFunction<T>, options: ProgramOptions = {}): Program<T> {
    const at = CallerLine.here();
    const name = this.#uniqueName(options.name ?? (program.name || 'program'));
    const number = this.#programs.length;
    const made = new Program(this, program, { ...options, name, number }, at);
    const { nowNs } = this.#world.engine;
    const startNs = located(() => parseDurationNs(options.at ?? nowNs, 'at'), at);
    if (startNs < nowNs) {
      throw scenarioError('ERR_LIBOS_PROGRAM', `${made.label}: at ${String(options.at)} is past`, {
        at,
      });
    }
    this.#programs.push(made);
    if (this.#state === 'foreign') made.makeForeign();
    else {
      this.#live.add(made);
      this.#own.callAt(startNs, () => this.#start(made));
    }
    return made;
  }

  /** The address of a host by its name, as this one sees it. */
  resolve(name: string, version?: 4 | 6): string {
    return this.#world.resolve(name, this, version);
  }

  /** The host is gone at once: its kernel, what its programs were doing, and all frames that it holds. */
  crash(): void {
    if (this.#state === 'foreign') return;
    if (this.#state !== 'up') {
      throw scenarioError(
        'ERR_LIBOS_HOST_DOWN',
        `${this.name} cannot crash: it is ${this.#state === 'down' ? 'down already' : 'not up yet'}`,
      );
    }
    const { kernel } = this.#boot!;
    this.#world.log(this, 'fault', 4, 'crashed');
    this.#down(kernel.kill('the host has crashed'));
  }

  /**
   * Boots it anew, at once or after a duration, from the image that it started from: with its NICs, addresses and
   * configuration, and the programs marked `restart`. A host that is up crashes first.
   */
  reboot({ after = 0 }: { readonly after?: string | number } = {}): void {
    const afterNs = located(() => parseDurationNs(after, 'after'));
    if (this.#state === 'foreign') return;
    if (this.#state === 'up') this.crash();
    if (afterNs === 0) this.#rise();
    else this.#own.callAt(this.#world.engine.nowNs + afterNs, () => this.#rise());
  }

  /** Says something in the simulation's log. */
  log(
    source: 'program' | 'kernel' | 'fault',
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.#world.log(this, source, 6, text, fields);
  }

  report(program: Program, key: string, value: unknown): void {
    this.#world.report(program, key, value);
  }

  failed(error: Error): void {
    this.#world.failed(error);
  }

  /** A program has ended. */
  forget(program: Program): void {
    this.#live.delete(program);
  }

  /** Context: called by the simulation before time passes: the host is up, with all that is planned. */
  settle(): void {
    if (this.#state === 'planned') this.#bootUp();
    if (this.#boot) this.#plan(this.#boot);
    this.#runSteps();
  }

  /** Another thread runs it. Context: before anything has booted. */
  makeForeign(): void {
    this.#state = 'foreign';
    for (const program of this.#programs) program.makeForeign();
    this.#live.clear();
    this.#own.clear();
  }

  /** Its kernel has died of itself. Context: called by the simulation, which tells of it. */
  kernelDied(error: Error): void {
    if (this.#boot) this.#down(error);
  }

  #booted(): Boot {
    if (this.#state === 'planned') {
      this.#bootUp();
      this.#runSteps();
    }
    if (this.#boot) return this.#boot;
    throw this.#state === 'foreign'
      ? new LibosError('ERR_LIBOS_FOREIGN_HOST', `${this.name} runs in another thread`, {
          hint: 'reach into a host from its own programs and from host.configure',
        })
      : new LibosError('ERR_LIBOS_HOST_DOWN', `${this.name} is down`);
  }

  #bootUp(): void {
    const { kernel: source, image } = this.#world.imageFor(this.options);
    this.#boots++;
    const entropyName =
      this.#boots === 1 ? `host ${this.name}` : `host ${this.name} boot ${this.#boots}`;
    const { console, onWarning } = this.options;
    const kernel = source.clone(image, {
      name: this.name,
      entropy: this.#world.entropy(entropyName),
      clock: this.clock,
      console: console ?? (({ level, text }) => this.#world.log(this, 'kernel', level, text)),
      ...(onWarning ? { onWarning } : {}),
    });
    this.#timer.attach(kernel);
    const posix = new PosixHost(kernel, this.#hostTime());
    const boot = { kernel, posix, network: new HostNetwork(this, posix, (a) => this.nicOf(a)) };
    this.#boot = boot;
    this.#state = 'up';
    this.#stepsRun = 0;
    this.#world.engine.signOfLife();
    posix.service.sethostname(this.name);
    for (const nic of this.#nics) nic.attach(kernel);
    this.#world.planAddresses();
    boot.network.address();
  }

  #runSteps(): void {
    while (this.#boot && this.#stepsRun < this.#steps.length) {
      this.#configure(this.#steps[this.#stepsRun]!, this.#boot);
    }
  }

  #configure(
    { step, at }: { step: (host: HostCalls) => unknown; at: CallerLine },
    boot: Boot,
  ): void {
    this.#stepsRun++;
    try {
      const result: unknown = step(new HostCalls(this, boot.posix));
      if (result instanceof Promise) {
        result.catch(() => undefined);
        throw new LibosError('ERR_LIBOS_CONFIGURE', 'the function is asynchronous', {
          hint: 'configuration does not wait; use host.run for what does',
        });
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw scenarioError('ERR_LIBOS_CONFIGURE', `${this.name}: configuration failed: ${why}`, {
        cause: error,
        at,
      });
    }
  }

  #plan(boot: Boot): void {
    boot.network.apply(this.#world.routesOf(this), this.#world.hostsFileOf(this));
  }

  #start(program: Program): void {
    if (program.state !== 'scheduled') return;
    if (!this.#boot) {
      program.hostDied(new LibosError('ERR_LIBOS_HOST_DOWN', `${this.name} is down`));
      return;
    }
    this.#world.progressed();
    program.start(new Os(program, this, this.openPosix(program), this.#clockStartNs()));
  }

  /** The POSIX side that a program gets. */
  openPosix(program: Program): PosixHost {
    if (!this.#boot) throw new Error(`${program.label}: its host is down`);
    return this.#boot.posix;
  }

  /** What CLOCK_MONOTONIC of this boot would have shown at the simulation's start. */
  #clockStartNs(): number {
    return this.clock.nowNs - this.clock.elapsedNs;
  }

  #down(error: Error): void {
    const boot = this.#boot!;
    this.#boot = undefined;
    this.#state = 'down';
    this.#timer.attach(undefined);
    this.#callbacks.clear();
    for (const program of [...this.#live]) program.hostDied(error);
    boot.posix.kernelDied(error);
    for (const nic of this.#nics) nic.detach();
    this.#world.engine.programsWoken();
  }

  #rise(): void {
    if (this.#state !== 'down') return;
    this.clock.restart();
    this.#bootUp();
    this.#setCalendar();
    this.#plan(this.#boot!);
    this.#runSteps();
    this.#world.log(this, 'fault', 5, 'has booted');
    for (const program of this.#live) {
      const { at } = program.options;
      const startNs = at === undefined ? 0 : parseDurationNs(at, 'at');
      if (program.options.restart === true && startNs <= this.#world.engine.nowNs)
        this.#start(program);
    }
  }

  #clockChanged(): void {
    this.#timer.retime();
    this.#callbacks.retime();
    if (this.#boot) this.#setCalendar();
  }

  /** CLOCK_REALTIME is what the simulation's start, the time since and the clock's offset make it. */
  #setCalendar(): void {
    const ns = this.clock.elapsedNs + this.clock.offsetNs;
    const seconds = Math.floor(ns / 1e9) + Math.floor(this.#world.startDateMs / 1000);
    const nanoseconds = ns - Math.floor(ns / 1e9) * 1e9 + (this.#world.startDateMs % 1000) * 1e6;
    const carry = nanoseconds >= 1e9 ? 1 : 0;
    this.#boot!.posix.service.clockSettime(CLOCK_REALTIME, {
      seconds: seconds + carry,
      nanoseconds: nanoseconds - carry * 1e9,
    });
  }

  #hostTime(): HostTime {
    const { engine } = this.#world;
    const progressed = (callback: () => void) => (): void => {
      this.#world.progressed();
      callback();
    };
    return {
      nowNs: () => this.clock.nowNs,
      at: (timeNs, callback) => this.#callbacks.callAt(timeNs, progressed(callback)),
      defer: (callback) => {
        this.#world.progressed();
        engine.defer(callback);
      },
    };
  }

  #uniqueName(wanted: string): string {
    const count = (this.#names.get(wanted) ?? 0) + 1;
    this.#names.set(wanted, count);
    return count === 1 ? wanted : this.#uniqueName(`${wanted}-${count}`);
  }
}

/** A locally administered address: host and NIC can be read off it. */
function macAddress(host: number, nic: number): Uint8Array {
  return Uint8Array.of(0x02, 0x00, host >>> 16, host >>> 8, host, nic);
}
