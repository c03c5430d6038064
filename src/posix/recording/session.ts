// SPDX-License-Identifier: GPL-2.0-only
/**
 * What one program has of its host: a kernel port and a time of its own, recorded or not. From a mark of its log a
 * session can be made again: the program runs once more, is answered out of the log, and goes on with the kernel
 * where the log ends.
 */
import type { HostTime, KernelPort, Timer } from '../kernel-port.js';
import { ArgumentMemory } from './argument-memory.js';
import { CallLog, type LogMark } from './call-log.js';
import { Player } from './player.js';
import { operation, record, type Operation } from './records.js';
import { Recorder, type CallArguments, type Moment, type Tape } from './tape.js';

/** The world around a session. */
export interface SessionDriver extends Moment {
  /** Calls `fire(key)` of the session at a time of the host’s clock, which is whole; Infinity: never. */
  schedule(hostTimeNs: number, key: number): void;
  cancel(key: number): void;
  /** Calls back when no kernel is inside a call. */
  defer(callback: () => void): void;
}

export interface SessionOptions {
  /** Names the program in errors. */
  readonly name: string;
  /** Its port of the hub. */
  readonly port: KernelPort;
  readonly driver: SessionDriver;
  readonly recorded: boolean;
  /** Where the log of an earlier run had come: the program is run again up to there. */
  readonly from?: SessionMark;
}

export interface SessionMark extends LogMark {
  readonly messages: readonly string[];
  /** Of work in the real world. */
  readonly outcomes: readonly Promise<unknown>[];
}

export class ProgramSession {
  readonly name: string;
  readonly port: KernelPort;
  readonly time: HostTime;
  /** Called when the program begins, and again when it is run again. */
  onStart: () => void = () => undefined;
  readonly #driver: SessionDriver;
  readonly #memory: ArgumentMemory;
  readonly #timers = new Map<number, () => void>();
  readonly #deferred: (() => void)[] = [];
  readonly #messages: string[] = [];
  readonly #outcomes: Promise<unknown>[] = [];
  readonly #outsideWaits = new Map<number, () => void>();
  #nextOutside = 0;
  #log: CallLog | undefined;
  #recorder: Recorder | undefined;
  #player: Player | undefined;
  /** The key of the next timer. */
  nextKey = 0;
  #ended = false;

