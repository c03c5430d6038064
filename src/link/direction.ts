// SPDX-License-Identifier: GPL-2.0-only

/**
 * One direction of a link: the near end (queue and rate), what happens on the way (rules, loss, duplicates, bit
 * errors, delay), and the far end. The near half and the far half share nothing but the frames handed over and
 * what is set from outside, so that each may be in a worker of its own.
 */
import type {
  FrameOffloads,
  Scheduler,
  SeededEntropy,
  Stateful,
  Xoshiro128State,
} from '../host/index.js';
import { Arrivals, type Receiver } from './arrivals.js';
import { createOffloads, type Attachment, type AttachmentSink } from './attachment.js';
import { DirectCopy, takeSegment } from './copy.js';
import type { DirectionCounters, ReceivedCounters, SentCounters } from './counters.js';
import type { LinkEnd } from './end.js';
import type { FrameHandle, FramePool } from './frame-pool.js';
import { FrameView } from './frame-view.js';
import { Rules, type Rule } from './impairments/rules.js';
import type { FrameStage, StageContext } from './impairments/stage.js';
import { Stages } from './impairments/stages.js';
import { drawJitterNs } from './impairments/time.js';
import type { DirectionOptions } from './options.js';
import { OptionsHistory, type SavedOptions } from './options-history.js';
import { completeChecksum, segmentCount } from './segment.js';
import {
  fail,
  minimalDelayNs,
  overlay,
  parseDirection,
  type DirectionSettings,
} from './settings.js';
import {
  isLastStep,
  isWholeStep,
  Transmitter,
  type Departures,
  type Pacer,
  type TransmitterCounters,
} from './transmitter.js';
import type { LinkWorld, RemoteSink } from './world.js';

export interface DirectionPlace {
  readonly name: 'forward' | 'backward';
  readonly linkName: string;
  /** Among all directions of the simulation, by creation. */
  readonly number: number;
  readonly from: LinkEnd;
  readonly to: LinkEnd;
}

export interface CheckedOptions {
  readonly options: DirectionOptions;
  readonly settings: DirectionSettings;
}

interface DirectionState {
  readonly options: SavedOptions;
  readonly transmitter: unknown;
  readonly arrivals: unknown;
  readonly stages: unknown;
  readonly streams: readonly (readonly [string, Xoshiro128State])[];
  readonly epoch: number;
  readonly lastArrivalNs: number;
  readonly sent: Omit<SentCounters, keyof TransmitterCounters>;
  readonly received: ReceivedCounters;
}

