// SPDX-License-Identifier: GPL-2.0-only

/** An end of a link: what is plugged in there, and who watches the frames that pass. */
import type { Nic } from '../host/index.js';
import { createAttachment, createOffloads, type Attachment } from './attachment.js';
import type { FrameHandle, FramePool } from './frame-pool.js';
import type { Port } from './port.js';
import { segmentCount, wireFrame, type FrameReader } from './segment.js';

/** Is shown the frames at the end of a link. */
export interface FrameObserver {
  /**
   * How much it wants to see. Up to 128 bytes: once for each frame as it lies in memory, which segmentation
   * offload may have left whole and without a checksum; nothing is allocated. More: each frame as the wire
   * carries it.
   */
  readonly snapBytes: number;
  /**
   * `direction` is seen from the end. The bytes, `lengthBytes` or `snapBytes` of them, are valid during the call,
   * which must not call a kernel.
   */
  onFrame(
    end: LinkEnd,
    direction: 'in' | 'out',
    timeNs: number,
    lengthBytes: number,
    bytes: Uint8Array,
  ): void;
  /**
   * If it has this, and is content with frames as they lie in memory, it is shown them there where it can be: from
   * offset `at` of `memory` on, as many bytes as it would get. Nothing is copied then.
   */
  onFrameInMemory?(
    direction: 'in' | 'out',
    timeNs: number,
    lengthBytes: number,
    memory: DataView,
    at: number,
  ): void;
}

const rawSnapBytesMax = 128;

/** One end of a link: the device there, and who watches what passes. */
export class LinkEnd {
  /** Unique in its simulation, e.g. "alice.eth0". */
  readonly label: string;
  /** What is plugged in. */
  readonly device: Nic | Port;
  /** For the link's directions. @internal */
  readonly attachment: Attachment;
  readonly #pool: FramePool;
  readonly #offloads = createOffloads();
  #observers: readonly FrameObserver[] = [];
  #rawBytesMax = 0;
  #readsMemory = true;

  /** @internal */
  constructor(device: Nic | Port, pool: FramePool) {
    this.label = device.label;
    this.device = device;
    this.attachment = createAttachment(device, pool);
    this.#pool = pool;
  }

  get mtu(): number {
    return this.device.mtu;
  }

  get isObserved(): boolean {
    return this.#observers.length > 0;
  }

  /** What observers want to see at most, in bytes of frames as they lie in memory; Infinity: as the wire has them. @internal */
  get rawBytesMax(): number {
    return this.#rawBytesMax;
  }

  /** Whether all observers, if there are any, look into memory. @internal */
  get readsMemory(): boolean {
    return this.#readsMemory;
  }

  /** Shows each frame that leaves and arrives here, until the result is disposed of. */
  observe(observer: FrameObserver): Disposable {
    this.#setObservers([...this.#observers, observer]);
    let on = true;
    return {
      [Symbol.dispose]: () => {
        // One observer may be there twice, and each goes once.
        const at = on ? this.#observers.indexOf(observer) : -1;
        on = false;
        this.#setObservers(this.#observers.filter((_, index) => index !== at));
      },
    };
  }

  /** For the link's directions. @internal */
  show(direction: 'in' | 'out', frame: FrameHandle, timeNs: number): void {
    const pool = this.#pool;
    let onWire: readonly Uint8Array[] | undefined;
    for (const observer of this.#observers) {
      const { snapBytes } = observer;
      if (snapBytes <= rawSnapBytesMax) {
        const length = pool.lengthOf(frame);
        if (observer.onFrameInMemory) {
          const at = pool.offsetOf(frame);
          observer.onFrameInMemory(direction, timeNs, length, pool.memory, at);
          continue;
        }
        const bytes = pool.view(frame, Math.min(length, snapBytes));
        observer.onFrame(this, direction, timeNs, length, bytes);
        continue;
      }
      onWire ??= this.#wireFrames(frame);
      for (const bytes of onWire) {
        observer.onFrame(this, direction, timeNs, bytes.length, bytes.subarray(0, snapBytes));
      }
    }
  }

  /** For the link's directions: a frame that is in no pool, by its first bytes. Context: `rawBytesMax` is finite. @internal */
  showRaw(direction: 'in' | 'out', timeNs: number, lengthBytes: number, first: Uint8Array): void {
    for (const observer of this.#observers) {
      const bytes = first.subarray(0, Math.min(lengthBytes, observer.snapBytes));
      observer.onFrame(this, direction, timeNs, lengthBytes, bytes);
    }
  }

  /** The same for one whose first bytes begin at a place in memory. Context: `readsMemory`. @internal */
  showInMemory(
    direction: 'in' | 'out',
    timeNs: number,
    lengthBytes: number,
    memory: DataView,
    at: number,
  ): void {
    for (const observer of this.#observers) {
      observer.onFrameInMemory!(direction, timeNs, lengthBytes, memory, at);
    }
  }

  #setObservers(observers: readonly FrameObserver[]): void {
    this.#observers = observers;
    this.#readsMemory = observers.every((observer) => observer.onFrameInMemory !== undefined);
    const largest = Math.max(0, ...observers.map(({ snapBytes }) => snapBytes));
    this.#rawBytesMax = largest <= rawSnapBytesMax ? largest : Infinity;
  }

  #wireFrames(frame: FrameHandle): Uint8Array[] {
    const offloads = this.#offloads;
    this.#pool.readOffloads(frame, offloads);
    const whole = this.#pool.view(frame);
    const count = segmentCount(whole.length, offloads);
    const read: FrameReader = (fromByte, target) =>
      target.set(whole.subarray(fromByte, fromByte + target.length));
    return Array.from({ length: count }, (_, index) =>
      wireFrame(read, whole.length, offloads, index, count),
    );
  }
}
