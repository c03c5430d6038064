// SPDX-License-Identifier: GPL-2.0-only

/**
 * Frames on their way from one worker to one other. Between two barriers one side writes and the other reads what
 * was written before the last of them: there are two stretches of memory, and they change places at each barrier.
 * So nothing is locked. A stretch that is too short grows by blocks, which are sent to the reader by message.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { FrameOffloads } from '../../host/index.js';

/** A frame as it crosses. */
export interface CrossingFrame {
  /** The direction of a link that it goes by: the number that the link gave it. */
  direction: number;
  arrivalNs: number;
  epoch: number;
  readonly offloads: FrameOffloads;
  /** Valid until the next frame. */
  bytes: Uint8Array;
}

/** Memory of a stretch at the start; a block that is added is as large as all before it, and holds what needs it. */
const firstBlockBytes = 2 ** 18;

/** Bytes of a record before the frame's own. */
const headBytes = 48;
const alignBytes = 8;

/** Of a block: bytes used, as a 64-bit float, in front of the records. */
const usedBytes = 8;

class Block {
  readonly buffer: SharedArrayBuffer;
  readonly floats: Float64Array;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.floats = new Float64Array(buffer);
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** Where the next record goes, from the block's start. */
  get used(): number {
    return this.floats[0]!;
  }

  set used(value: number) {
    this.floats[0] = value;
  }
}

/** The writer's side. */
export class Outbox {
  readonly #port: MessagePort;
  readonly #stretches: [Block[], Block[]] = [[], []];
  #now: 0 | 1 = 0;
  #block = -1;
  #frames = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Frames since the last barrier. */
  get frames(): number {
    return this.#frames;
  }

  put(
    direction: number,
    arrivalNs: number,
    epoch: number,
    offloads: FrameOffloads,
    bytes: Uint8Array,
  ): void {
    const size = (headBytes + bytes.length + alignBytes - 1) & -alignBytes;
    let block = this.#stretches[this.#now][this.#block];
    if (!block || block.used + size > block.buffer.byteLength) block = this.#nextBlock(size);
    const at = block.used;
    block.floats[at / 8] = arrivalNs;
    block.floats[at / 8 + 1] = epoch;
    const words = block.words;
    const word = at / 4 + 4;
    words[word] = direction;
    words[word + 1] = bytes.length;
    words[word + 2] = offloads.csumStart;
    words[word + 3] = offloads.csumOffset;
    words[word + 4] = offloads.gsoSize;
    words[word + 5] = offloads.headerLength;
    words[word + 6] = offloads.gsoType;
    words[word + 7] = offloads.flags;
    block.bytes.set(bytes, at + headBytes);
    block.used = at + size;
    this.#frames++;
  }

  /** Context: all workers have passed a barrier since the last frame. What follows goes to the other stretch. */
  turn(): void {
    this.#now = this.#now === 0 ? 1 : 0;
    for (const block of this.#stretches[this.#now]) block.used = usedBytes;
    this.#block = -1;
    this.#frames = 0;
  }

  #nextBlock(size: number): Block {
    const blocks = this.#stretches[this.#now];
    // What is left of a block that the frame does not fit into stays empty.
    while (++this.#block < blocks.length) {
      const block = blocks[this.#block]!;
      if (block.used + size <= block.buffer.byteLength) return block;
    }
    const sofar = blocks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    const bytes = Math.max(firstBlockBytes, sofar, usedBytes + size);
    const block = new Block(new SharedArrayBuffer((bytes + alignBytes - 1) & -alignBytes));
    block.used = usedBytes;
    blocks.push(block);
    this.#port.postMessage({ stretch: this.#now, buffer: block.buffer });
    return block;
  }
}

/** The reader's side. */
export class Inbox {
  readonly #port: MessagePort;
  readonly #stretches: [Block[], Block[]] = [[], []];
  readonly #frame: CrossingFrame = {
    direction: 0,
    arrivalNs: 0,
    epoch: 0,
    offloads: { csumStart: 0, csumOffset: 0, gsoSize: 0, headerLength: 0, gsoType: 0, flags: 0 },
    bytes: new Uint8Array(0),
  };
  #now: 0 | 1 = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /**
   * Gives what was written before the last barrier to `accept`, in the order in which it was. The frame's object
   * is used again. Context: once after each barrier, as the writer's `turn` is.
   */
  drain(accept: (frame: CrossingFrame) => void): void {
    this.#takeBlocks();
    const blocks = this.#stretches[this.#now];
    this.#now = this.#now === 0 ? 1 : 0;
    for (const block of blocks) {
      const end = block.used;
      for (let at = usedBytes; at < end;) at += this.#read(block, at, accept);
    }
  }

  #takeBlocks(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as
        { message: { stretch: 0 | 1; buffer: SharedArrayBuffer } } | undefined;
      if (!received) return;
      const { stretch, buffer } = received.message;
      this.#stretches[stretch].push(new Block(buffer));
    }
  }

  /** Returns how many bytes the record has. */
  #read(block: Block, at: number, accept: (frame: CrossingFrame) => void): number {
    const frame = this.#frame;
    const { offloads } = frame;
    const words = block.words;
    const word = at / 4 + 4;
    const length = words[word + 1]!;
    frame.arrivalNs = block.floats[at / 8]!;
    frame.epoch = block.floats[at / 8 + 1]!;
    frame.direction = words[word]!;
    offloads.csumStart = words[word + 2]!;
    offloads.csumOffset = words[word + 3]!;
    offloads.gsoSize = words[word + 4]!;
    offloads.headerLength = words[word + 5]!;
    offloads.gsoType = words[word + 6]!;
    offloads.flags = words[word + 7]!;
    frame.bytes = block.bytes.subarray(at + headBytes, at + headBytes + length);
    accept(frame);
    return (headBytes + length + alignBytes - 1) & -alignBytes;
  }
}
