// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where frames are while they travel: outside of every kernel, in slots of one array. A frame is a number, its
 * handle; nothing is allocated for one, and whoever looks at its bytes makes a short-lived view. Slots come in a
 * few sizes and are used again, the last that was freed first, so that they stay in the processor's caches.
 */
import type { FrameOffloads, Stateful } from '../host/index.js';

/** 0 is no frame. @internal */
export type FrameHandle = number;

/** Acknowledgements, Ethernet's MTU, jumbo frames, and the largest that segmentation offload makes. */
const slotBytes = [128, 2048, 16_384, 69_632] as const;
const fields = { csumStart: 0, csumOffset: 1, gsoSize: 2, headerLength: 3, types: 4 } as const;
const fieldCount = 5;

export interface FramePoolState {
  readonly classes: Uint8Array;
  readonly lengths: Uint32Array;
  readonly references: Uint32Array;
  readonly offloads: Uint16Array;
  readonly free: readonly Uint32Array[];
  /** Of the frames that are in use, one after the other. */
  readonly bytes: Uint8Array;
}

/** @internal */
export class FramePool implements Stateful {
  #bytes = new Uint8Array(2 ** 16);
  #memory = new DataView(this.#bytes.buffer);
  #usedBytes = 0;
  /** By handle. */
  #offsets = new Float64Array(64);
  #classes = new Uint8Array(64);
  #lengths = new Uint32Array(64);
  #references = new Uint32Array(64);
  #offloads = new Uint16Array(64 * fieldCount);
  #handleCount = 1;
  /** Handles of free slots, by size. */
  readonly #free: Uint32Array[] = slotBytes.map(() => new Uint32Array(16));
  readonly #freeCounts: number[] = slotBytes.map(() => 0);
  /** By handle: what `wholeView` gave the last time. */
  #views: (Uint8Array | undefined)[] = [];

  /** Where all frames are. Context: until the next `allocate`, which may replace it. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same. */
  get memory(): DataView {
    return this.#memory;
  }

  /** Frames that somebody holds. */
  get frameCount(): number {
    return this.#handleCount - 1 - this.#freeCounts.reduce((sum, count) => sum + count, 0);
  }

  /** A frame that the caller holds, of arbitrary bytes and without offloads. */
  allocate(lengthBytes: number): FrameHandle {
    const sizeClass =
      lengthBytes <= slotBytes[0] ? 0 : lengthBytes <= slotBytes[1] ? 1 : largeClass(lengthBytes);
    const count = this.#freeCounts[sizeClass]!;
    let frame: FrameHandle;
    if (count > 0) {
      this.#freeCounts[sizeClass] = count - 1;
      frame = this.#free[sizeClass]![count - 1]!;
    } else {
      frame = this.#carve(sizeClass);
    }
    this.#lengths[frame] = lengthBytes;
    this.#references[frame] = 1;
    this.#clearOffloads(frame);
    return frame;
  }

  /** One more holder. */
  retain(frame: FrameHandle): void {
    this.#references[frame]!++;
  }

  /** One holder less; after the last the frame is gone. */
  release(frame: FrameHandle): void {
    const references = this.#references[frame]!;
    if (references === 0) throw new Error(`frame pool: frame ${frame} is released twice`);
    this.#references[frame] = references - 1;
    if (references === 1) this.#putFree(this.#classes[frame]!, frame);
  }

