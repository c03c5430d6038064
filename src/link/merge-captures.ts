// SPDX-License-Identifier: GPL-2.0-only

/**
 * Makes one capture of several that were written at the same time in different threads, each of interfaces of its
 * own: by time, then by interface, as one thread would have written it. All of them have all interfaces, in the
 * same order, so that numbers agree.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { LibosError } from '../errors.js';
import { FileSink } from './capture-sink.js';
import { blockHeaderBytes, blockLengthBytes, decodeBlock, type DecodedBlock } from './pcapng.js';

/** Reads parts that are closed, writes `target`, which is replaced; the parts stay. */
export function mergeCaptures(parts: readonly string[], target: string): void {
  const sink = new FileSink(target);
  const readers = parts.map((path) => new BlockReader(path));
  try {
    for (;;) {
      const next = nextOf(readers);
      if (next === undefined) return;
      sink.write(next.bytes);
      // A section or an interface is in every part, and written once.
      if (next.block?.kind === 'packet') next.advance();
      else for (const reader of readers) reader.advance();
    }
  } finally {
    for (const reader of readers) reader.close();
    sink.close();
  }
}

/** The reader of the earliest packet; where there is none that may come yet, one of what they have in common. */
function nextOf(readers: readonly BlockReader[]): BlockReader | undefined {
  let first: BlockReader | undefined;
  for (const reader of readers) {
    if (reader.block === undefined || reader.block.kind !== 'packet') continue;
    if (first === undefined || isBefore(reader.block, first.block)) first = reader;
  }
  return first ?? readers.find(({ block }) => block !== undefined);
}

function isBefore(block: DecodedBlock, other: DecodedBlock | undefined): boolean {
  if (block.kind !== 'packet' || other?.kind !== 'packet') return false;
  if (block.timeNs !== other.timeNs) return block.timeNs < other.timeNs;
  return block.interfaceNumber < other.interfaceNumber;
}

const chunkBytes = 2 ** 20;

/** One block of a file at a time. */
class BlockReader {
  readonly #path: string;
  readonly #file: number;
  #buffer = new Uint8Array(chunkBytes);
  #start = 0;
  #end = 0;
  #blockBytes = 0;
  /** The block that is next; undefined at the end. */
  block: DecodedBlock | undefined;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'r');
    } catch (cause) {
      throw new LibosError('ERR_LIBOS_CAPTURE', `cannot read the capture ${path}`, { cause });
    }
    this.#read();
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#start + this.#blockBytes);
  }

  advance(): void {
    if (this.block === undefined) return;
    this.#start += this.#blockBytes;
    this.#read();
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(): void {
    this.block = undefined;
    this.#blockBytes = 0;
    const headed = this.#fill(blockHeaderBytes);
    if (headed === 0) return;
    const header = this.#buffer.subarray(this.#start, this.#start + blockHeaderBytes);
    const length = headed < blockHeaderBytes ? 0 : blockLengthBytes(header);
    if (length < blockHeaderBytes || this.#fill(length) < length) {
      throw new LibosError('ERR_LIBOS_CAPTURE', `the capture ${this.#path} ends inside a block`);
    }
    this.#blockBytes = length;
    this.block = decodeBlock(this.bytes);
  }

  /** Has `length` bytes at #start, or as many as there are; returns how many. */
  #fill(length: number): number {
    if (this.#end - this.#start < length) {
      const rest = this.#buffer.subarray(this.#start, this.#end);
      const buffer = length > this.#buffer.length ? new Uint8Array(length * 2) : this.#buffer;
      // The two may overlap: `set` of a typed array of the same buffer minds that.
      buffer.set(rest);
      this.#buffer = buffer;
      this.#end = rest.length;
      this.#start = 0;
      while (this.#end < length) {
        const count = readSync(this.#file, buffer, this.#end, buffer.length - this.#end, null);
        if (count === 0) break;
        this.#end += count;
      }
    }
    return Math.min(length, this.#end - this.#start);
  }
}
