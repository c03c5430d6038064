// SPDX-License-Identifier: GPL-2.0-only

/** What a host has from one boot to its crash: its kernel, who uses it, and what was configured in it. */
import { LibosError } from '../errors.js';
import type { SeededEntropy } from '../host/index.js';
import {
  KernelInstance,
  unsharedBytes,
  type Console,
  type KernelWarning,
} from '../kernel/index.js';
import { CLOCK_REALTIME } from '../posix/constants/process.js';
import type { PosixHost } from '../posix/index.js';
import { scenarioError, type CallerLine } from './caller-line.js';
import { HostCalls } from './host-calls.js';
import { HostNetwork } from './host-network.js';
import { imageStart, type HostStart, type ImageStart, type OwnedKernel } from './host-start.js';
import { HostSessions, type HostSessionsState, type SessionsWorld } from './host-sessions.js';
import type { SimulatedHost } from './simulated-host.js';

/** A step of a host's configuration. */
export interface ConfigureStep {
  readonly step: (host: HostCalls) => unknown;
  readonly at: CallerLine;
}

export interface HostBootOptions extends Omit<SessionsWorld, 'model'> {
  readonly host: SimulatedHost;
  readonly start: HostStart;
  readonly entropy: SeededEntropy;
  readonly console: Console;
  readonly onWarning?: (warning: KernelWarning) => void;
  /** False: the kernel goes on where the image was taken; otherwise it gets randomness of its own. */
  readonly reseed?: boolean;
}

export interface HostBootState {
  readonly start: ImageStart;
  readonly entropy: SeededEntropy['state'];
  readonly sessions: HostSessionsState;
  readonly network: unknown;
  readonly stepsRun: number;
  /** Bytes of memory that the last image did not have. */
  readonly newBytes: number;
  readonly logBytes: number;
}

export class HostBoot {
  readonly kernel: KernelInstance | OwnedKernel;
  readonly sessions: HostSessions;
  readonly network: HostNetwork;
  readonly #host: SimulatedHost;
  readonly #entropy: SeededEntropy;
  /** From the last image of this kernel, if it can have any: the next one shares its pages. */
  #start: HostStart;
  #stepsRun = 0;

  constructor(options: HostBootOptions) {
    const { host, start, entropy, console, clock, onWarning, reseed = true } = options;
    this.#host = host;
    this.#entropy = entropy;
    this.#start = start;
    if (options.recorded && !start.image) throw this.#noImages();
    this.kernel = start.start({
      name: host.name,
      entropy,
      clock,
      console,
      reseed,
      ...(onWarning ? { onWarning } : {}),
    });
    this.sessions = new HostSessions(this.kernel, { ...options, model: start.model });
    this.network = new HostNetwork(host, this.posix, (attachment) => host.nicOf(attachment));
  }

  /** The host's own side. */
  get posix(): PosixHost {
    return this.sessions.posix;
  }

  /** Takes the steps of configuration that this boot has not had. */
  configure(steps: readonly ConfigureStep[]): void {
    while (this.#stepsRun < steps.length) this.#take(steps[this.#stepsRun]!);
  }

  /** CLOCK_REALTIME: so long after a moment of 1970 and later. */
  setCalendar(startDateMs: number, sinceNs: number): void {
    const seconds = Math.floor(sinceNs / 1e9) + Math.floor(startDateMs / 1000);
    const nanoseconds = sinceNs - Math.floor(sinceNs / 1e9) * 1e9 + (startDateMs % 1000) * 1e6;
    const carry = nanoseconds >= 1e9 ? 1 : 0;
    this.posix.service.clockSettime(CLOCK_REALTIME, {
      seconds: seconds + carry,
      nanoseconds: nanoseconds - carry * 1e9,
    });
  }

  /** Its kernel is dead; what is the machine's is given back. */
  end(): void {
    if ('close' in this.kernel) this.kernel.close();
  }

  saveState(): HostBootState {
    const { kernel, start: before } = this.#cloned;
    const sessions = this.sessions.saveState();
    const start = imageStart(before.kernel, kernel.snapshot(before.image));
    this.#start = start;
    return {
      start,
      newBytes: unsharedBytes(start.image, before.image),
      logBytes: this.sessions.logBytes,
      entropy: this.#entropy.state,
      sessions,
      network: this.network.saveState(),
      stepsRun: this.#stepsRun,
    };
  }

  /** Context: made from the state's image; its programs are open and have been run again. */
  restoreState(state: HostBootState): void {
    this.#cloned.kernel.undoWrites(state.start.image, this.sessions.argumentRanges);
    this.#entropy.state = state.entropy;
    this.sessions.restoreState(state.sessions);
    this.network.restoreState(state.network);
    this.#stepsRun = state.stepsRun;
  }

  /** A kernel that images can be taken of, and what it began with. */
  get #cloned(): { readonly kernel: KernelInstance; readonly start: ImageStart } {
    const { kernel } = this;
    const start = this.#start;
    if (kernel instanceof KernelInstance && start.image) return { kernel, start };
    throw this.#noImages();
  }

  #noImages(): LibosError {
    return new LibosError(
      'ERR_LIBOS_SNAPSHOT',
      `${this.#host.name} has a native kernel, of which there are no images`,
      { hint: 'snapshots and forks need kernels in WebAssembly' },
    );
  }

  #take({ step, at }: ConfigureStep): void {
    this.#stepsRun++;
    try {
      const result: unknown = step(new HostCalls(this.#host, this.posix));
      if (!(result instanceof Promise)) return;
      result.catch(() => undefined);
      throw new LibosError('ERR_LIBOS_CONFIGURE', 'the function is asynchronous', {
        hint: 'configuration does not wait; use host.run for what does',
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `${this.#host.name}: configuration failed: ${why}`;
      throw scenarioError('ERR_LIBOS_CONFIGURE', message, { cause, at });
    }
  }
}