  /** A frame with these bytes that nobody else holds: this one, or a copy in its place. */
  own(frame: FrameHandle): FrameHandle {
    if (this.#references[frame] === 1) return frame;
    const copy = this.clone(frame);
    this.release(frame);
    return copy;
  }

  clone(frame: FrameHandle): FrameHandle {
    const copy = this.allocate(this.#lengths[frame]!);
    const from = this.#offsets[frame]!;
    this.#bytes.copyWithin(this.#offsets[copy]!, from, from + this.#lengths[frame]!);
    const start = frame * fieldCount;
    this.#offloads.copyWithin(copy * fieldCount, start, start + fieldCount);
    return copy;
  }

  lengthOf(frame: FrameHandle): number {
    return this.#lengths[frame]!;
  }

  /** Where the frame begins in `bytes`. */
  offsetOf(frame: FrameHandle): number {
    return this.#offsets[frame]!;
  }

  /** A view of its first bytes, or of all. Context: as `bytes`. */
  view(frame: FrameHandle, lengthBytes = this.#lengths[frame]!): Uint8Array {
    const from = this.#offsets[frame]!;
    return this.#bytes.subarray(from, from + lengthBytes);
  }

  /** A view of all of it, which is kept for the next frame of that length. Context: as `bytes`. */
  wholeView(frame: FrameHandle): Uint8Array {
    const kept = this.#views[frame];
    if (kept !== undefined && kept.length === this.#lengths[frame]) return kept;
    const view = this.view(frame);
    this.#views[frame] = view;
    return view;
  }

  /** Whether it is as a wire carries it: one segment, checksums done. */
  isPlain(frame: FrameHandle): boolean {
    const at = frame * fieldCount;
    return this.#offloads[at + fields.types] === 0 && this.#offloads[at + fields.gsoSize] === 0;
  }

  /** Payload bytes of each segment that it is to be split into; 0: it is one. */
  gsoSizeOf(frame: FrameHandle): number {
    return this.#offloads[frame * fieldCount + fields.gsoSize]!;
  }

  readOffloads(frame: FrameHandle, offloads: FrameOffloads): void {
    const values = this.#offloads;
    const at = frame * fieldCount;
    offloads.csumStart = values[at + fields.csumStart]!;
    offloads.csumOffset = values[at + fields.csumOffset]!;
    offloads.gsoSize = values[at + fields.gsoSize]!;
    offloads.headerLength = values[at + fields.headerLength]!;
    const types = values[at + fields.types]!;
    offloads.gsoType = types >>> 8;
    offloads.flags = types & 0xff;
  }

  writeOffloads(frame: FrameHandle, offloads: FrameOffloads): void {
    const values = this.#offloads;
    const at = frame * fieldCount;
    values[at + fields.csumStart] = offloads.csumStart;
    values[at + fields.csumOffset] = offloads.csumOffset;
    values[at + fields.gsoSize] = offloads.gsoSize;
    values[at + fields.headerLength] = offloads.headerLength;
    values[at + fields.types] = (offloads.gsoType << 8) | offloads.flags;
  }

  saveState(): FramePoolState {
    const count = this.#handleCount;
    let total = 0;
    for (let frame = 1; frame < count; frame++) {
      if (this.#references[frame]! > 0) total += this.#lengths[frame]!;
    }
    const bytes = new Uint8Array(total);
    let at = 0;
    for (let frame = 1; frame < count; frame++) {
      if (this.#references[frame] === 0) continue;
      bytes.set(this.view(frame), at);
      at += this.#lengths[frame]!;
    }
    return {
      classes: this.#classes.slice(0, count),
      lengths: this.#lengths.slice(0, count),
      references: this.#references.slice(0, count),
      offloads: this.#offloads.slice(0, count * fieldCount),
      free: this.#free.map((handles, sizeClass) => handles.slice(0, this.#freeCounts[sizeClass])),
      bytes,
    };
  }

  /** Frames keep their handles. */
  restoreState(saved: unknown): void {
    const state = saved as FramePoolState;
    this.#handleCount = 1;
    this.#usedBytes = 0;
    this.#views = [];
    const count = state.classes.length;
    for (let frame = 1; frame < count; frame++) this.#carve(state.classes[frame]!);
    this.#lengths.set(state.lengths);
    this.#references.set(state.references);
    this.#offloads.set(state.offloads);
    for (const [sizeClass, handles] of state.free.entries()) {
      this.#free[sizeClass] = Uint32Array.from([...handles, ...new Uint32Array(16)]);
      this.#freeCounts[sizeClass] = handles.length;
    }
    let at = 0;
    for (let frame = 1; frame < count; frame++) {
      if (this.#references[frame] === 0) continue;
      const length = this.#lengths[frame]!;
      this.#bytes.set(state.bytes.subarray(at, at + length), this.#offsets[frame]);
      at += length;
    }
  }

  /** One by one: faster than a call for so few. */
  #clearOffloads(frame: FrameHandle): void {
    const values = this.#offloads;
    const at = frame * fieldCount;
    values[at] = 0;
    values[at + 1] = 0;
    values[at + 2] = 0;
    values[at + 3] = 0;
    values[at + 4] = 0;
  }

  /** A new slot. */
  #carve(sizeClass: number): FrameHandle {
    const size = slotBytes[sizeClass]!;
    const offset = this.#usedBytes;
    this.#usedBytes += size;
    if (this.#usedBytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#usedBytes));
      larger.set(this.#bytes.subarray(0, offset));
      this.#bytes = larger;
      this.#memory = new DataView(larger.buffer);
      this.#views = [];
    }
    const frame = this.#handleCount++;
    if (frame === this.#lengths.length) this.#growHandles();
    this.#offsets[frame] = offset;
    this.#classes[frame] = sizeClass;
    return frame;
  }

  #putFree(sizeClass: number, frame: FrameHandle): void {
    const count = this.#freeCounts[sizeClass]!;
    let handles = this.#free[sizeClass]!;
    if (count === handles.length) {
      const larger = new Uint32Array(count * 2);
      larger.set(handles);
      handles = larger;
      this.#free[sizeClass] = handles;
    }
    handles[count] = frame;
    this.#freeCounts[sizeClass] = count + 1;
  }

  #growHandles(): void {
    const capacity = this.#lengths.length * 2;
    const offsets = new Float64Array(capacity);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const classes = new Uint8Array(capacity);
    classes.set(this.#classes);
    this.#classes = classes;
    const lengths = new Uint32Array(capacity);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const references = new Uint32Array(capacity);
    references.set(this.#references);
    this.#references = references;
    const offloads = new Uint16Array(capacity * fieldCount);
    offloads.set(this.#offloads);
    this.#offloads = offloads;
  }
}

function largeClass(lengthBytes: number): number {
  for (let sizeClass = 2; sizeClass < slotBytes.length; sizeClass++) {
    if (lengthBytes <= slotBytes[sizeClass]!) return sizeClass;
  }
  throw new Error(`frame pool: no frame has ${lengthBytes} bytes`);
}
