// SPDX-License-Identifier: GPL-2.0-only

/**
 * What belongs to the messages in a pair and does not fit into it: addresses, control messages, flags. A program
 * may take messages out of the pair unseen (read, recv), so the number that is left follows from the memory that
 * Linux counts for the pair: those are always the last ones.
 */
import type { Library } from './library.js';
import type { Received } from './program-socket.js';

/** Of an entry in kernel memory: most names and control messages fit. */
const slotBytes = 256;
const nameRoomBytes = 128;
const controlRoomBytes = slotBytes - nameRoomBytes;
const firstSlots = 16;

interface Entry {
  /** What Linux counts for it in the pair. */
  charge: number;
  nameLength: number;
  controlLength: number;
  flags: number;
  /** A message that stands for an error: a positive errno. */
  error: number;
  /** Control messages that do not fit into the slot. */
  long: Uint8Array | undefined;
}

export class MessageQueue {
  readonly #library: Library;
  #entries: Entry[] = [];
  #memory = 0;
  #first = 0;
  #count = 0;
  #charged = 0;

  constructor(library: Library) {
    this.#library = library;
  }

  get count(): number {
    return this.#count;
  }

  /** What was put in and not known to be gone. */
  get chargedBytes(): number {
    return this.#charged;
  }

  /** The message that the library has just given, with its name and control messages where it puts them. */
  push(charge: number, nameLength: number, controlLength: number, flags: number, error = 0): void {
    if (this.#count === this.#entries.length) this.#grow();
    const library = this.#library;
    const index = (this.#first + this.#count) % this.#entries.length;
    const entry = this.#entries[index]!;
    entry.charge = charge;
    entry.nameLength = nameLength;
    entry.controlLength = controlLength;
    entry.flags = flags;
    entry.error = error;
    entry.long = undefined;
    const slot = this.#memory + index * slotBytes;
    if (nameLength > 0) library.copy(slot, library.name, Math.min(nameLength, nameRoomBytes));
    if (controlLength > controlRoomBytes) {
      entry.long = library.bytes(library.control, controlLength).slice();
    } else if (controlLength > 0) {
      library.copy(slot + nameRoomBytes, library.control, controlLength);
    }
    this.#count++;
    this.#charged += charge;
  }

  /** Forgets those that the program has taken: `leftBytes` is what the pair holds now. */
  trim(leftBytes: number): void {
    while (this.#count > 0 && this.#charged > leftBytes) this.drop();
  }

  /** The error that the first message stands for, or 0. */
  get firstError(): number {
    return this.#count === 0 ? 0 : this.#entries[this.#first]!.error;
  }

  /** Forgets the first. */
  drop(): void {
    this.#charged -= this.#entries[this.#first]!.charge;
    this.#first = (this.#first + 1) % this.#entries.length;
    this.#count--;
  }

  /** What goes with the first message; the control messages are where the library would put them. */
  describe(result: number): Received {
    const library = this.#library;
    const { nameLength, controlLength, flags, long } = this.#entries[this.#first]!;
    const slot = this.#memory + this.#first * slotBytes;
    if (long !== undefined) library.bytes(library.control, controlLength).set(long);
    const control = long === undefined ? slot + nameRoomBytes : library.control;
    return { result, name: slot, nameLength, control, controlLength, flags };
  }

  release(): void {
    if (this.#memory !== 0) this.#library.free(this.#memory);
    this.#memory = 0;
    this.#entries = [];
    this.#first = this.#count = this.#charged = 0;
  }

  #grow(): void {
    const library = this.#library;
    const old = this.#entries;
    const size = Math.max(firstSlots, old.length * 2);
    const memory = library.allocate(size * slotBytes);
    const entries = old.map((_, i) => {
      const from = (this.#first + i) % old.length;
      library.copy(memory + i * slotBytes, this.#memory + from * slotBytes, slotBytes);
      return old[from]!;
    });
    while (entries.length < size) {
      const empty = { charge: 0, nameLength: 0, controlLength: 0, flags: 0, error: 0 };
      entries.push({ ...empty, long: undefined });
    }
    if (this.#memory !== 0) library.free(this.#memory);
    this.#memory = memory;
    this.#entries = entries;
    this.#first = 0;
  }
}