/** One direction of a link, with settings, rules and counters of its own. */
export class LinkDirection implements Departures, Receiver, FrameStage, Stateful {
  readonly name: 'forward' | 'backward';
  readonly number: number;
  readonly #what: string;
  readonly #world: LinkWorld;
  readonly #pool: FramePool;
  readonly #scheduler: Scheduler;
  readonly #from: LinkEnd;
  readonly #to: LinkEnd;
  readonly #source: Attachment;
  readonly #target: Attachment;
  /** Where both ends are NICs. */
  readonly #direct: DirectCopy | undefined;
  readonly #transmitter: Transmitter;
  readonly #arrivals: Arrivals;
  readonly #rules: Rules;
  readonly #context: StageContext;
  readonly #streams = new Map<string, SeededEntropy>();
  readonly #history: OptionsHistory;
  readonly #offloads = createOffloads();
  #opposite: LinkDirection | undefined;
  #settings: DirectionSettings;
  #stages: Stages;
  #first: FrameStage;
  /** Frames are copied from one kernel into the other, without a stop. */
  #isDirect = false;
  #isPaced = false;
  /** What waits and is on its way, of the halves that are in another worker. */
  #remoteNow: Partial<DirectionCounters> = {};
  #remote: RemoteSink | undefined;
  /** A remote far half was told that no frame is faster. */
  #promisedDelayNs = 0;
  /** How often the link went down: what left before is lost. */
  #epoch = 0;
  #lastArrivalNs = 0;
  /** Plain literals: what is spread has a shape of its own for each link, which makes each count a search. */
  #sent: Omit<SentCounters, keyof TransmitterCounters> = {
    sentFrames: 0,
    sentBytes: 0,
    duplicated: 0,
    corrupted: 0,
    heldBack: 0,
    droppedByRule: 0,
    droppedByLoss: 0,
  };
  #received: ReceivedCounters = {
    receivedFrames: 0,
    receivedBytes: 0,
    droppedInFlight: 0,
    droppedByReceiver: 0,
  };

  /** @internal */
  constructor(world: LinkWorld, place: DirectionPlace, options: DirectionOptions) {
    const { name, number, linkName, from, to } = place;
    this.name = name;
    this.number = number;
    this.#what = `${linkName}: ${name}`;
    this.#world = world;
    this.#pool = world.frames;
    this.#from = from;
    this.#to = to;
    this.#source = from.attachment;
    this.#target = to.attachment;
    this.#direct = DirectCopy.between(from, to);
    this.#history = new OptionsHistory(options);
    this.#settings = parseDirection(options, this.#what);
    this.#scheduler = world.createScheduler();
    this.#arrivals = new Arrivals(world.createScheduler(), this);
    this.#transmitter = new Transmitter(this.#scheduler, this.#source, this, this.#settings);
    const counters = this.#sent;
    this.#context = {
      pool: this.#pool,
      counters,
      entropy: (stream) => this.#stream(stream),
      view: (frame) => this.#view(frame),
    };
    this.#rules = new Rules(this.#context, () => this.#first);
    this.#stages = new Stages(this.#settings, this.#context, this);
    this.#first = this.#stages.first;
    this.#refresh();
  }

  /** "alice.eth0→bob.eth0" */
  /** How many rules are asked. */
  get ruleCount(): number {
    return this.#rules.length;
  }

  get label(): string {
    return `${this.#from.label}→${this.#to.label}`;
  }

  /** The link's other direction. */
  get opposite(): LinkDirection {
    return this.#opposite!;
  }

  /** For the link. @internal */
  set opposite(direction: LinkDirection) {
    this.#opposite = direction;
  }

  /** What it was made with and set to. */
  get options(): DirectionOptions {
    return this.#history.current;
  }

  /** No frame arrives earlier than this after it left; 0 too where a shared medium says when it may leave. */
  get lookaheadNs(): number {
    return this.#isPaced ? 0 : minimalDelayNs(this.#settings);
  }

  get counters(): DirectionCounters {
    return {
      ...this.#sent,
      ...this.#transmitter.counters,
      ...this.#received,
      queueFrames: this.#transmitter.queueFrames,
      queueBytes: this.#transmitter.queueBytes,
      inFlightFrames: this.#arrivals.length,
      ...this.#remoteNow,
    };
  }

  /** Who takes the near end's frames. @internal */
  get sink(): AttachmentSink {
    return this.#transmitter;
  }

  /** Changes what is given, from now on. See docs/guide/links.md for what becomes of frames under way. */
  set(changes: DirectionOptions): void {
    const checked = this.check(changes);
    if (this.#mayChange()) this.use(checked);
  }

  /** What `use` makes of changes, or an error. @internal */
  check(changes: DirectionOptions): CheckedOptions {
    const options = overlay(this.options, changes, this.#what);
    const settings = parseDirection(options, this.#what);
    if (minimalDelayNs(settings) < this.#promisedDelayNs) {
      const hint = `with several workers keep it ${this.#promisedDelayNs} ns or more`;
      fail(this.#what, 'a delay between two workers must not become less', hint);
    }
    if (this.#isPaced) this.#refuseRate(settings);
    return { options, settings };
  }

  /** @internal */
  use({ options, settings }: CheckedOptions): void {
    this.#history.add(options);
    this.#settings = settings;
    const stages = new Stages(settings, this.#context, this);
    stages.continueFrom(this.#stages);
    this.#stages = stages;
    this.#first = stages.first;
    this.#transmitter.set(settings);
    this.#refresh();
  }

  /** Asks the rule for each frame that leaves, after those that were there before, until disposed of. */
  rule(rule: Rule): Disposable {
    if (!this.#mayChange()) return { [Symbol.dispose]: () => undefined };
    const installed = this.#rules.add(rule);
    this.#refresh();
    return {
      [Symbol.dispose]: () => {
        installed[Symbol.dispose]();
        this.#refresh();
      },
    };
  }

  /** For a shared medium. @internal */
  get transmitter(): Transmitter {
    return this.#transmitter;
  }

  /** For a shared medium that the direction leads into: it says when frames leave. @internal */
  setPacer(pacer: Pacer): Transmitter {
    this.#refuseRate(this.#settings);
    this.#isPaced = true;
    this.#transmitter.setPacer(pacer);
    this.#refresh();
    return this.#transmitter;
  }

  /** Puts a frame on the way to the far end, past queue, rate and losses, as something in between would. */
  inject(bytes: Uint8Array): void {
    if (!this.#mayChange()) return;
    const frame = this.#pool.allocate(bytes.length);
    this.#pool.view(frame).set(bytes);
    // It touches nothing of the near half, which may be in another worker.
    const arrivalNs = this.#scheduler.nowNs + this.#settings.delayNs;
    if (this.#remote) this.#sendToRemote(this.#remote, arrivalNs, frame);
    else this.#arrivals.add(arrivalNs, frame, this.#epoch);
  }

  #mayChange(): boolean {
    return this.#world.mayChange?.() ?? true;
  }

  /** For the link: its carrier went. Frames under way are lost. */
  down(): void {
    this.#epoch++;
    this.#transmitter.down();
  }

  /** Frames pass again. */
  up(): void {
    this.#transmitter.up();
  }

  /** From now on frames go to the far half in another worker; no delay may become less than now. @internal */
  cutToRemote(remote: RemoteSink): void {
    if (this.lookaheadNs === 0) {
      fail(this.#what, 'has no delay, so it cannot be cut', 'give it a delay, or do not cut it');
    }
    this.#promisedDelayNs = this.lookaheadNs;
    this.#remote = remote;
    this.#refresh();
  }

  /** A frame from the near half in another worker. @internal */
  acceptRemote(arrivalNs: number, epoch: number, offloads: FrameOffloads, bytes: Uint8Array): void {
    const frame = this.#pool.allocate(bytes.length);
    this.#pool.view(frame).set(bytes);
    this.#pool.writeOffloads(frame, offloads);
    this.#arrivals.add(arrivalNs, frame, epoch);
  }

  /** Takes the counters of a half that is in another worker. @internal */
  setRemoteCounters(half: 'sent' | 'received', counters: DirectionCounters): void {
    const take = (own: object): void => {
      for (const name of Object.keys(own)) {
        (own as Record<string, number>)[name] = counters[name as keyof DirectionCounters];
      }
    };
    const { queueFrames, queueBytes, inFlightFrames } = counters;
    if (half === 'received') {
      take(this.#received);
      this.#remoteNow = { ...this.#remoteNow, inFlightFrames };
    } else {
      for (const own of [this.#sent, this.#transmitter.counters]) take(own);
      this.#remoteNow = { ...this.#remoteNow, queueFrames, queueBytes };
    }
  }

  /** Context: at a frame's departure; no kernel is inside a call. @internal */
  depart(frame: number, step: number): void {
    const source = this.#source;
    if (this.#isDirect) {
      const rawBytesMax = Math.max(this.#from.rawBytesMax, this.#to.rawBytesMax);
      if (rawBytesMax < Infinity) {
        this.#direct!.carry(frame, rawBytesMax, this.#scheduler.nowNs, this.#sent, this.#received);
        return;
      }
    }
    const length = source.frameLength(frame);
    const taken = isWholeStep(step)
      ? source.take(frame, length)
      : takeSegment(source, this.#pool, frame, step >>> 1);
    if (isLastStep(step)) source.giveBack(frame);
    this.#sent.sentFrames += this.#segmentsOf(taken);
    this.#sent.sentBytes += this.#pool.lengthOf(taken);
    if (this.#from.isObserved) this.#from.show('out', taken, this.#scheduler.nowNs);
    if (this.#rules.length > 0) this.#rules.push(taken, 0);
    else this.#first.push(taken, 0);
  }

  /** The end of the stages: the frame is on its way. @internal */
  push(frame: FrameHandle, extraDelayNs: number): void {
    const { delayNs, jitter } = this.#settings;
    const { nowNs } = this.#scheduler;
    let arrivalNs = nowNs + delayNs + extraDelayNs;
    if (jitter) {
      const jitterNs = drawJitterNs(jitter, this.#stream('jitter'));
      arrivalNs = Math.max(nowNs, arrivalNs + jitterNs);
    }
    // A wire keeps the order, unless it was asked not to.
    if (extraDelayNs === 0 && !jitter?.overtakes) {
      if (arrivalNs < this.#lastArrivalNs) arrivalNs = this.#lastArrivalNs;
      else this.#lastArrivalNs = arrivalNs;
    }
    if (this.#remote) this.#sendToRemote(this.#remote, arrivalNs, frame);
    else if (arrivalNs === nowNs && this.#arrivals.length === 0) this.arrive(frame, this.#epoch);
    else this.#arrivals.add(arrivalNs, frame, this.#epoch);
  }

  /** @internal */
  arrive(frame: FrameHandle, epoch: number): void {
    const pool = this.#pool;
    const received = this.#received;
    if (epoch !== this.#epoch) {
      received.droppedInFlight++;
      pool.release(frame);
      return;
    }
    const length = pool.lengthOf(frame);
    const segments = this.#segmentsOf(frame);
    const { isObserved } = this.#to;
    if (isObserved) pool.retain(frame);
    const taken = this.#target.deliver(frame);
    if (taken) {
      received.receivedFrames += segments;
      received.receivedBytes += length;
    } else {
      received.droppedByReceiver += segments;
    }
    if (!isObserved) return;
    if (taken) this.#to.show('in', frame, this.#scheduler.nowNs);
    pool.release(frame);
  }

  /** @internal */
  saveState(): DirectionState {
    return {
      options: this.#history.save(),
      transmitter: this.#transmitter.saveState(),
      arrivals: this.#arrivals.saveState(),
      stages: this.#stages.saveState(),
      streams: Array.from(this.#streams, ([name, entropy]) => [name, entropy.state] as const),
      epoch: this.#epoch,
      lastArrivalNs: this.#lastArrivalNs,
      sent: { ...this.#sent },
      received: { ...this.#received },
    };
  }

  /** Rules and observers are those of now: they belong to the programs that made them. @internal */
  restoreState(saved: unknown): void {
    const state = saved as DirectionState;
    const options = this.#history.restore(state.options, this.#what);
    this.#settings = parseDirection(options, this.#what);
    // A stream that was not begun yet begins anew.
    const begun = state.streams.map(([name]) => name);
    for (const name of this.#streams.keys()) if (!begun.includes(name)) this.#streams.delete(name);
    this.#stages = new Stages(this.#settings, this.#context, this);
    this.#first = this.#stages.first;
    this.#stages.restoreState(state.stages);
    this.#transmitter.restoreState(state.transmitter, this.#settings);
    this.#refresh();
    this.#arrivals.restoreState(state.arrivals);
    for (const [name, stream] of state.streams) this.#stream(name).state = stream;
    this.#epoch = state.epoch;
    this.#lastArrivalNs = state.lastArrivalNs;
    Object.assign(this.#sent, state.sent);
    Object.assign(this.#received, state.received);
  }

  #refuseRate({ rateBitsPerSecond, trace }: DirectionSettings): void {
    if (rateBitsPerSecond === Infinity && trace === undefined) return;
    fail(this.#what, 'leads into a shared medium, which has the rate', 'give the medium the rate');
  }

  /** What depends on settings and rules together. */
  #refresh(): void {
    this.#transmitter.setSplits(this.#rules.length > 0);
    this.#isDirect =
      this.#transmitter.passesWhole &&
      this.#settings.delayNs === 0 &&
      this.#remote === undefined &&
      this.#direct !== undefined;
  }

  #sendToRemote(remote: RemoteSink, arrivalNs: number, frame: FrameHandle): void {
    this.#pool.readOffloads(frame, this.#offloads);
    remote.send(this.number, arrivalNs, this.#epoch, this.#offloads, this.#pool.view(frame));
    this.#pool.release(frame);
  }

  #segmentsOf(frame: FrameHandle): number {
    const gsoSize = this.#pool.gsoSizeOf(frame);
    if (gsoSize === 0) return 1;
    this.#pool.readOffloads(frame, this.#offloads);
    return segmentCount(this.#pool.lengthOf(frame), this.#offloads);
  }

  #stream(name: string): SeededEntropy {
    let entropy = this.#streams.get(name);
    if (!entropy) {
      entropy = this.#world.entropy(`link ${this.#what} ${name}`);
      this.#streams.set(name, entropy);
    }
    return entropy;
  }

  #view(frame: FrameHandle): FrameView {
    const place = {
      timeNs: this.#scheduler.nowNs,
      direction: this.name,
      from: this.#from.label,
      to: this.#to.label,
    };
    return new FrameView(place, () => {
      const { pool } = this.#context;
      const bytes = pool.view(frame).slice();
      pool.readOffloads(frame, this.#offloads);
      completeChecksum(bytes, this.#offloads);
      return bytes;
    });
  }
}
