// SPDX-License-Identifier: GPL-2.0-only

/**
 * A rate that a trace gives, in mahimahi's format: a whole number of milliseconds a line, each a chance to send
 * 1,500 bytes; lines of the same number are several chances. After the last line it begins again, with that
 * line's time as the new start. Bytes are those of packets: the Ethernet header does not count.
 */
import { readFileSync } from 'node:fs';
import { LibosError } from '../errors.js';

export const bytesPerChance = 1500;
const nsPerMs = 1e6;

export class TraceSchedule {
  readonly #stampsNs: Float64Array;
  readonly #periodNs: number;

  /** `what` names the trace in errors. */
  constructor(stampsMs: readonly number[], what: string) {
    if (stampsMs.length === 0) fail(what, 'is empty');
    let last = 0;
    for (const [index, stamp] of stampsMs.entries()) {
      if (!Number.isSafeInteger(stamp) || stamp < 0) {
        fail(what, `entry ${index + 1}, ${stamp}, is no whole number of milliseconds`);
      }
      if (stamp < last) fail(what, `entry ${index + 1}, ${stamp}, is before the one above it`);
      last = stamp;
    }
    if (last === 0) fail(what, 'lasts 0 ms, so that it could not begin again');
    this.#stampsNs = Float64Array.from(stampsMs, (stamp) => stamp * nsPerMs);
    this.#periodNs = last * nsPerMs;
  }

  static parse(text: string, what: string): TraceSchedule {
    const lines = text.split('\n').map((line) => line.trim());
    const stamps = lines
      .filter((line) => line !== '')
      .map((line, index) =>
        /^\d+$/.test(line)
          ? Number(line)
          : fail(what, `entry ${index + 1}, ${JSON.stringify(line)}, is no whole number`),
      );
    return new TraceSchedule(stamps, what);
  }

  static fromFile(path: string, what: string): TraceSchedule {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new LibosError('ERR_LIBOS_TRACE', `${what}: cannot read the trace ${path}`, { cause });
    }
    return TraceSchedule.parse(text, `${what} ${path}`);
  }

  /** Over all of it. */
  get meanBitsPerSecond(): number {
    return (this.#stampsNs.length * bytesPerChance * 8e9) / this.#periodNs;
  }

  /** When chance `index` comes, counted from 0 through all repetitions, after the trace's start. */
  timeOfNs(index: number): number {
    const count = this.#stampsNs.length;
    const round = Math.floor(index / count);
    return round * this.#periodNs + this.#stampsNs[index - round * count]!;
  }

  /** The first chance that is not before a time. */
  firstFrom(timeNs: number): number {
    const count = this.#stampsNs.length;
    // A round's last stamp may be the next one's first moment, so look one round earlier, too.
    const round = Math.max(0, Math.floor(timeNs / this.#periodNs) - 1);
    let low = round * count;
    let high = low + 2 * count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.timeOfNs(middle) < timeNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function fail(what: string, reason: string): never {
  throw new LibosError('ERR_LIBOS_TRACE', `${what}: the trace ${reason}`, {
    hint: 'a trace has a whole number of milliseconds a line, in rising order',
  });
}