  constructor({ name, port, driver, recorded, from }: SessionOptions) {
    this.name = name;
    this.#driver = driver;
    this.#memory = new ArgumentMemory(port);
    if (from) {
      this.#messages.push(...from.messages);
      this.#outcomes.push(...from.outcomes);
      this.#log = CallLog.from(from);
      this.#player = new Player({
        log: this.#log,
        name,
        memory: this.#memory,
        port,
        messages: from.messages,
        stimulated: {
          start: () => this.onStart(),
          deferred: () => this.#deferred.shift()?.(),
          timer: (key) => this.#takeTimer(key)?.(),
          outside: (index) => this.#outsideWaits.get(index)?.(),
          wake: (cookie, events) => this.port.onWake(cookie, events),
          signal: (task) => this.port.onSignal(task),
        },
      });
    } else if (recorded) {
      this.#log = new CallLog();
    }
    if (this.#log) {
      this.#recorder = new Recorder(this.#log, port, this.#memory, driver, this.#messages);
    }
    this.port = this.#log ? new SessionPort(port, this.#memory, () => this.#tape) : port;
    if (this.#log) {
      port.onWake = (cookie, events) => {
        this.#recorder?.reported(record.wake, cookie, events);
        this.port.onWake(cookie, events);
      };
      port.onSignal = (task) => {
        this.#recorder?.reported(record.signal, task);
        this.port.onSignal(task);
      };
    }
    this.time = {
      nowNs: () => this.#player?.hostNowNs ?? driver.hostNowNs,
      at: (timeNs, callback) => this.#at(timeNs, callback),
      defer: (callback) => this.#defer(callback),
    };
  }

  /** True while the program is run again: what it says to the outside has been said. */
  get isRerunning(): boolean {
    return this.#player !== undefined;
  }

  get isRecorded(): boolean {
    return this.#log !== undefined;
  }

  /** Where in the kernel’s memory its arguments were: what is there after it was run again must be undone. */
  get argumentRanges(): ReadonlyMap<number, number> {
    return this.#memory.ranges;
  }

  /** What the log takes in memory. */
  get logBytes(): number {
    return this.#log?.sizeBytes ?? 0;
  }

  /** Timers that are to come. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Starts the program now. */
  begin(): void {
    this.#recorder?.stimulus(record.start);
    this.onStart();
  }

  /** The driver: the time of a timer has come. */
  fire(key: number): void {
    if (this.#ended) return;
    const callback = this.#takeTimer(key);
    if (!callback) return;
    this.#recorder?.stimulus(record.timer, key);
    callback();
  }

  /**
   * Work in the real world, which is done once: when the program is run again it has what came of it then. `work`
   * calls back when it gives out its outcome, and resolves after that.
   */
  outside<T>(work: (released: () => void) => Promise<T>): Promise<T> {
    const index = this.#nextOutside++;
    if (!this.#player) {
      const outcome = work(() => this.#recorder?.stimulus(record.outside, index));
      if (this.#log) this.#outcomes[index] = outcome;
      return outcome;
    }
    const released = new Promise<void>((resolve) => this.#outsideWaits.set(index, resolve));
    return released.then(() => this.#outcomes[index] as Promise<T>);
  }

  /** Where the log is, undefined without one. */
  mark(): SessionMark | undefined {
    return (
      this.#log && {
        ...this.#log.mark(),
        messages: [...this.#messages],
        outcomes: [...this.#outcomes],
      }
    );
  }

  /** The program has ended: nothing calls it back any more, and its log is not needed. */
  end(): void {
    this.#ended = true;
    this.#timers.clear();
    this.#deferred.length = 0;
    this.#log = undefined;
    this.#recorder = undefined;
  }

  /** While it is run again: the next turn in which it goes on, Infinity at the end. Throws a divergence. */
  get nextTurn(): number {
    return this.#player?.nextTurn ?? Infinity;
  }

  get nextTimeNs(): number {
    return this.#player?.nextTimeNs ?? Infinity;
  }

  /** Lets the program do what it did in that turn. */
  play(): void {
    this.#player?.play();
  }

  /** The log has come to its end: from now on the program calls the kernel. */
  goLive(): void {
    const left = this.#deferred.length;
    if (this.#player && (this.#player.nextTurn !== Infinity || left > 0)) {
      throw new Error(`${this.name}: it is not where its log ends`);
    }
    this.#player = undefined;
  }

  get #tape(): Tape {
    return this.#player ?? this.#recorder ?? endedTape;
  }

  #takeTimer(key: number): (() => void) | undefined {
    const callback = this.#timers.get(key);
    this.#timers.delete(key);
    return callback;
  }

  #at(timeNs: number, callback: () => void): Timer {
    if (this.#ended) return { cancel: () => undefined };
    const wholeNs = Math.max(0, Math.ceil(timeNs));
    if (this.#log) this.#tape.at(wholeNs);
    const key = this.nextKey++;
    this.#timers.set(key, callback);
    if (!this.#player) this.#driver.schedule(wholeNs, key);
    return {
      cancel: () => {
        if (this.#timers.delete(key) && !this.#player) this.#driver.cancel(key);
      },
    };
  }

  #defer(callback: () => void): void {
    if (this.#ended) return;
    if (this.#log) this.#tape.defer();
    this.#deferred.push(callback);
    if (!this.#player) this.#driver.defer(this.#runDeferred);
  }

  readonly #runDeferred = (): void => {
    const callback = this.#deferred.shift();
    if (!callback) return;
    this.#recorder?.stimulus(record.deferred);
    callback();
  };
}

/** A program that has ended calls nothing. */
const endedTape: Tape = {
  call: () => 0,
  defer: () => undefined,
  at: () => undefined,
};

class SessionPort implements KernelPort {
  readonly memory: KernelPort['memory'];
  onWake: KernelPort['onWake'] = () => undefined;
  onSignal: KernelPort['onSignal'] = () => undefined;
  readonly #port: KernelPort;
  readonly #arguments: ArgumentMemory;
  readonly #tape: () => Tape;

  constructor(port: KernelPort, memory: ArgumentMemory, tape: () => Tape) {
    this.#port = port;
    this.memory = port.memory;
    this.#arguments = memory;
    this.#tape = tape;
  }

  get death(): unknown {
    return this.#port.death;
  }

  useArena(arena: Parameters<NonNullable<KernelPort['useArena']>>[0]): void {
    this.#arguments.useArena(arena);
  }

  syscall(...args: CallArguments): number {
    return this.#tape().call(operation.syscall, ...args);
  }

  alloc(sizeBytes: number): number {
    return this.#call(operation.alloc, sizeBytes) >>> 0;
  }

  free(address: number): void {
    this.#call(operation.free, address);
  }

  processCreate(parent: number, flags: number): number {
    const task = this.#call(operation.processCreate, parent, flags);
    return task < 0 && task > -4096 ? task : task >>> 0;
  }

  processExit(task: number, status: number): void {
    this.#call(operation.processExit, task, status);
  }

  signalTake(task: number): number {
    return this.#call(operation.signalTake, task);
  }

  watch(task: number, fd: number, events: number, cookie: number): number {
    return this.#call(operation.watch, task, fd, events, cookie);
  }

  unwatch(cookie: number): number {
    return this.#call(operation.unwatch, cookie);
  }

  #call(what: Operation, a: number, b = 0, c = 0, d = 0): number {
    return this.#tape().call(what, a, b, c, d, 0, 0, 0, 0);
  }
}
