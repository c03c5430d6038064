// SPDX-License-Identifier: GPL-2.0-only

/**
 * Virtual time: takes events in order, and lets everything that can run do so before time moves on. Kernels run
 * at once; programs are given a turn of the real event loop, but only after an event that may have woken one.
 */
import {
  SimulatedClock,
  type Runnable,
  type Scheduler,
  type TargetId,
  type Timed,
  type Timeline,
} from '../host/index.js';
import { LibosError } from '../errors.js';
import { CallbackTable, type CallbackTableState, type KeyedCallback } from './callbacks.js';
import { EventQueue, type EventQueueState } from './event-queue.js';
import { allIslands, PartScheduler } from './part-scheduler.js';
import { heartbeatEvents, heartbeatLife, heartbeatStop, heartbeatTime } from './run-context.js';
import { RunList } from './run-list.js';

/** Schedulers that one simulation can have, and events that each can make: both fit into a double together. */
const schedulersMax = 2 ** 17;
const eventsMax = 2 ** 36;
/** Rounds of one moment after which time will not move any more. */
const roundsMaxDefault = 1_000_000;

/** Something to do between two moments. */
export interface Pause {
  readonly timeNs: number;
  readonly callback: () => void;
}

export interface EnginePlace {
  readonly schedulers: number;
  readonly targets: number;
}

/** Cloneable, but for callbacks of whoever drives the simulation. */
export interface EngineState {
  readonly nowNs: number;
  readonly events: number;
  readonly turns: number;
  /** Of each scheduler's next event. */
  readonly orders: Float64Array;
  readonly queue: EventQueueState;
  readonly place: EnginePlace;
  readonly callbacks: CallbackTableState;
  readonly pauses: readonly Pause[];
}

const nothing: Timed = { onTime: () => undefined };

/** @internal */
export class Engine implements Timeline {
  readonly clock = new SimulatedClock();
  #queue = new EventQueue();
  /** Whose turn it is. */
  #island = allIslands;
  /** What a heartbeat shows for the time while it is an island's turn. */
  #shownNs: number | undefined;
  readonly #turn: () => Promise<void>;
  readonly #targets: Timed[] = [];
  readonly #callbacks: CallbackTable;
  readonly #toRun = new RunList();
  readonly #deferred: (() => void)[] = [];
  /** What time waits for, in order: each gives what is to be called when it is done. */
  readonly #holds: Promise<() => void>[] = [];
  readonly #roundsMax: number;
  #momentNs = -1;
  #rounds = 0;
  #onMomentEnd: (() => void) | undefined;
  #heartbeat: Float64Array | undefined;
  #onStop: (() => void) | undefined;
  #programsMayRun = true;
  #running = false;
  #events = 0;
  #turns = 0;
  readonly #schedulers: PartScheduler[] = [];
  /** By time: callbacks between two moments. */
  readonly #pauses: Pause[] = [];
  #paused = false;

  /** `turn` lets promises go on. A moment of more than `roundsMax` rounds is taken for one that never ends. */
  constructor(turn: () => Promise<void>, { roundsMax = roundsMaxDefault } = {}) {
    this.#turn = turn;
    this.#roundsMax = roundsMax;
    this.#callbacks = new CallbackTable(this.createScheduler());
  }

  get nowNs(): number {
    return this.clock.nowNs;
  }

  /** Events so far. */
  get eventCount(): number {
    return this.#events;
  }

