// SPDX-License-Identifier: GPL-2.0-only

/**
 * A host with a native kernel: kernel, POSIX side, timers, on a timeline that is real (RealTimeline) or virtual
 * (the simulator's engine). NICs and links are given its scheduler as in a simulation.
 */
import { KernelTimer } from '../dce/kernel-timer.js';
import { SystemEntropy, type Entropy, type Scheduler, type Timeline } from '../host/index.js';
import type { Console, KernelPanic, KernelWarning } from '../kernel/index.js';
import { lp64, PosixHost } from '../posix/index.js';
import { CalendarKeeper, machineCalendar } from './calendar.js';
import { HostTimeOf } from './host-time.js';
import type { NativeInstance } from './native-instance.js';
import type { NativeKernel } from './native-kernel.js';
import { RealTimeline } from './real-timeline.js';

/** Of a native host. */
export interface NativeHostOptions {
  readonly kernel: NativeKernel;
  readonly timeline: Timeline;
  /** By default the machine's. */
  readonly entropy?: Entropy;
  /** Names it in errors. */
  readonly name?: string;
  readonly memoryMax?: number | string;
  readonly cmdline?: string;
  readonly console?: Console;
  /** Told of each WARN of the kernel. */
  readonly onWarning?: (warning: KernelWarning) => void;
  /** Told once if the kernel dies; all that waited has been rejected by then. */
  readonly onDeath?: (death: KernelPanic) => void;
}

/** A host with a native kernel, on a timeline that is real or virtual. */
export class NativeHost {
  readonly name: string;
  readonly kernel: NativeInstance;
  readonly posix: PosixHost;
  /** For its NICs. */
  readonly scheduler: Scheduler;
  readonly #timer: KernelTimer;
  readonly #calendar: CalendarKeeper | undefined;

  constructor(options: NativeHostOptions) {
    const { kernel, timeline, entropy = new SystemEntropy() } = options;
    const { timeline: _, kernel: __, onDeath, name = 'host', ...rest } = options;
    // A kernel on real time reads the machine's clock at each call.
    const clock = timeline instanceof RealTimeline ? timeline.clock : timeline;
    this.name = name;
    this.scheduler = timeline.createScheduler();
    this.kernel = kernel.boot({ ...rest, name, clock, entropy });
    this.posix = new PosixHost(this.kernel, new HostTimeOf(this.scheduler), lp64);
    this.#timer = new KernelTimer(this.scheduler, { toTimelineNs: (timeNs) => timeNs });
    this.#timer.attach(this.kernel);
    this.kernel.onDeath = (death) => {
      this.posix.kernelDied(death);
      onDeath?.(death);
    };
    this.posix.route.links.change('lo', { up: true });
    if (timeline instanceof RealTimeline) {
      this.#calendar = new CalendarKeeper(this.scheduler, this.posix, machineCalendar());
    }
  }

  /** Ends its processes and its kernel, and gives the memory back. */
  close(): void {
    this.#calendar?.close();
    this.posix.close();
    this.#timer.attach(undefined);
    this.kernel.close();
  }

  /** `close`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
