// SPDX-License-Identifier: GPL-2.0-only

/**
 * The queue of everything that is still to happen: a heap of four children a node over typed arrays. An event is
 * a time, who is told, and two numbers; nothing is allocated for one. Events of one moment come out in the order
 * in which they went in.
 */
import type { Timed } from '../host/index.js';

const children = 4;
const nobody: Timed = {
  onTime: () => {
    throw new Error('event queue: an event that was taken out came up again');
  },
};

export class EventQueue {
  /** The heap's nodes: their keys side by side, and where the rest of the event lies. */
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #slots = new Uint32Array(1024);
  #length = 0;
  /** Events by slot, and the slots that are free. */
  #targets: Timed[] = [];
  #as = new Float64Array(1024);
  #bs = new Float64Array(1024);
  #free = new Uint32Array(1024);
  #freeCount = 0;
  #nextOrder = 0;

  get length(): number {
    return this.#length;
  }

  /** When the next event happens; Infinity when there is none. */
  get nextTimeNs(): number {
    return this.#length === 0 ? Infinity : this.#times[0]!;
  }

  /** Context: `timeNs` is a whole number; the caller sees to it that it is not in the past. */
  add(timeNs: number, target: Timed, a: number, b: number): void {
    if (this.#length === this.#times.length) this.#grow();
    const slot = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#targets.length;
    this.#targets[slot] = target;
    this.#as[slot] = a;
    this.#bs[slot] = b;
    this.#siftUp(this.#length++, timeNs, this.#nextOrder++, slot);
  }

  /** Takes the next event out and tells its target. Context: there is one. */
  dispatch(): void {
    const slot = this.#slots[0]!;
    const target = this.#targets[slot]!;
    const a = this.#as[slot]!;
    const b = this.#bs[slot]!;
    this.#targets[slot] = nobody;
    this.#free[this.#freeCount++] = slot;
    const last = --this.#length;
    if (last > 0) this.#siftDown(this.#times[last]!, this.#orders[last]!, this.#slots[last]!);
    target.onTime(a, b);
  }

  #siftUp(from: number, timeNs: number, order: number, slot: number): void {
    const times = this.#times;
    let at = from;
    // Whoever goes in has the highest order, so on equal times it stays below.
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      if (times[parent]! <= timeNs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, timeNs, order, slot);
  }

  #siftDown(timeNs: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const length = this.#length;
    let at = 0;
    for (;;) {
      const first = at * children + 1;
      if (first >= length) break;
      const end = Math.min(first + children, length);
      let least = first;
      for (let child = first + 1; child < end; child++) {
        const difference = times[child]! - times[least]!;
        if (difference < 0 || (difference === 0 && orders[child]! < orders[least]!)) least = child;
      }
      const difference = times[least]! - timeNs;
      if (difference > 0 || (difference === 0 && orders[least]! > order)) break;
      this.#move(least, at);
      at = least;
    }
    this.#put(at, timeNs, order, slot);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#orders[to] = this.#orders[from]!;
    this.#slots[to] = this.#slots[from]!;
  }

  #put(at: number, timeNs: number, order: number, slot: number): void {
    this.#times[at] = timeNs;
    this.#orders[at] = order;
    this.#slots[at] = slot;
  }

  #grow(): void {
    const capacity = this.#length * 2;
    const doubled = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(capacity);
      larger.set(old);
      return larger;
    };
    this.#times = doubled(this.#times);
    this.#orders = doubled(this.#orders);
    this.#as = doubled(this.#as);
    this.#bs = doubled(this.#bs);
    const slots = new Uint32Array(capacity);
    slots.set(this.#slots);
    this.#slots = slots;
    const free = new Uint32Array(capacity);
    free.set(this.#free);
    this.#free = free;
  }
}
