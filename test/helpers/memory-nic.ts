// SPDX-License-Identifier: GPL-2.0-only

/** A NIC without a kernel, for tests of links: its frames are arrays, and it keeps what it receives. */
import type { FrameOffloads, FrameSink, Nic } from '../../src/host/index.js';
import { plain } from './frames.js';

interface Frame {
  bytes: Uint8Array;
  offloads: FrameOffloads;
}

export class MemoryNic implements Nic {
  readonly mtu = 1500;
  readonly label: string;
  /** What came, and when. */
  readonly received: { timeNs: number; bytes: Uint8Array; offloads: FrameOffloads }[] = [];
  /** When each sent frame was given back. */
  readonly completedNs: number[] = [];
  /** Refuses frames, as a device that is down does. */
  down = false;
  sink: FrameSink | undefined;
  carrier = false;
  readonly #now: () => number;
  readonly #frames = new Map<number, Frame>();
  #nextFrame = 8;

  constructor(label: string, now: () => number) {
    this.label = label;
    this.#now = now;
  }

  send(bytes: Uint8Array, offloads: FrameOffloads = plain): void {
    this.sink?.transmit(this, this.#keep({ bytes, offloads }));
  }

  saveState(): unknown {
    const { received, completedNs } = this;
    return structuredClone({ received, completedNs, frames: this.#frames, next: this.#nextFrame });
  }

  restoreState(saved: unknown): void {
    const state = structuredClone(saved) as Pick<MemoryNic, 'received' | 'completedNs'> & {
      readonly frames: ReadonlyMap<number, Frame>;
      readonly next: number;
    };
    this.received.splice(0, Infinity, ...state.received);
    this.completedNs.splice(0, Infinity, ...state.completedNs);
    this.#frames.clear();
    for (const [handle, frame] of state.frames) this.#frames.set(handle, frame);
    this.#nextFrame = state.next;
  }

  /** Frames that were neither given back nor handed over. */
  get held(): number {
    return this.#frames.size;
  }

  /** As after a crash of its host: the link must not ask for these frames any more. */
  forgetAll(): void {
    this.#frames.clear();
  }

  connect(sink: FrameSink | undefined): void {
    this.sink = sink;
  }

  setCarrier(up: boolean): void {
    this.carrier = up;
  }

  holds(frame: number): boolean {
    return this.#frames.has(frame);
  }

  frameLength(frame: number): number {
    return this.#get(frame).bytes.length;
  }

  isWhole(frame: number): boolean {
    return this.#get(frame).offloads.gsoSize === 0;
  }

  isPlain(frame: number): boolean {
    const { gsoSize, gsoType, flags } = this.#get(frame).offloads;
    return gsoSize === 0 && gsoType === 0 && flags === 0;
  }

  readOffloads(frame: number, offloads: FrameOffloads): void {
    Object.assign(offloads, this.#get(frame).offloads);
  }

  writeOffloads(frame: number, offloads: FrameOffloads): void {
    this.#get(frame).offloads = { ...offloads };
  }

  readonly memory = new DataView(new ArrayBuffer(0));

  /** Each has memory of its own. */
  locate(): number {
    return -1;
  }

  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void {
    target.set(this.#get(frame).bytes.subarray(fromByte, fromByte + lengthBytes), toByte);
  }

  transmitted(frame: number): void {
    this.#get(frame);
    this.#frames.delete(frame);
    this.completedNs.push(this.#now());
  }

  allocate(lengthBytes: number): number {
    if (this.down) return 0;
    return this.#keep({ bytes: new Uint8Array(lengthBytes), offloads: plain });
  }

  copyFrom(
    source: Nic,
    sourceFrame: number,
    fromByte: number,
    frame: number,
    toByte: number,
    lengthBytes: number,
  ): void {
    source.read(sourceFrame, fromByte, this.#get(frame).bytes, toByte, lengthBytes);
  }

  write(frame: number, source: Uint8Array, fromByte: number, lengthBytes: number): void {
    this.#get(frame).bytes.set(source.subarray(fromByte, fromByte + lengthBytes));
  }

  receive(frame: number): void {
    this.received.push({ timeNs: this.#now(), ...this.#get(frame) });
    this.#frames.delete(frame);
  }

  #keep(frame: Frame): number {
    const handle = this.#nextFrame;
    this.#nextFrame += 8;
    this.#frames.set(handle, frame);
    return handle;
  }

  #get(frame: number): Frame {
    const found = this.#frames.get(frame);
    if (!found) throw new Error(`${this.label}: frame ${frame} is used after it was given away`);
    return found;
  }
}
