// SPDX-License-Identifier: GPL-2.0-only

/**
 * One pcapng file as it grows. Frames of one moment are held until it is over and then written by interface, those
 * of an interface as they came: so the file is the same in whatever order the interfaces took their turns.
 */
import type { CaptureSink } from './capture-sink.js';
import { encodeInterface, encodePacket, encodeSection } from './pcapng.js';

/** How frames are written into a capture. */
export interface CaptureFileOptions {
  /** What 0 ns is, in milliseconds since 1970; 0 by default. Whole seconds count. */
  readonly epochMs?: number;
  /** Bytes of each frame that are kept; all by default. */
  readonly snapBytes?: number;
}

interface Packet {
  readonly interfaceNumber: number;
  readonly block: Uint8Array;
}

export interface CaptureFileState {
  readonly lengthBytes: number;
  readonly interfaceCount: number;
  readonly momentNs: number;
  readonly moment: readonly Packet[];
}

const section = encodeSection();

/** Of a file in which there is no interface yet. */
export const emptyFile: CaptureFileState = {
  lengthBytes: section.length,
  interfaceCount: 0,
  momentNs: 0,
  moment: [],
};

export class CaptureFile {
  readonly #sink: CaptureSink;
  readonly #epochMs: number;
  readonly #snapBytes: number;
  #interfaceCount = 0;
  #momentNs = 0;
  #moment: Packet[] = [];

  constructor(sink: CaptureSink, { epochMs = 0, snapBytes = Infinity }: CaptureFileOptions = {}) {
    this.#sink = sink;
    this.#epochMs = epochMs;
    this.#snapBytes = snapBytes;
    sink.write(section);
  }

  get interfaceCount(): number {
    return this.#interfaceCount;
  }

  /** Returns the number to write the interface's frames with. `nowNs`: frames from before come before it. */
  addInterface(name: string, nowNs: number): number {
    if (this.#momentNs < nowNs) this.#endMoment();
    const snapBytes = this.#snapBytes === Infinity ? 0 : this.#snapBytes;
    this.#sink.write(encodeInterface(name, snapBytes, this.#epochMs));
    return this.#interfaceCount++;
  }

  /** Context: times never go back. */
  writeFrame(
    interfaceNumber: number,
    direction: 'in' | 'out',
    timeNs: number,
    frame: Uint8Array,
  ): void {
    if (this.#momentNs < timeNs) {
      this.#endMoment();
      this.#momentNs = timeNs;
    }
    const start = frame.length > this.#snapBytes ? frame.subarray(0, this.#snapBytes) : frame;
    const block = encodePacket(interfaceNumber, direction, timeNs, start, frame.length);
    this.#moment.push({ interfaceNumber, block });
  }

  /** What is certain is in the sink; frames of the last moment may be joined by others and wait. */
  flush(): void {
    this.#sink.flush();
  }

  close(): void {
    this.#endMoment();
    this.#sink.close();
  }

  saveState(): CaptureFileState {
    return {
      lengthBytes: this.#sink.lengthBytes,
      interfaceCount: this.#interfaceCount,
      momentNs: this.#momentNs,
      moment: [...this.#moment],
    };
  }

  /** Cuts back what was written since. */
  restoreState(state: CaptureFileState): void {
    this.#sink.truncate(state.lengthBytes);
    this.#interfaceCount = state.interfaceCount;
    this.#momentNs = state.momentNs;
    this.#moment = [...state.moment];
  }

  #endMoment(): void {
    const moment = this.#moment;
    if (moment.length > 1) moment.sort((a, b) => a.interfaceNumber - b.interfaceNumber);
    for (const { block } of moment) this.#sink.write(block);
    moment.length = 0;
  }
}
