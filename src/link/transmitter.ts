// SPDX-License-Identifier: GPL-2.0-only

/**
 * The near end of a link's direction: the queue, and the rate at which frames leave it. A frame stays where its
 * sender has it until its last bit has left, so that Linux's small queues and byte queue limits see it. The queue
 * is ours and only its first frame is an event: what waits costs nothing, and a rate can change at any moment.
 */
import type { Scheduler, Stateful, TargetId, Timed } from '../host/index.js';
import { readU16 } from './checksum.js';
import { createOffloads, type Attachment, type AttachmentSink } from './attachment.js';
import { etherHeaderBytes, etherTypeAt, isVlanType, macBytes, vlanTagBytes } from './ethernet.js';
import { FrameRing } from './frame-ring.js';
import { segmentCount, segmentLength } from './segment.js';
import { carriesWhole, type DirectionSettings } from './settings.js';
import { bytesPerChance } from './trace-schedule.js';

const bitsPerByteNs = 8e9;
/** How a frame leaves; else twice the number of the segment that leaves. */
export const wholeFrame = -2;
/** Added to it with the last that is sent of a frame. */
const last = 1;

/** Who takes what leaves. */
export interface Departures {
  /** `step`: `wholeFrame` or twice the segment's number; odd or -1 when nothing of the frame comes after it. */
  depart(frame: number, step: number): void;
}

/** Who says when a frame may leave a medium that is shared: in place of a rate. */
export interface Pacer {
  /** A frame of that length is the first: `finish` is called when it has left. */
  request(transmitter: Transmitter, lengthBytes: number): void;
  /** It is gone before it was its turn. */
  withdraw(transmitter: Transmitter): void;
}

export const isLastStep = (step: number): boolean => (step & last) === last;
export const isWholeStep = (step: number): boolean => step < 0;

export interface TransmitterCounters {
  splitFrames: number;
  droppedByMtu: number;
  droppedByQueue: number;
  droppedByDown: number;
  /** Their sender crashed while they waited. */
  droppedByCrash: number;
  /** A shared medium gave them up. */
  droppedByMedium: number;
}

interface TransmitterState {
  readonly frames: Float64Array;
  readonly steps: Int32Array;
  readonly lengths: Uint32Array;
  readonly isUp: boolean;
  readonly serving: boolean;
  readonly busyUntilNs: number;
  readonly armedNs: number;
  readonly chance: number;
  readonly leftBytes: number;
  readonly traceStartNs: number;
  readonly counters: TransmitterCounters;
}

export class Transmitter implements Timed, AttachmentSink, Stateful {
  counters: TransmitterCounters = {
    splitFrames: 0,
    droppedByMtu: 0,
    droppedByQueue: 0,
    droppedByDown: 0,
    droppedByCrash: 0,
    droppedByMedium: 0,
  };
  readonly #scheduler: Scheduler;
  readonly #source: Attachment;
  readonly #departures: Departures;
  readonly #departure: TargetId;
  readonly #givingBack: TargetId;
  readonly #offloads = createOffloads();
  readonly #etherType = new Uint8Array(2);
  #settings: DirectionSettings;
  #pacer: Pacer | undefined;
  /** Frames are not split: set by whoever watches or changes them. */
  #keepsWhole = true;
  #isUp = true;
  /** Frame, step and length: the frame that is being sent, if one is, then those that wait. */
  readonly #ring = new FrameRing();
  #bytes = 0;
  #serving = false;
  /** When the frame that is being sent has left; a fraction of a nanosecond is not lost. */
  #busyUntilNs = 0;
  #armedNs = Infinity;
  /** Of a trace: its start, the next chance, and what is still to be sent of the first frame. */
  #traceStartNs = 0;
  #chance = 0;
  #leftBytes = 0;

  constructor(
    scheduler: Scheduler,
    source: Attachment,
    departures: Departures,
    settings: DirectionSettings,
  ) {
    this.#scheduler = scheduler;
    this.#source = source;
    this.#departures = departures;
    this.#settings = settings;
    this.#departure = scheduler.register(this);
    this.#givingBack = scheduler.register({ onTime: (frame) => this.#source.giveBack(frame) });
    this.#traceStartNs = scheduler.nowNs;
  }

