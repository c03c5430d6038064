// SPDX-License-Identifier: GPL-2.0-only

/**
 * One Linux of a simulation. It is there before its kernel: NICs, configuration and programs are given to it, and
 * it boots when time begins to pass or when somebody reaches into it. It can crash and boot again.
 */
import { LibosError } from '../errors.js';
import type { HostNic, HostNicState, Scheduler, TargetId } from '../host/index.js';
import type { HostedKernel, KernelPanic } from '../kernel/index.js';
import type { PosixHost } from '../posix/index.js';
import type { ProgramSession } from '../posix/recording/index.js';
import { parseDurationNs } from '../units.js';
import { CallerLine, located, scenarioError } from './caller-line.js';
import { HostBoot, type ConfigureStep, type HostBootState } from './host-boot.js';
import type { HostCalls } from './host-calls.js';
import { HostClock } from './host-clock.js';
import { HostNics, type NicOptions } from './host-nics.js';
import type { HostOptions } from './host-options.js';
import type { HostStart } from './host-start.js';
import { HostPrograms, type HostProgramsState } from './host-programs.js';
import type { OpenProgram } from './host-sessions.js';
import { HostTimers } from './host-timers.js';
import type { HostWorld } from './host-world.js';
import { KernelTimer } from './kernel-timer.js';
import { Os } from './os.js';
import {
  currentProgram,
  type Program,
  type ProgramFunction,
  type ProgramOptions,
} from './program.js';
import type { Simulation } from './simulation.js';
import type { Attachment, Station } from './topology.js';

/** planned: not booted yet. down: it has crashed. foreign: another thread runs it. */
export type HostState = 'planned' | 'up' | 'down' | 'foreign';

/** What a snapshot has of a host. */
export interface HostSnapshot {
  readonly name: string;
  readonly state: HostState;
  readonly boots: number;
  readonly boot: HostBootState | undefined;
  readonly nics: readonly HostNicState[];
  readonly clock: unknown;
  readonly timer: unknown;
  readonly timers: unknown;
  readonly steps: readonly ConfigureStep[];
  readonly programs: HostProgramsState;
}

/** What happens to a host at a time. */
const lifecycle = { start: 0, rise: 1 } as const;

/**
 * One Linux of a simulation: what `simulation.host` gives. It boots when time passes, or when somebody reaches into
 * it.
 */
export class SimulatedHost implements Station {
  readonly name: string;
  readonly index: number;
  readonly clock: HostClock;
  readonly options: HostOptions;
  readonly #world: HostWorld;
  readonly #at: CallerLine;
  readonly #scheduler: Scheduler;
  readonly #timer: KernelTimer;
  /** Programs' and the POSIX side's: a crash takes them away, … */
  readonly #timers: HostTimers;
  /** … but not what is to become of the host itself. */
  readonly #lifecycle: TargetId;
  readonly #nics: HostNics;
  #steps: ConfigureStep[] = [];
  readonly #programs = new HostPrograms(this);
  #boot: HostBoot | undefined;
  #state: HostState = 'planned';
  #boots = 0;

  /** Made by `simulation.host`. @internal */
  constructor(world: HostWorld, name: string, index: number, options: HostOptions, at: CallerLine) {
    this.#world = world;
    this.name = name;
    this.index = index;
    this.options = options;
    this.#at = at;
    this.#scheduler = world.engine.createScheduler();
    this.#nics = new HostNics(this, this.#scheduler);
    const mayChange = (): boolean => this.simulation.snapshots.mayChange(this);
    this.clock = new HostClock(this.#scheduler, () => this.#clockChanged(), mayChange);
    this.#timer = new KernelTimer(this.#scheduler, this.clock);
    this.#timers = new HostTimers(this.#scheduler, this.clock);
    this.#lifecycle = this.#scheduler.register({
      onTime: (what, number) => this.#turn(what, number),
    });
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
  get kernel(): HostedKernel {
    return this.#booted().kernel;
  }

  /** Its processes, settings and files; boots the host if it has not. */
  get posix(): PosixHost {
    return this.#booted().posix;
  }

  get nics(): readonly HostNic[] {
    return this.#nics.all;
  }

  /** @internal */
  get attachments(): readonly Attachment[] {
    return this.#nics.attachments;
  }

  /** The NIC behind an attachment of this host. @internal */
  nicOf(attachment: Attachment): HostNic {
    return this.#nics.of(attachment);
  }

  /** All programs that it was given, those that have ended too. */
  get programs(): readonly Program[] {
    return this.#programs.all;
  }