  createScheduler(): Scheduler {
    const number = this.#schedulers.length;
    if (number === schedulersMax) throw new Error('engine: there are too many hosts and links');
    const scheduler = new PartScheduler(this, number * eventsMax, this.#island);
    this.#schedulers.push(scheduler);
    return scheduler;
  }

  /** How many schedulers and targets there are: where the next ones will be. */
  get place(): EnginePlace {
    return { schedulers: this.#schedulers.length, targets: this.#targets.length };
  }

  /** Leaves places free, so that what is made next gets the places that it has in another simulation. */
  skipTo({ schedulers, targets }: EnginePlace): void {
    while (this.#schedulers.length < schedulers) this.createScheduler();
    while (this.#targets.length < targets) this.register(nothing);
  }

  /** From now on the scheduler of that number is an island's, or (allIslands) everybody's. */
  setIsland(scheduler: number, island: number): void {
    this.#schedulers[scheduler]!.island = island;
  }

  /** The island of the scheduler that asked for an event, by the event's order. */
  islandOf(order: number): number {
    return this.#schedulers[Math.floor(order / eventsMax)]!.island;
  }

  /** Whose turn it is. */
  get island(): number {
    return this.#island;
  }

  /**
   * Gives an island its turn: events are in its queue, and it is `nowNs` there. Schedulers of others throw, since
   * it is another time for them. Returns the queue that it takes the place of. Context: nothing is under way.
   */
  giveTurnTo(island: number, queue: EventQueue, nowNs: number, shownNs?: number): EventQueue {
    const before = this.#queue;
    this.#queue = queue;
    this.#island = island;
    this.#shownNs = shownNs;
    this.clock.reset(nowNs);
    this.#momentNs = -1;
    return before;
  }

  /** Forgets what was under way when something was thrown. Context: nothing will go on with it. */
  dropWork(): void {
    this.#toRun.clear();
    this.#deferred.length = 0;
    this.#holds.length = 0;
  }

  /** For the engine's schedulers. */
  register(target: Timed): TargetId {
    return this.#targets.push(target) - 1;
  }

  /** For the engine's schedulers. */
  add(timeNs: number, order: number, target: TargetId, a: number, b: number): void {
    if (timeNs < this.clock.nowNs) {
      throw new Error(`engine: an event for ${timeNs} ns at ${this.clock.nowNs} ns`);
    }
    this.#queue.add(timeNs, order, target, a, b);
  }

  runBeforeTimeMoves(kernel: Runnable): void {
    this.#toRun.add(kernel);
  }

  programsWoken(): void {
    this.#programsMayRun = true;
  }

  /** Who is told when nothing more happens at a moment: before time moves, and at the end of each run. */
  set onMomentEnd(callback: (() => void) | undefined) {
    this.#onMomentEnd = callback;
  }

  /**
   * Says from now on how far it is, in a heartbeat (run-context.ts), and calls `onStop` between two moments when
   * the heartbeat says so.
   */
  beat(heartbeat: Float64Array, onStop: (() => void) | undefined): void {
    this.#heartbeat = heartbeat;
    this.#onStop = onStop;
  }

  /** Something has got on that is neither an event nor time, as when a host has booted. */
  signOfLife(): void {
    if (this.#heartbeat) this.#heartbeat[heartbeatLife]!++;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Turns of the event loop that programs have been given. */
  get turn(): number {
    return this.#turns;
  }

  /** Calls back when a moment is over, before time moves on or the run ends: nothing is under way then. */
  pauseAt(timeNs: number, callback: () => void): Pause {
    const pause = { timeNs, callback };
    const after = this.#pauses.findIndex((other) => other.timeNs > timeNs);
    this.#pauses.splice(after < 0 ? this.#pauses.length : after, 0, pause);
    return pause;
  }

  cancelPause(pause: Pause): void {
    const at = this.#pauses.indexOf(pause);
    if (at >= 0) this.#pauses.splice(at, 1);
  }

  /** Calls back at a moment, after which programs may run. */
  callAt(timeNs: number, callback: () => void): KeyedCallback {
    return this.#callbacks.callAt(timeNs, callback);
  }

  /** Whether a callback is still to come. */
  awaitsCallback(key: number): boolean {
    return this.#callbacks.has(key);
  }

  /** Puts a callback in the place of one whose event is in a restored queue. */
  reviveCallback(key: number, timeNs: number, callback: () => void): KeyedCallback {
    return this.#callbacks.revive(key, timeNs, callback);
  }

  /** Calls back before time moves on, when no kernel is inside a call. */
  defer(callback: () => void): void {
    this.#deferred.push(callback);
    this.#programsMayRun = true;
  }

  /** Time does not move until `work` is done and what it gives has been called; it must not be rejected. */
  hold(work: Promise<() => void>): void {
    this.#holds.push(work);
    this.#programsMayRun = true;
  }

  /** When something happens next; Infinity: never. Context: not while an event happens. */
  get nextTimeNs(): number {
    return this.#queue.nextTimeNs;
  }

  /** When the first of the engine's own callbacks comes; Infinity: there is none. */
  get nextCallbackNs(): number {
    return this.#callbacks.nextTimeNs;
  }

  /** When the next pause is; Infinity: there is none. */
  get nextPauseNs(): number {
    return this.#pauses[0]?.timeNs ?? Infinity;
  }

  /**
   * Lets time pass to `endNs`, or to the end of the moment in which `stop` says so; it is asked when programs have
   * run. Returns false when nothing is left that could ever happen before it did.
   */
  async run(endNs: number, stop: () => boolean): Promise<boolean> {
    return this.drive(async () => {
      if (await this.advance(endNs, stop)) return true;
      if (endNs === Infinity) return false;
      this.moveTo(endNs);
      return true;
    });
  }

  /** A run that calls `advance` as it likes. */
  async drive<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running) {
      throw new LibosError('ERR_LIBOS_RUNNING', 'the simulation is running already', {
        hint: 'await each run before the next; programs wait with os.sleep',
      });
    }
    this.#running = true;
    this.#rounds = 0;
    // Whoever called has programs that have not gone on yet.
    this.#programsMayRun = true;
    try {
      return await run();
    } finally {
      this.#running = false;
      this.#onMomentEnd?.();
      if (this.#heartbeat) this.#tell(this.#heartbeat);
    }
  }

  /**
   * Everything up to and including `lastNs`, or to the end of the moment in which `stop` says so: true then. The
   * clock stays at the last event. Without `pauses` nothing pauses in between. Context: in `drive`.
   */
  async advance(
    lastNs: number,
    stop: () => boolean,
    { pauses = true }: { readonly pauses?: boolean } = {},
  ): Promise<boolean> {
    let stopped = false;
    for (;;) {
      const pauseNs = pauses ? this.nextPauseNs : Infinity;
      this.#runUntilProgramsMay(stopped ? this.clock.nowNs : Math.min(lastNs, pauseNs));
      if (this.#programsMayRun) {
        this.#programsMayRun = false;
        await this.giveTurn();
        this.signOfLife();
        stopped ||= stop();
        continue;
      }
      if (this.#holds.length === 0) {
        if (stopped || pauseNs > lastNs || pauseNs === Infinity) return stopped;
        this.pause(pauseNs);
        continue;
      }
      const done = await this.#holds.shift()!;
      done();
      this.#programsMayRun = true;
    }
  }

  /** This moment is over: it is then. Context: nothing happens in between. */
  moveTo(timeNs: number): void {
    if (timeNs === this.clock.nowNs) return;
    this.#onMomentEnd?.();
    if (this.#heartbeat) this.#tell(this.#heartbeat);
    this.clock.advanceTo(timeNs);
  }

  /** Everything up to `endNs`, or less if programs may run. */
  #runUntilProgramsMay(endNs: number): void {
    const queue = this.#queue;
    const targets = this.#targets;
    for (;;) {
      if (!this.#toRun.isEmpty || this.#deferred.length > 0) this.#settle();
      if (this.#programsMayRun) {
        this.#countRound(this.clock.nowNs);
        return;
      }
      const timeNs = queue.nextTimeNs;
      if (timeNs > endNs || timeNs === Infinity) return;
      if (timeNs !== this.clock.nowNs) {
        if (this.#holds.length > 0) return;
        this.moveTo(timeNs);
      }
      this.#countRound(timeNs);
      do {
        this.#events++;
        queue.take();
        targets[queue.target]!.onTime(queue.a, queue.b);
      } while (queue.nextTimeNs === timeNs);
    }
  }

  /** Lets promises go on. Context: in a run, or where there is none. */
  async giveTurn(): Promise<void> {
    this.#turns++;
    await this.#turn();
  }

  pause(timeNs: number): void {
    this.moveTo(timeNs);
    const { callback } = this.#pauses.shift()!;
    this.#paused = true;
    try {
      callback();
    } finally {
      this.#paused = false;
      this.#programsMayRun = true;
    }
  }

  /** Whether a snapshot can be taken: nothing is under way but what the queue has. Lets kernels do what is left. */
  settleKernels(): boolean {
    if ((this.#running && !this.#paused) || this.#holds.length > 0) return false;
    this.#toRun.run();
    return this.#deferred.length === 0;
  }

  saveState(): EngineState {
    return {
      nowNs: this.clock.nowNs,
      events: this.#events,
      turns: this.#turns,
      orders: Float64Array.from(this.#schedulers, ({ nextOrder }) => nextOrder),
      queue: this.#queue.save(),
      place: this.place,
      callbacks: this.#callbacks.saveState(),
      pauses: [...this.#pauses],
    };
  }

  /** Context: not in a run; all schedulers and targets of the state are there. */
  restoreState(state: EngineState): void {
    this.clock.reset(state.nowNs);
    this.#events = state.events;
    this.#turns = state.turns;
    for (const [index, scheduler] of this.#schedulers.entries()) {
      scheduler.nextOrder = state.orders[index] ?? index * eventsMax;
    }
    this.#queue.restore(state.queue);
    this.#callbacks.restoreState(state.callbacks);
    this.#pauses.splice(0, this.#pauses.length, ...state.pauses);
    this.#toRun.clear();
    this.#deferred.length = 0;
    this.#holds.length = 0;
    this.#momentNs = -1;
  }

  #tell(heartbeat: Float64Array): void {
    heartbeat[heartbeatTime] = this.#shownNs ?? this.clock.nowNs;
    heartbeat[heartbeatEvents] = this.#events;
    if (heartbeat[heartbeatStop] !== 0 && this.#running) this.#onStop?.();
  }

  #countRound(timeNs: number): void {
    if (timeNs !== this.#momentNs) {
      this.#momentNs = timeNs;
      this.#rounds = 0;
    } else if (++this.#rounds > this.#roundsMax) {
      this.#rounds = 0;
      throw new LibosError(
        'ERR_LIBOS_LIVELOCK',
        `time stands still at ${(timeNs / 1e9).toFixed(9)} s: ${this.#roundsMax} rounds have passed and there is always more to do${this.#busyNames()}`,
        {
          hint: 'look for frames that go round on links without delay, or a program that waits for 0 ns in a loop',
        },
      );
    }
  }

  #busyNames(): string {
    const names = this.#toRun.kernels.flatMap(({ name }) => (name === undefined ? [] : [name]));
    return names.length === 0 ? '' : `, on ${names.slice(0, 5).join(', ')}`;
  }

  /** Runs kernels and deferred callbacks until there are none. What throws leaves the rest for the next time. */
  #settle(): void {
    for (;;) {
      this.#toRun.run();
      if (this.#deferred.length === 0) return;
      this.#deferred.shift()!();
    }
  }
}
