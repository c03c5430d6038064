// SPDX-License-Identifier: GPL-2.0-only

/** Frames on their way out of kernels: whole, from one into the other, or a segment of one into the pool. */
import type { Nic } from '../host/index.js';
import { createOffloads, NicAttachment, type Attachment } from './attachment.js';
import type { ReceivedCounters, SentCounters } from './counters.js';
import type { LinkEnd } from './end.js';
import type { FrameHandle, FramePool } from './frame-pool.js';
import { rewriteHeaders, segmentCount, segmentLength } from './segment.js';

/** Between the NICs of two kernels with nothing in between, whatever segmentation offload made of a frame. */
export class DirectCopy {
  readonly #from: Nic;
  readonly #to: Nic;
  readonly #fromEnd: LinkEnd;
  readonly #toEnd: LinkEnd;
  readonly #offloads = createOffloads();
  /** What observers see. */
  readonly #firstBytes = new Uint8Array(128);

  private constructor(from: Nic, fromEnd: LinkEnd, to: Nic, toEnd: LinkEnd) {
    this.#from = from;
    this.#to = to;
    this.#fromEnd = fromEnd;
    this.#toEnd = toEnd;
  }

  /** Undefined where an end is no NIC. */
  static between(from: LinkEnd, to: LinkEnd): DirectCopy | undefined {
    const [source, target] = [from.attachment, to.attachment];
    if (!(source instanceof NicAttachment && target instanceof NicAttachment)) return undefined;
    return new DirectCopy(source.nic, from, target.nic, to);
  }

  /** `rawBytesMax`: what observers of the ends want to see at most. */
  carry(
    frame: number,
    rawBytesMax: number,
    nowNs: number,
    sentCounters: Pick<SentCounters, 'sentFrames' | 'sentBytes'>,
    receivedCounters: ReceivedCounters,
  ): void {
    const from = this.#from;
    const to = this.#to;
    const offloads = this.#offloads;
    const length = from.frameLength(frame);
    from.readOffloads(frame, offloads);
    const segments = segmentCount(length, offloads);
    sentCounters.sentFrames += segments;
    sentCounters.sentBytes += length;
    const at = rawBytesMax > 0 ? this.#showOut(frame, length, rawBytesMax, nowNs) : -1;
    const received = to.allocate(length);
    if (received === 0) {
      receivedCounters.droppedByReceiver += segments;
      from.transmitted(frame);
      return;
    }
    to.copyFrom(from, frame, 0, received, 0, length);
    to.writeOffloads(received, offloads);
    if (rawBytesMax > 0) this.#showIn(at, length, nowNs);
    from.transmitted(frame);
    receivedCounters.receivedFrames += segments;
    receivedCounters.receivedBytes += length;
    to.receive(received);
  }

  /** Where in the sender's memory the frame's first bytes were seen; -1: they have been copied. */
  #showOut(frame: number, length: number, rawBytesMax: number, nowNs: number): number {
    const from = this.#from;
    const count = Math.min(length, rawBytesMax);
    if (this.#fromEnd.readsMemory && this.#toEnd.readsMemory) {
      const at = from.locate(frame, count);
      if (at >= 0) {
        this.#fromEnd.showInMemory('out', nowNs, length, from.memory, at);
        return at;
      }
    }
    from.read(frame, 0, this.#firstBytes, 0, count);
    this.#fromEnd.showRaw('out', nowNs, length, this.#firstBytes);
    return -1;
  }

  /** Context: the sender still has the frame. */
  #showIn(at: number, length: number, nowNs: number): void {
    if (at >= 0) this.#toEnd.showInMemory('in', nowNs, length, this.#from.memory, at);
    else this.#toEnd.showRaw('in', nowNs, length, this.#firstBytes);
  }
}

const offloads = createOffloads();

/** A segment of a frame, as a frame of its own in the pool; its checksum is still left to the device. */
export function takeSegment(
  source: Attachment,
  pool: FramePool,
  frame: number,
  index: number,
): FrameHandle {
  const length = source.frameLength(frame);
  source.readOffloads(frame, offloads);
  const { headerLength, gsoSize } = offloads;
  const segment = segmentLength(length, offloads, index);
  const taken = pool.allocate(segment);
  const at = pool.offsetOf(taken);
  source.read(frame, 0, pool.bytes, at, headerLength);
  const header = pool.view(taken, headerLength);
  rewriteHeaders(header, length, offloads, index, segmentCount(length, offloads));
  const from = headerLength + index * gsoSize;
  source.read(frame, from, pool.bytes, at + headerLength, segment - headerLength);
  offloads.gsoSize = 0;
  offloads.gsoType = 0;
  offloads.headerLength = 0;
  pool.writeOffloads(taken, offloads);
  return taken;
}
