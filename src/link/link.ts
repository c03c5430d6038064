// SPDX-License-Identifier: GPL-2.0-only

/**
 * A link between two ends, each a host's NIC or a port of a switch, hub or access point: two directions that have
 * nothing to do with each other, and one carrier.
 */
import { LibosError } from '../errors.js';
import type { Nic, Stateful } from '../host/index.js';
import type { DirectionCounters } from './counters.js';
import { LinkDirection } from './direction.js';
import { LinkEnd, type FrameObserver } from './end.js';
import type { Rule } from './impairments/rules.js';
import type { LinkOptions } from './options.js';
import type { Port } from './port.js';
import { splitLinkOptions } from './settings.js';
import type { LinkWorld } from './world.js';

interface LinkState {
  readonly isUp: boolean;
  readonly isConnected: boolean;
  readonly directions: readonly unknown[];
}

/** How many directions each simulation has. */
const directionCounts = new WeakMap<LinkWorld, number>();

/**
 * A link between two ends, each a NIC or a port: two directions that have nothing to do with each other, and one
 * carrier.
 */
export class Link implements Stateful {
  /** Unique in its simulation, e.g. "alice.eth0–bob.eth0". */
  readonly name: string;
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** From the first end to the second. */
  readonly forward: LinkDirection;
  readonly backward: LinkDirection;
  readonly #world: LinkWorld;
  #isUp = true;
  #isConnected = true;

  /** @internal */
  constructor(world: LinkWorld, a: Nic | Port, b: Nic | Port, options: LinkOptions = {}) {
    if (a === b) throw new LibosError('ERR_LIBOS_LINK', `${a.label}: a link needs two ends`);
    this.#world = world;
    this.name = `${a.label}–${b.label}`;
    const [forward, backward] = splitLinkOptions(options, this.name);
    const first = new LinkEnd(a, world.frames);
    const second = new LinkEnd(b, world.frames);
    this.ends = [first, second];
    const number = directionCounts.get(world) ?? 0;
    const place = { linkName: this.name, from: first, to: second };
    this.forward = new LinkDirection(world, { ...place, name: 'forward', number }, forward);
    this.backward = new LinkDirection(
      world,
      { linkName: this.name, from: second, to: first, name: 'backward', number: number + 1 },
      backward,
    );
    directionCounts.set(world, number + 2);
    this.forward.opposite = this.backward;
    this.backward.opposite = this.forward;
    first.attachment.connect(this.forward.sink);
    second.attachment.connect(this.backward.sink);
    this.#setCarrier();
  }

  get directions(): readonly [LinkDirection, LinkDirection] {
    return [this.forward, this.backward];
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** What left the first end and what left the second. */
  get counters(): readonly [DirectionCounters, DirectionCounters] {
    return [this.forward.counters, this.backward.counters];
  }

  /** Changes what is given, from now on; all or nothing. */
  set(changes: LinkOptions): void {
    const [forward, backward] = splitLinkOptions(changes, this.name);
    const checked = [this.forward.check(forward), this.backward.check(backward)] as const;
    if (!this.#mayChange()) return;
    this.forward.use(checked[0]);
    this.backward.use(checked[1]);
  }

  /** The carrier goes; frames that wait and frames on their way are lost. */
  down(): void {
    if (!this.#isUp || !this.#mayChange()) return;
    this.#isUp = false;
    for (const direction of this.directions) direction.down();
    this.#setCarrier();
  }

  /** Both ends have carrier again. */
  up(): void {
    if (this.#isUp || !this.#mayChange()) return;
    this.#isUp = true;
    for (const direction of this.directions) direction.up();
    this.#setCarrier();
  }

  /** Shows each frame that passes an end, until the result is disposed of. */
  observe(observer: FrameObserver): Disposable {
    return all(this.ends.map((end) => end.observe(observer)));
  }

  /** Asks for each frame of both directions whether it passes, until the result is disposed of. */
  rule(rule: Rule): Disposable {
    return all(this.directions.map((direction) => direction.rule(rule)));
  }

  /** Takes the link away for good; what is on it still arrives. */
  disconnect(): void {
    if (this.#mayChange()) this.#connect(false);
  }

  /** @internal */
  saveState(): LinkState {
    return {
      isUp: this.#isUp,
      isConnected: this.#isConnected,
      directions: this.directions.map((one) => one.saveState()),
    };
  }

  /** Context: the kernels are restored, too, and with them what they know of their carriers. @internal */
  restoreState(saved: unknown): void {
    const state = saved as LinkState;
    for (const [index, one] of state.directions.entries()) {
      this.directions[index]!.restoreState(one);
    }
    this.#isUp = state.isUp;
    this.#connect(state.isConnected);
  }

  #connect(connected: boolean): void {
    if (connected !== this.#isConnected) {
      this.#isConnected = connected;
      for (const [index, { attachment }] of this.ends.entries()) {
        attachment.connect(connected ? this.directions[index]!.sink : undefined);
      }
    }
    this.#setCarrier();
  }

  #mayChange(): boolean {
    return this.#world.mayChange?.() ?? true;
  }

  #setCarrier(): void {
    for (const end of this.ends) end.attachment.setCarrier(this.#isUp && this.#isConnected);
  }
}

function all(parts: readonly Disposable[]): Disposable {
  return {
    [Symbol.dispose]: () => {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}
