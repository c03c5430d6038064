// SPDX-License-Identifier: GPL-2.0-only

/**
 * What a kernel says, kept and passed on: its log, warnings, its last words. The user's callbacks run while the
 * kernel is inside a call, so what they throw waits here until it harms nothing.
 */
import { LibosError } from '../errors.js';
import type { Clock, Console, ConsoleRecord, Entropy, KernelWarning } from './environment.js';
import { KernelPanic, type KernelFrame, type PanicReason } from './panic.js';

/** @internal */
export interface Environment {
  readonly name: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly console: Console;
  readonly onWarning: (warning: KernelWarning) => void;
}

/** Records of the log that a panic shows. */
const consoleTailMax = 20;

/** @internal */
export class KernelReports {
  readonly #environment: Environment;
  readonly #tail: ConsoleRecord[] = [];
  /** What a callback threw. */
  thrown: { readonly error: unknown } | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The last records of the log. */
  get tail(): readonly ConsoleRecord[] {
    return this.#tail;
  }

  logged(level: number, text: string): void {
    const record = { level, timeNs: this.#environment.clock.nowNs, text };
    if (this.#tail.length === consoleTailMax) this.#tail.shift();
    this.#tail.push(record);
    this.callBack(() => this.#environment.console(record));
  }

  warned(message: string, stack: string): void {
    const warning = { message, timeNs: this.#environment.clock.nowNs, stack };
    this.callBack(() => this.#environment.onWarning(warning));
  }

  panic(
    reason: PanicReason,
    kernelMessage: string,
    details: { readonly cause?: unknown; readonly kernelStack?: readonly KernelFrame[] } = {},
  ): KernelPanic {
    return new KernelPanic({
      reason,
      kernelMessage,
      host: this.#environment.name,
      timeNs: this.#environment.clock.nowNs,
      console: [...this.#tail],
      ...details,
    });
  }

  bootFailed(error: number): LibosError {
    const said = this.#tail.map(({ text }) => text).join('\n');
    return new LibosError(
      'ERR_LIBOS_BOOT',
      `${this.#environment.name}: boot failed with ${error}\n${said}`,
    );
  }

  /** The kernel is another now. */
  forget(): void {
    this.#tail.length = 0;
  }

  /** A callback of the user's: what it throws must not unwind the kernel. */
  callBack(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.thrown ??= { error };
    }
  }

  /** Context: something was thrown, and the kernel is not inside a call. */
  throwAgain(): never {
    const { error } = this.thrown!;
    this.thrown = undefined;
    throw error;
  }
}

/** @internal */
export function outOfMemory(
  kernel: { readonly name: string; readonly memoryMaxBytes: number },
  what: string,
): LibosError {
  return new LibosError(
    'ERR_LIBOS_KERNEL_NO_MEMORY',
    `the kernel of ${kernel.name} has no memory for ${what}`,
    {
      hint: `raise its memoryMax, ${kernel.memoryMaxBytes} bytes now`,
    },
  );
}

/** @internal */
export function nested(name: string): Error {
  return new Error(`${name}: a call into the kernel from inside a call into it`);
}

/** @internal */
export function cmdlineBytes(name: string, cmdline: string, bytesMax: number): Uint8Array {
  const bytes = new TextEncoder().encode(cmdline);
  if (bytes.length <= bytesMax) return bytes;
  throw new LibosError(
    'ERR_LIBOS_CMDLINE',
    `${name}: the kernel's command line has ${bytes.length} bytes, ${bytesMax} fit`,
    { hint: 'set what can be set later with sysctls' },
  );
}
