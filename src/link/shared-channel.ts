// SPDX-License-Identifier: GPL-2.0-only

/**
 * A channel that one sender at a time can use, as a coaxial cable or the air: whoever wants to send waits until it
 * is free, and of several that wait one is picked at random. It is the pacer of the links that lead into it.
 */
import type { Scheduler, SeededEntropy, Stateful, TargetId, Timed } from '../host/index.js';
import type { LinkWorld } from './world.js';
import { fail } from './settings.js';
import type { Pacer, Transmitter } from './transmitter.js';

export interface ChannelOptions {
  readonly rateBitsPerSecond: number;
  /** What each turn costs beside the bits: waiting, preamble, acknowledgement. */
  readonly overheadNs: number;
}

/** What becomes of a frame at the end of its turn. */
export type TurnEnd = 'done' | 'again' | 'lost';

/** A frame that waits for its turn or has it. */
interface Turn {
  readonly transmitter: Transmitter;
  readonly lengthBytes: number;
}

/** A sender's number, and its frame's length. */
type SavedTurn = readonly [number, number];

interface ChannelState {
  readonly waiting: readonly SavedTurn[];
  readonly turn: SavedTurn | undefined;
  readonly busyNs: number;
  readonly endNs: number;
  readonly entropy: SeededEntropy['state'];
}

export class SharedChannel implements Pacer, Timed, Stateful {
  readonly #scheduler: Scheduler;
  readonly #target: TargetId;
  readonly #entropy: SeededEntropy;
  readonly #options: ChannelOptions;
  readonly #finished: (transmitter: Transmitter) => TurnEnd;
  readonly #senders: Transmitter[] = [];
  readonly #waiting: Turn[] = [];
  #turn: Turn | undefined;
  #endNs = -1;
  #busyNs = 0;

  /** `finished` is asked at the end of each turn. */
  constructor(
    world: LinkWorld,
    name: string,
    options: ChannelOptions,
    finished: (transmitter: Transmitter) => TurnEnd = () => 'done',
  ) {
    if (options.rateBitsPerSecond === 0) {
      fail(`medium ${name}`, 'rate: 0 bit/s lets nothing pass', 'leave it out for no limit');
    }
    this.#scheduler = world.createScheduler();
    this.#target = this.#scheduler.register(this);
    this.#entropy = world.entropy(`medium ${name} turns`);
    this.#options = options;
    this.#finished = finished;
  }

  /** How long it was in use, turns that have begun included. */
  get busyNs(): number {
    return this.#busyNs;
  }

  /** A sender that will ask. Context: while the topology is built, always in the same order. */
  add(transmitter: Transmitter): void {
    this.#senders.push(transmitter);
  }

  request(transmitter: Transmitter, lengthBytes: number): void {
    this.#waiting.push({ transmitter, lengthBytes });
    if (!this.#turn) this.#nextTurn();
  }

  withdraw(transmitter: Transmitter): void {
    const at = this.#waiting.findIndex((one) => one.transmitter === transmitter);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#turn?.transmitter !== transmitter) return;
    // The turn is cut short.
    this.#busyNs -= this.#endNs - this.#scheduler.nowNs;
    this.#turn = undefined;
    this.#nextTurn();
  }

  onTime(endNs: number): void {
    const turn = this.#turn;
    // One that was cut short.
    if (!turn || endNs !== this.#endNs) return;
    this.#turn = undefined;
    const end = this.#finished(turn.transmitter);
    if (end === 'again') this.#waiting.push(turn);
    else if (end === 'lost') turn.transmitter.discard();
    else turn.transmitter.finish();
    // Whoever had something more has asked by now, and may have got it.
    if (!this.#isBusy()) this.#nextTurn();
  }

  saveState(): ChannelState {
    const saved = ({ transmitter, lengthBytes }: Turn): SavedTurn => [
      this.#senders.indexOf(transmitter),
      lengthBytes,
    ];
    return {
      waiting: this.#waiting.map(saved),
      turn: this.#turn && saved(this.#turn),
      busyNs: this.#busyNs,
      endNs: this.#endNs,
      entropy: this.#entropy.state,
    };
  }

  restoreState(saved: unknown): void {
    const state = saved as ChannelState;
    const turnOf = ([sender, lengthBytes]: SavedTurn): Turn => ({
      transmitter: this.#senders[sender]!,
      lengthBytes,
    });
    this.#waiting.splice(0, Infinity, ...state.waiting.map(turnOf));
    this.#turn = state.turn && turnOf(state.turn);
    this.#busyNs = state.busyNs;
    this.#endNs = state.endNs;
    this.#entropy.state = state.entropy;
  }

  /** Looked at anew: what was called in between changes it. */
  #isBusy(): boolean {
    return this.#turn !== undefined;
  }

  #nextTurn(): void {
    const count = this.#waiting.length;
    if (count === 0) return;
    const at = count === 1 ? 0 : Math.floor(this.#entropy.nextFraction() * count);
    const [turn] = this.#waiting.splice(at, 1) as [Turn];
    const { rateBitsPerSecond, overheadNs } = this.#options;
    const durationNs = overheadNs + Math.ceil((turn.lengthBytes * 8e9) / rateBitsPerSecond);
    this.#turn = turn;
    this.#endNs = this.#scheduler.nowNs + durationNs;
    this.#busyNs += durationNs;
    this.#scheduler.at(this.#endNs, this.#target, this.#endNs, 0);
  }
}
