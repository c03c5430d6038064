// SPDX-License-Identifier: GPL-2.0-only

/**
 * The queue of everything that is still to happen: a heap of four children a node over typed arrays. An event is
 * a time, an order among those of the same time, a target's number and two numbers more; nothing is allocated for
 * one, and the whole queue is copied in a moment.
 */
const children = 4;

/** Events in any order: field by field, one element an event. */
export interface EventQueueState {
  readonly times: Float64Array;
  readonly orders: Float64Array;
  readonly targets: Uint32Array;
  readonly as: Float64Array;
  readonly bs: Float64Array;
}

/** @internal */
export class EventQueue {
  /** The heap's nodes: their keys side by side, and where the rest of the event lies. */
  #times: Float64Array;
  #orders: Float64Array;
  #slots: Uint32Array;
  #length = 0;
  /** Events by slot, and the slots that are free. */
  #targets: Uint32Array;
  #as: Float64Array;
  #bs: Float64Array;
  #free: Uint32Array;
  #freeCount = 0;
  #slotCount = 0;
  /** The event that `take` took. */
  target = 0;
  a = 0;
  b = 0;

  /** `capacity`: events that it has room for at first; it grows. */
  constructor(capacity = 1024) {
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#slots = new Uint32Array(capacity);
    this.#targets = new Uint32Array(capacity);
    this.#as = new Float64Array(capacity);
    this.#bs = new Float64Array(capacity);
    this.#free = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** When the next event happens; Infinity when there is none. */
  get nextTimeNs(): number {
    return this.#length === 0 ? Infinity : this.#times[0]!;
  }

  /** Context: `timeNs` is a whole number; no two events have the same time and order. */
  add(timeNs: number, order: number, target: number, a: number, b: number): void {
    if (this.#length === this.#times.length) this.#grow();
    const slot = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#slotCount++;
    this.#targets[slot] = target;
    this.#as[slot] = a;
    this.#bs[slot] = b;
    this.#siftUp(this.#length++, timeNs, order, slot);
  }

  /** Takes the next event out, into `target`, `a` and `b`. Context: there is one. */
  take(): void {
    const slot = this.#slots[0]!;
    this.target = this.#targets[slot]!;
    this.a = this.#as[slot]!;
    this.b = this.#bs[slot]!;
    this.#free[this.#freeCount++] = slot;
    const last = --this.#length;
    if (last > 0) this.#siftDown(this.#times[last]!, this.#orders[last]!, this.#slots[last]!);
  }

  /** Moves all events into others, each into the one that `queueOf` says for its order. */
  moveTo(queueOf: (order: number) => EventQueue): void {
    for (let node = 0; node < this.#length; node++) {
      const order = this.#orders[node]!;
      const slot = this.#slots[node]!;
      const [a, b] = [this.#as[slot]!, this.#bs[slot]!];
      queueOf(order).add(this.#times[node]!, order, this.#targets[slot]!, a, b);
    }
    this.#length = 0;
    this.#slotCount = 0;
    this.#freeCount = 0;
  }

  save(): EventQueueState {
    const length = this.#length;
    const bySlot = (values: Float64Array): Float64Array =>
      Float64Array.from({ length }, (_, node) => values[this.#slots[node]!]!);
    return {
      times: this.#times.slice(0, length),
      orders: this.#orders.slice(0, length),
      targets: Uint32Array.from({ length }, (_, node) => this.#targets[this.#slots[node]!]!),
      as: bySlot(this.#as),
      bs: bySlot(this.#bs),
    };
  }

  /** Forgets what it holds and takes what another held. */
  restore(state: EventQueueState): void {
    this.#length = 0;
    this.#slotCount = 0;
    this.#freeCount = 0;
    for (let i = 0; i < state.times.length; i++) {
      const { times, orders, targets, as, bs } = state;
      this.add(times[i]!, orders[i]!, targets[i]!, as[i]!, bs[i]!);
    }
  }

  #siftUp(from: number, timeNs: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 2;
      const difference = times[parent]! - timeNs;
      if (difference < 0 || (difference === 0 && orders[parent]! < order)) break;
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
    this.#times = larger(this.#times, capacity, Float64Array);
    this.#orders = larger(this.#orders, capacity, Float64Array);
    this.#slots = larger(this.#slots, capacity, Uint32Array);
    this.#targets = larger(this.#targets, capacity, Uint32Array);
    this.#as = larger(this.#as, capacity, Float64Array);
    this.#bs = larger(this.#bs, capacity, Float64Array);
    this.#free = larger(this.#free, capacity, Uint32Array);
  }
}

function larger<T extends Float64Array | Uint32Array>(
  old: T,
  capacity: number,
  type: new (length: number) => T,
): T {
  const array = new type(capacity);
  array.set(old);
  return array;
}
