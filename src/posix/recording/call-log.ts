// SPDX-License-Identifier: GPL-2.0-only
/**
 * What one program asked and was told, as numbers and bytes that only ever grow at their end. Snapshots keep a
 * mark, not a copy; a log that goes on from a mark shares all full chunks with the one that it comes from.
 */
const chunkShift = 10;
const chunkWords = 1 << chunkShift;
const chunkMask = chunkWords - 1;
const byteChunkBytes = 16 * 1024;
const twoTo32 = 2 ** 32;

/** How far a log had come. */
export interface LogMark {
  readonly log: CallLog;
  readonly words: number;
  readonly bytes: number;
}

/** Bytes by chunk; a piece never spans two, so it can be read as one view. */
interface ByteChunk {
  readonly bytes: Uint8Array;
  /** How many bytes the log had when this chunk was begun; what is free at the end of the one before is left. */
  readonly start: number;
}

export class CallLog {
  readonly #chunks: Int32Array[] = [];
  #words = 0;
  readonly #byteChunks: ByteChunk[] = [];
  #bytes = 0;

  get words(): number {
    return this.#words;
  }

  /** What it takes in memory. */
  get sizeBytes(): number {
    return this.#words * 4 + this.#byteChunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  mark(): LogMark {
    return { log: this, words: this.#words, bytes: this.#bytes };
  }

  /** A log that goes on from a mark of another. */
  static from({ log, words, bytes }: LogMark): CallLog {
    const copy = new CallLog();
    const whole = words >>> chunkShift;
    copy.#chunks.push(...log.#chunks.slice(0, whole));
    if ((words & chunkMask) !== 0) copy.#chunks.push(log.#chunks[whole]!.slice());
    copy.#words = words;
    copy.#byteChunks.push(...log.#byteChunks.filter(({ start }) => start < bytes));
    const last = copy.#byteChunks.pop();
    if (last) copy.#byteChunks.push({ ...last, bytes: last.bytes.slice() });
    copy.#bytes = bytes;
    return copy;
  }

  /** A signed or unsigned 32-bit number, read back as a signed one. */
  add(word: number): void {
    const at = this.#words++;
    if ((at & chunkMask) === 0) this.#chunks.push(new Int32Array(chunkWords));
    this.#chunks[at >>> chunkShift]![at & chunkMask] = word;
  }

  /** A whole number from 0 to 2^53, or Infinity, in two words. */
  addWide(value: number): void {
    const finite = value === Infinity ? Number.MAX_SAFE_INTEGER : value;
    const high = Math.floor(finite / twoTo32);
    this.add(finite - high * twoTo32);
    this.add(high);
  }

  addBytes(source: Uint8Array): void {
    let last = this.#byteChunks.at(-1);
    if (!last || this.#bytes + source.length > last.start + last.bytes.length) {
      const bytes = new Uint8Array(Math.max(byteChunkBytes, source.length));
      last = { bytes, start: this.#bytes };
      this.#byteChunks.push(last);
    }
    last.bytes.set(source, this.#bytes - last.start);
    this.#bytes += source.length;
  }

  word(at: number): number {
    return this.#chunks[at >>> chunkShift]![at & chunkMask]!;
  }

  wide(at: number): number {
    const value = (this.word(at) >>> 0) + this.word(at + 1) * twoTo32;
    return value === Number.MAX_SAFE_INTEGER ? Infinity : value;
  }

  /** Bytes that were added as one piece. */
  bytesAt(at: number, length: number): Uint8Array {
    const { start, bytes } = this.#byteChunks[this.#chunkOf(at)]!;
    return bytes.subarray(at - start, at - start + length);
  }

  /** The last chunk that begins at or before a byte. */
  #chunkOf(at: number): number {
    let low = 0;
    let high = this.#byteChunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#byteChunks[middle]!.start <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
