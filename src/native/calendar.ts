// SPDX-License-Identifier: GPL-2.0-only

/**
 * Keeps a host's CLOCK_REALTIME with the machine's when somebody sets that (or the machine has slept): programs see
 * both, ping(8) in one round trip. Both run at one rate otherwise, so a look now and then is enough.
 */
import type { Scheduler, TargetId, Timed } from '../host/index.js';
import { CLOCK_REALTIME, type PosixHost } from '../posix/index.js';
import { addon } from '../addon/addon.js';

const lookEveryNs = 5e9;
/** Two readings of two clocks differ by less. */
const toleranceNs = 200_000;

export interface MachineCalendar {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC of the machine, in ns; exact to a quarter of a microsecond. */
  offsetNs(): number;
  /** CLOCK_REALTIME of the machine. */
  now(): { readonly seconds: number; readonly nanoseconds: number };
}

export function machineCalendar(): MachineCalendar {
  const native = addon();
  const fields = new Float64Array(3);
  return {
    offsetNs: () => {
      native.calendar(fields);
      return fields[2]!;
    },
    now: () => {
      native.calendar(fields);
      return { seconds: fields[0]!, nanoseconds: fields[1]! };
    },
  };
}

export class CalendarKeeper implements Timed {
  readonly #scheduler: Scheduler;
  readonly #posix: PosixHost;
  readonly #machine: MachineCalendar;
  readonly #target: TargetId;
  #offsetNs: number;
  #closed = false;

  /** Context: the host has just booted, with the machine's calendar. */
  constructor(scheduler: Scheduler, posix: PosixHost, machine: MachineCalendar) {
    this.#scheduler = scheduler;
    this.#posix = posix;
    this.#machine = machine;
    this.#offsetNs = machine.offsetNs();
    this.#target = scheduler.register(this);
    this.#later();
  }

  close(): void {
    this.#closed = true;
  }

  onTime(): void {
    if (this.#closed) return;
    const offsetNs = this.#machine.offsetNs();
    if (Math.abs(offsetNs - this.#offsetNs) > toleranceNs) {
      this.#offsetNs = offsetNs;
      this.#posix.service.clockSettime(CLOCK_REALTIME, this.#machine.now());
    }
    this.#later();
  }

  #later(): void {
    this.#scheduler.at(this.#scheduler.nowNs + lookEveryNs, this.#target, 0, 0);
  }
}