  /** Those of them that run or will. @internal */
  get livePrograms(): ReadonlySet<Program> {
    return this.#programs.live;
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
    const nic = this.#nics.create(options);
    if (this.#boot) nic.attach(this.#boot.kernel);
    return nic;
  }

  /** Context: called by the simulation, when a NIC has been connected. @internal */
  attach(attachment: Attachment, nic: HostNic): void {
    this.#nics.connected(attachment, nic);
  }

  /** What is set up when the host boots, at each boot and before its programs; now too if it is up already. */
  configure(step: (host: HostCalls) => void): void {
    if (!this.simulation.snapshots.mayChange(this)) return;
    this.#steps.push({ step, at: CallerLine.here() });
    this.#boot?.configure(this.#steps);
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
    const parent = currentProgram();
    if (parent?.replaying === true) return parent.respawn(this, program);
    this.simulation.snapshots.mayChange(this);
    const at = CallerLine.here();
    const made = this.#programs.create(program, options, at);
    const { nowNs } = this.#world.engine;
    const startNs = located(() => parseDurationNs(options.at ?? nowNs, 'at'), at);
    if (startNs < nowNs) {
      throw scenarioError('ERR_LIBOS_PROGRAM', `${made.label}: at ${String(options.at)} is past`, {
        at,
      });
    }
    this.#programs.add(made);
    parent?.spawned(made);
    if (this.#state === 'foreign') made.makeForeign();
    else {
      this.#scheduler.at(startNs, this.#lifecycle, lifecycle.start, made.number);
    }
    return made;
  }

  /** The address of a host by its name, as this one sees it. */
  resolve(name: string, version?: 4 | 6): string {
    return this.#world.resolve(name, this, version);
  }

  /** The host is gone at once: its kernel, what its programs were doing, and all frames that it holds. */
  crash(): void {
    if (this.#state === 'foreign' || !this.simulation.snapshots.mayChange(this)) return;
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
    if (this.#state === 'foreign' || !this.simulation.snapshots.mayChange(this)) return;
    if (this.#state === 'up') this.crash();
    if (afterNs === 0) this.#rise();
    else this.#scheduler.at(this.#scheduler.nowNs + afterNs, this.#lifecycle, lifecycle.rise, 0);
  }

  /** Says something in the simulation's log. */
  log(
    source: 'program' | 'kernel' | 'fault',
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.#world.log(this, source, 6, text, fields);
  }

  /** @internal */
  report(program: Program, key: string, value: unknown): void {
    this.#world.report(program, key, value);
  }

  /** @internal */
  failed(error: Error): void {
    this.#world.failed(error);
  }

  /** A program has ended. @internal */
  forget(program: Program): void {
    this.#programs.forget(program);
    this.#boot?.sessions.close(program);
  }

  /** Context: called by the simulation before time passes: the host is up, with all that is planned. @internal */
  settle(): void {
    if (this.#state === 'planned') located(() => this.#plan(this.#bootUp()), this.#at);
    else if (this.#boot) this.#plan(this.#boot);
    this.#boot?.configure(this.#steps);
  }

  /** Another thread runs it. Context: before anything has booted. @internal */
  makeForeign(): void {
    this.#state = 'foreign';
    this.#programs.makeForeign();
  }

  /** Its kernel has died of itself: its programs end, and so does the run, with what it died of. @internal */
  kernelDied(panic: KernelPanic, told = false): void {
    if (this.#boot?.kernel.death !== panic) return;
    this.#world.log(this, 'fault', 2, panic.message);
    if (!told) this.#world.failed(panic);
    this.#down(panic);
  }

  /** Its simulation is over: no program of it is told. @internal */
  end(): void {
    if (this.#boot) this.#down();
  }

  /** Context: nothing is under way. Throws when something of it cannot be brought back. @internal */
  saveState(): HostSnapshot {
    return {
      name: this.name,
      state: this.#state,
      boots: this.#boots,
      boot: this.#boot?.saveState(),
      nics: this.#nics.saveState(),
      clock: this.clock.saveState(),
      timer: this.#timer.saveState(),
      timers: this.#timers.saveState(),
      steps: [...this.#steps],
      programs: this.#programs.saveState(),
    };
  }

  /** Has as many programs as there were, as yet without what they did. @internal */
  restorePrograms({ programs }: HostSnapshot): void {
    this.#programs.restoreCount(programs);
  }

  /**
   * Goes back, all but the kernel's last word: what ran is given up, and programs that were running are to be run
   * again, by the sessions that it returns; after them comes `endRestore`.
   * @internal
   */
  beginRestore(saved: HostSnapshot, hosts: readonly SimulatedHost[]): readonly ProgramSession[] {
    const reason = `${this.name} has gone back to a snapshot: ask the host for what it has now`;
    this.#boot?.sessions.retire(new LibosError('ERR_LIBOS_RESTORED', reason));
    this.#timer.attach(undefined);
    this.#timers.clear();
    this.#state = saved.state;
    this.#boots = saved.boots;
    this.#steps = [...saved.steps];
    this.clock.restoreState(saved.clock);
    this.#programs.restoreState(saved.programs, hosts);
    this.#boot?.end();
    this.#boot = undefined;
    if (saved.boot) {
      const { start } = saved.boot;
      if (this.#world.startFor(this.options).kernel !== start.kernel) {
        throw new LibosError('ERR_LIBOS_SNAPSHOT', `${this.name} had another kernel then`);
      }
      this.#boot = this.#createBoot(start, this.#entropyName(), false);
    }
    // So that a program that is run again reaches no kernel by a link either.
    this.#nics.detach();
    const { sessions } = this.#boot ?? {};
    const again = (saved.boot?.sessions.marks ?? []).map(([number, mark]) => {
      const program = this.programs[number]!;
      return this.#prepare(program, sessions!.open(program, mark));
    });
    sessions?.refuseOthers();
    return again;
  }

  /** Context: programs have been run again. @internal */
  endRestore(saved: HostSnapshot): void {
    this.clock.restoreState(saved.clock);
    if (saved.boot) this.#boot!.restoreState(saved.boot);
    this.#nics.restoreState(this.#boot?.kernel, saved.nics);
    this.#timers.restoreState(saved.timers);
    this.#timer.restoreState(saved.timer);
  }

  #booted(): HostBoot {
    if (this.#state === 'planned') {
      located(() => this.#bootUp().network.address(), this.#at);
      this.#boot!.configure(this.#steps);
    }
    if (this.#boot) return this.#boot;
    throw this.#state === 'foreign'
      ? new LibosError('ERR_LIBOS_FOREIGN_HOST', `${this.name} runs in another thread`, {
          hint: 'reach into a host from its own programs and from host.configure',
        })
      : new LibosError('ERR_LIBOS_HOST_DOWN', `${this.name} is down`);
  }

  /** Nothing of the plan is in its kernel yet. */
  #bootUp(): HostBoot {
    this.#boots++;
    const boot = this.#createBoot(this.#world.startFor(this.options), this.#entropyName());
    this.#boot = boot;
    this.#state = 'up';
    this.#world.engine.signOfLife();
    boot.posix.service.sethostname(this.name);
    // The image has the calendar of a host that boots with the simulation, by a clock that is right.
    if (this.#boots > 1 || this.clock.offsetNs !== 0) this.#setCalendar();
    this.#nics.attach(boot.kernel);
    this.#world.planAddresses();
    return boot;
  }

  #entropyName(): string {
    return this.#boots === 1 ? `host ${this.name}` : `host ${this.name} boot ${this.#boots}`;
  }

  #createBoot(start: HostStart, entropyName: string, reseed = true): HostBoot {
    const { console, onWarning } = this.options;
    const { engine, recorded } = this.#world;
    const boot = new HostBoot({
      ...{ host: this, hostName: this.name, start, reseed },
      ...{ engine, recorded, clock: this.clock, timers: this.#timers },
      progressed: () => this.#world.progressed(),
      resolve: (name) => this.resolve(name),
      entropy: this.#world.entropy(entropyName),
      console: console ?? (({ level, text }) => this.#world.log(this, 'kernel', level, text)),
      ...(onWarning ? { onWarning } : {}),
    });
    this.#timer.attach(boot.kernel);
    boot.kernel.onDeath = (death) => {
      // A call that the scenario makes between runs throws to it.
      const told = !engine.running;
      engine.defer(() => this.kernelDied(death, told));
    };
    return boot;
  }

  #plan(boot: HostBoot): void {
    boot.network.apply(this.#world.routesOf(this), this.#world.hostsFileOf(this));
  }

  #start(program: Program): void {
    if (program.state !== 'scheduled') return;
    if (!this.#boot) {
      program.hostDied(new LibosError('ERR_LIBOS_HOST_DOWN', `${this.name} is down`));
      return;
    }
    this.#world.progressed();
    this.#prepare(program, this.#boot.sessions.open(program)).begin();
  }

  /** What the program does when it begins, now or once more. */
  #prepare(program: Program, { session, posix }: OpenProgram): ProgramSession {
    program.session = session;
    session.onStart = () =>
      program.start(new Os(program, this, posix, this.clock.nowNs - this.clock.elapsedNs));
    return session;
  }

  /** Without an error nobody is told. */
  #down(error?: Error): void {
    const boot = this.#boot!;
    this.#boot = undefined;
    this.#state = 'down';
    this.#timer.attach(undefined);
    if (error) {
      for (const program of [...this.livePrograms]) program.hostDied(error);
      boot.sessions.kernelDied(error);
    }
    this.#timers.clear();
    this.#nics.detach();
    boot.end();
    this.#world.engine.programsWoken();
  }

  #rise(): void {
    if (this.#state !== 'down') return;
    this.clock.restart();
    const boot = this.#bootUp();
    this.#plan(boot);
    boot.configure(this.#steps);
    this.#world.log(this, 'fault', 5, 'has booted');
    for (const program of this.livePrograms) {
      const { at } = program.options;
      const startNs = at === undefined ? 0 : parseDurationNs(at, 'at');
      if (program.options.restart === true && startNs <= this.#world.engine.nowNs)
        this.#start(program);
    }
  }

  #clockChanged(): void {
    this.#timer.retime();
    this.#timers.retime();
    if (this.#boot) this.#setCalendar();
  }

  /** CLOCK_REALTIME is what the simulation's start, the time since and the clock's offset make it. */
  #setCalendar(): void {
    this.#boot!.setCalendar(this.#world.startDateMs, this.clock.elapsedNs + this.clock.offsetNs);
  }

  #turn(what: number, number: number): void {
    if (this.#state === 'foreign') return;
    this.#world.engine.programsWoken();
    if (what === lifecycle.rise) this.#rise();
    else this.#start(this.programs[number]!);
  }
}