  /** Frames that wait, beside the one that is being sent. */
  get queueFrames(): number {
    return this.#serving ? this.#ring.count - 1 : this.#ring.count;
  }

  /** Bytes that wait. */
  get queueBytes(): number {
    return this.#serving ? this.#bytes - this.#lengthAt(this.#ring.offset(0)) : this.#bytes;
  }

  /** Whether frames pass whole, whatever segmentation offload made of them. */
  get passesWhole(): boolean {
    return this.#keepsWhole;
  }

  /** A shared medium that the direction leads into, for good. */
  setPacer(pacer: Pacer): void {
    this.#pacer = pacer;
    this.#keepsWhole = false;
  }

  /** For the pacer: the first frame has left. */
  finish(): void {
    if (this.#serving) this.#departFirst();
  }

  /** For the pacer: the first frame is given up. */
  discard(): void {
    if (!this.#serving) return;
    this.counters.droppedByMedium++;
    this.#giveBackLater(this.#pop());
    this.#serving = false;
    if (this.#ring.count > 0) this.#serve();
  }

  /** For the pacer: where the first frame goes. Context: there is one. */
  readDestination(target: Uint8Array): void {
    const frame = this.#frameAt(this.#ring.offset(0));
    if (this.#source.holds(frame)) this.#source.read(frame, 0, target, 0, macBytes);
  }

  /** After new settings, too. `splits`: something else wants frames as they are on a wire. */
  setSplits(splits: boolean): void {
    this.#keepsWhole = !splits && !this.#pacer && carriesWhole(this.#settings);
  }

  /** What waits stays, and leaves as the new settings say; what is being sent has left its first bits already. */
  set(settings: DirectionSettings): void {
    const old = this.#settings;
    const { nowNs } = this.#scheduler;
    this.#settings = settings;
    if (settings.trace !== old.trace) {
      this.#traceStartNs = nowNs;
      this.#chance = 0;
    }
    if (settings.rateBitsPerSecond === old.rateBitsPerSecond && settings.trace === old.trace)
      return;
    if (this.#ring.count === 0) return;
    const wasRate = old.trace === undefined && old.rateBitsPerSecond !== Infinity;
    const isRate = settings.trace === undefined && settings.rateBitsPerSecond !== Infinity;
    if (this.#serving && wasRate && isRate) {
      const restNs = Math.max(0, this.#busyUntilNs - nowNs);
      const factor = old.rateBitsPerSecond / settings.rateBitsPerSecond;
      this.#busyUntilNs = nowNs + restNs * factor;
      this.#arm(wholeNs(this.#busyUntilNs));
    } else {
      this.#serving = false;
      this.#serve();
    }
  }

  /** Takes the link away: what waits and what is being sent is lost. */
  down(): void {
    this.#isUp = false;
    while (this.#ring.count > 0) {
      this.counters.droppedByDown++;
      this.#giveBackLater(this.#pop());
    }
    if (this.#serving) this.#pacer?.withdraw(this);
    this.#serving = false;
    this.#armedNs = Infinity;
  }

  up(): void {
    this.#isUp = true;
  }

  accept(frame: number): void {
    if (this.#keepsWhole && this.#isUp) {
      this.#push(frame, wholeFrame | last, 0);
      if (this.#ring.count === 1) this.#arm(this.#scheduler.nowNs);
      return;
    }
    const length = this.#source.frameLength(frame);
    if (this.#source.isWhole(frame)) {
      if (this.#admit(frame, length)) this.#push(frame, wholeFrame | last, length);
      else this.#giveBackAt(frame);
    } else {
      this.#acceptSegments(frame, length);
    }
    if (!this.#serving && this.#ring.count > 0) this.#serve();
  }

  onTime(timeNs: number): void {
    // One that a new setting has overtaken.
    if (timeNs !== this.#armedNs) return;
    this.#armedNs = Infinity;
    const { trace, rateBitsPerSecond } = this.#settings;
    if (trace !== undefined) this.#spendChance();
    else if (rateBitsPerSecond !== Infinity) this.#departFirst();
    else while (this.#ring.count > 0) this.#departFirst();
  }

  saveState(): TransmitterState {
    return {
      frames: this.#ring.column(0),
      steps: Int32Array.from(this.#ring.column(1)),
      lengths: Uint32Array.from(this.#ring.column(2)),
      isUp: this.#isUp,
      serving: this.#serving,
      busyUntilNs: this.#busyUntilNs,
      armedNs: this.#armedNs,
      chance: this.#chance,
      leftBytes: this.#leftBytes,
      traceStartNs: this.#traceStartNs,
      counters: { ...this.counters },
    };
  }

  restoreState(saved: unknown, settings = this.#settings): void {
    const state = saved as TransmitterState;
    this.#settings = settings;
    this.#ring.clear();
    this.#bytes = 0;
    for (const [index, frame] of state.frames.entries()) {
      this.#push(frame, state.steps[index]!, state.lengths[index]!);
    }
    this.#isUp = state.isUp;
    this.#serving = state.serving;
    this.#busyUntilNs = state.busyUntilNs;
    this.#armedNs = state.armedNs;
    this.#chance = state.chance;
    this.#leftBytes = state.leftBytes;
    this.#traceStartNs = state.traceStartNs;
    this.counters = { ...state.counters };
  }

  /** Each segment on its own; the frame is given back with the last of those that are sent. */
  #acceptSegments(frame: number, length: number): void {
    const offloads = this.#offloads;
    this.#source.readOffloads(frame, offloads);
    const count = segmentCount(length, offloads);
    if (count > 1) this.counters.splitFrames++;
    let accepted = 0;
    for (let index = 0; index < count; index++) {
      const bytes = segmentLength(length, offloads, index);
      if (!this.#admit(frame, bytes)) continue;
      this.#push(frame, index * 2, bytes);
      // Before the next one comes, which may find the queue full if this one is not being sent.
      if (!this.#serving) this.#serve();
      accepted++;
    }
    if (accepted === 0) this.#giveBackAt(frame);
    else this.#ring.values[this.#ring.offset(this.#ring.count - 1) + 1]! |= last;
  }

  /** Whether a frame may enter; room is made or it is counted. */
  #admit(frame: number, lengthBytes: number): boolean {
    const { mtuBytes, queue } = this.#settings;
    if (!this.#isUp) {
      this.counters.droppedByDown++;
      return false;
    }
    if (lengthBytes - etherHeaderBytes > mtuBytes && !this.#fits(frame, lengthBytes, mtuBytes)) {
      this.counters.droppedByMtu++;
      return false;
    }
    if (!this.#serving) return true;
    const { framesMax, bytesMax, dropsOldest } = queue;
    while (this.queueFrames + 1 > framesMax || this.queueBytes + lengthBytes > bytesMax) {
      this.counters.droppedByQueue++;
      if (!dropsOldest || this.queueFrames === 0) return false;
      this.#dropOldest();
    }
    return true;
  }

  /** A VLAN tag does not count. */
  #fits(frame: number, lengthBytes: number, mtuBytes: number): boolean {
    if (lengthBytes - etherHeaderBytes - vlanTagBytes > mtuBytes) return false;
    this.#source.read(frame, etherTypeAt, this.#etherType, 0, 2);
    return isVlanType(readU16(this.#etherType, 0));
  }

  /** The first that waits: the one behind the one that is being sent, which takes its place. */
  #dropOldest(): void {
    const ring = this.#ring;
    const oldest = ring.offset(1);
    const first = ring.shift();
    const frame = this.#frameAt(first);
    const step = this.#stepAt(first);
    // What is being sent of the same frame is the last of it now.
    const isSameFrame = frame === this.#frameAt(oldest);
    if (!isSameFrame) this.#giveBackLater(oldest);
    this.#bytes -= this.#lengthAt(oldest);
    ring.values[oldest + 1] = isSameFrame ? step | (this.#stepAt(oldest) & last) : step;
    ring.values[oldest] = frame;
    ring.values[oldest + 2] = this.#lengthAt(first);
  }

  /** Begins to send the first frame, now or when the one before it has left. */
  #serve(fromNs = this.#scheduler.nowNs): void {
    const source = this.#source;
    const ring = this.#ring;
    while (ring.count > 0 && !source.holds(this.#frameAt(ring.offset(0)))) {
      this.counters.droppedByCrash++;
      this.#pop();
    }
    this.#serving = ring.count > 0;
    if (!this.#serving) return;
    const { trace, rateBitsPerSecond } = this.#settings;
    const length = this.#lengthAt(ring.offset(0));
    if (this.#pacer) {
      this.#pacer.request(this, length);
    } else if (trace !== undefined) {
      this.#leftBytes = Math.max(1, length - etherHeaderBytes);
      this.#armForChance();
    } else if (rateBitsPerSecond === Infinity) {
      this.#serving = false;
      this.#arm(fromNs);
    } else {
      this.#busyUntilNs = fromNs + (length * bitsPerByteNs) / rateBitsPerSecond;
      this.#arm(wholeNs(this.#busyUntilNs));
    }
  }

  #armForChance(): void {
    const trace = this.#settings.trace!;
    const sinceNs = this.#scheduler.nowNs - this.#traceStartNs;
    this.#chance = Math.max(this.#chance, trace.firstFrom(sinceNs));
    this.#arm(this.#traceStartNs + trace.timeOfNs(this.#chance));
  }

  /** A chance to send is there: for the rest of the first frame, and for those behind it. */
  #spendChance(): void {
    // The last frame left with an earlier chance.
    if (!this.#serving) return;
    this.#chance++;
    let budgetBytes = bytesPerChance;
    do {
      const used = Math.min(budgetBytes, this.#leftBytes);
      budgetBytes -= used;
      this.#leftBytes -= used;
      if (this.#leftBytes === 0) this.#departFirst();
      else this.#armForChance();
    } while (this.#isServing() && budgetBytes > 0);
  }

  /** Looked at anew: what was called in between changes it. */
  #isServing(): boolean {
    return this.#serving;
  }

  #departFirst(): void {
    const at = this.#pop();
    const frame = this.#frameAt(at);
    const step = this.#stepAt(at);
    if (this.#serving) {
      this.#serving = false;
      if (this.#ring.count > 0) this.#serve(this.#busyUntilNs);
    }
    if (this.#source.holds(frame)) this.#departures.depart(frame, step);
    else this.counters.droppedByCrash++;
  }

  /** Where what was the first is, until something is pushed. */
  #pop(): number {
    const at = this.#ring.shift();
    this.#bytes -= this.#lengthAt(at);
    return at;
  }

  #push(frame: number, step: number, lengthBytes: number): void {
    this.#ring.push(frame, step, lengthBytes);
    this.#bytes += lengthBytes;
  }

  #frameAt(offset: number): number {
    return this.#ring.values[offset]!;
  }

  #stepAt(offset: number): number {
    return this.#ring.values[offset + 1]!;
  }

  #lengthAt(offset: number): number {
    return this.#ring.values[offset + 2]!;
  }

  #arm(timeNs: number): void {
    if (timeNs === this.#armedNs) return;
    this.#armedNs = timeNs;
    this.#scheduler.at(timeNs, this.#departure, timeNs, 0);
  }

  /** If nothing of the frame comes after what was there. */
  #giveBackLater(offset: number): void {
    if (isLastStep(this.#stepAt(offset))) this.#giveBackAt(this.#frameAt(offset));
  }

  #giveBackAt(frame: number): void {
    this.#scheduler.at(this.#scheduler.nowNs, this.#givingBack, frame, 0);
  }
}

/** When something has happened that ends then; sums of fractions are a little off. */
function wholeNs(timeNs: number): number {
  return Math.ceil(timeNs - 0.001);
}
