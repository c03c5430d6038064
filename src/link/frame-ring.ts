// SPDX-License-Identifier: GPL-2.0-only

/**
 * Frames that wait at an end of a link: three numbers each, side by side in one array, so that a frame is in one
 * line of the processor's cache. Every frame passes two of these, so nothing is allocated for one.
 */
const fields = 3;
const capacityMin = 8;

export class FrameRing {
  /** What is at an `offset` of an entry: its first number, and the two behind it. */
  values = new Float64Array(capacityMin * fields);
  count = 0;
  #capacity = capacityMin;
  #head = 0;

  /** Where an entry is, 0: the first. Until the next `push`. */
  offset(index: number): number {
    return ((this.#head + index) & (this.#capacity - 1)) * fields;
  }

  push(first: number, second: number, third: number): void {
    if (this.count === this.#capacity) this.#grow();
    const { values } = this;
    const at = this.offset(this.count++);
    values[at] = first;
    values[at + 1] = second;
    values[at + 2] = third;
  }

  /** As `push`, before those at the end whose first number is larger; what is returned is its place. */
  insert(first: number, second: number, third: number): number {
    this.push(first, second, third);
    const { values } = this;
    let index = this.count - 1;
    for (; index > 0; index--) {
      const before = this.offset(index - 1);
      if (values[before]! <= first) break;
      this.#set(this.offset(index), values[before]!, values[before + 1]!, values[before + 2]!);
    }
    if (index < this.count - 1) this.#set(this.offset(index), first, second, third);
    return index;
  }

  /** Takes the first out; where it was, and is until the next `push`. Context: there is one. */
  shift(): number {
    const at = this.#head * fields;
    this.#head = (this.#head + 1) & (this.#capacity - 1);
    this.count--;
    return at;
  }

  clear(): void {
    this.#head = 0;
    this.count = 0;
  }

  /** One of the three numbers of each entry, 0: the first. */
  column(field: number): Float64Array {
    return Float64Array.from(
      { length: this.count },
      (_, index) => this.values[this.offset(index) + field]!,
    );
  }

  #set(at: number, first: number, second: number, third: number): void {
    this.values[at] = first;
    this.values[at + 1] = second;
    this.values[at + 2] = third;
  }

  #grow(): void {
    const larger = new Float64Array(this.values.length * 2);
    const head = this.#head * fields;
    larger.set(this.values.subarray(head));
    larger.set(this.values.subarray(0, head), this.values.length - head);
    this.values = larger;
    this.#capacity *= 2;
    this.#head = 0;
  }
}
