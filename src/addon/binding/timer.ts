// SPDX-License-Identifier: GPL-2.0-only

/** native/addon/timer.c, which src/native/real-timeline.ts and calendar.ts wrap. */
export interface TimerBinding {
  /** A timerfd of CLOCK_MONOTONIC, or -errno. */
  timerCreate(): number;
  /** Readable from `atNs` of CLOCK_MONOTONIC on; 0: never. 0 or -errno. */
  timerSet(fd: number, atNs: number): number;
  /** Fills `fields` with CLOCK_REALTIME in s and ns, and how much it is ahead of CLOCK_MONOTONIC in ns. */
  calendar(fields: Float64Array): void;
}
