// SPDX-License-Identifier: GPL-2.0-only

/** native/addon/timer.c, which src/native/real-timeline.ts wraps. */
export interface TimerBinding {
  /** A timerfd of CLOCK_MONOTONIC, or -errno. */
  timerCreate(): number;
  /** Readable from `atNs` of CLOCK_MONOTONIC on; 0: never. 0 or -errno. */
  timerSet(fd: number, atNs: number): number;
}
