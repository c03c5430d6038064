// SPDX-License-Identifier: GPL-2.0-only

/** The end of a kernel instance as an error, with the kernel's own functions as its stack. */
import { dispatcherPrefix } from '../../kernel/abi/dispatcher-name.js';
import { LibosError } from '../errors.js';
import { LIB_DIE } from './abi.generated.js';
import type { ConsoleRecord } from './environment.js';

/** Why a kernel cannot go on. `stall`: it waits for what can never come; `crash`: it was ended from outside. */
export type PanicReason = 'panic' | 'BUG' | 'stall' | 'missing-symbol' | 'trap' | 'crash';

const reasons: Readonly<Record<number, PanicReason>> = {
  [LIB_DIE.PANIC]: 'panic',
  [LIB_DIE.BUG]: 'BUG',
  [LIB_DIE.STALL]: 'stall',
  [LIB_DIE.MISSING]: 'missing-symbol',
};

const sentences: Readonly<Record<PanicReason, string>> = {
  panic: 'panicked',
  BUG: 'hit a BUG',
  stall: 'waits for what can never come',
  'missing-symbol': 'called a function that is not linked',
  trap: 'trapped',
  crash: 'is gone',
};

/** A function of the kernel on the stack. */
export interface KernelFrame {
  readonly function: string;
  /** Offset in the kernel's file, which a debugger can turn into a line. */
  readonly offset: number;
  /** The file, where it is not kernel.wasm. */
  readonly file?: string;
}

export class KernelPanic extends LibosError {
  override readonly name = 'KernelPanic';
  readonly reason: PanicReason;
  /** The kernel's own message. */
  readonly kernelMessage: string;
  /** Name of the instance. */
  readonly host: string;
  readonly timeNs: number;
  /** The last records of its log. */
  readonly console: readonly ConsoleRecord[];
  /** Innermost first. */
  readonly kernelStack: readonly KernelFrame[];

  constructor(options: {
    reason: PanicReason;
    kernelMessage: string;
    host: string;
    timeNs: number;
    console: readonly ConsoleRecord[];
    /** What unwound the kernel; its stack holds the kernel's frames. Without it: here. */
    cause?: unknown;
    /** Of a kernel whose frames are on no stack of JavaScript. */
    kernelStack?: readonly KernelFrame[];
  }) {
    const { reason, kernelMessage, host, cause } = options;
    super(
      'ERR_LIBOS_KERNEL_PANIC',
      `the kernel of ${host} ${sentences[reason]}: ${kernelMessage}`,
      {
        ...(cause === undefined ? {} : { cause }),
      },
    );
    this.reason = reason;
    this.kernelMessage = kernelMessage;
    this.host = host;
    this.timeNs = options.timeNs;
    this.console = options.console;
    const stack = (cause instanceof Error ? cause.stack : this.stack) ?? '';
    this.kernelStack = options.kernelStack ?? kernelFrames(stack);
    const lines = [
      `${this.name}: ${this.message}`,
      ...this.kernelStack.map(formatFrame),
      ...stack.split('\n').filter((line) => /^\s+at /.test(line) && !wasmFrame.test(line)),
    ];
    Object.defineProperty(this, 'stack', { value: lines.join('\n') });
  }
}

/** What a number of the host interface stands for. @internal */
export function reasonOf(cause: number): PanicReason {
  return reasons[cause] ?? 'panic';
}

/** `    at tcp_v4_rcv (wasm://wasm/0a1b2c3d:wasm-function[1234]:0xabcdef)`; without a name section, no name. */
const wasmFrame = /^\s+at (?:(\S+) \()?wasm:\/\/[^\s:]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

/** The kernel's functions, without what stands between a call through a pointer and its function. */
export function kernelFrames(stack: string): KernelFrame[] {
  return allFrames(stack).filter((frame) => !isDispatcher(frame));
}

function allFrames(stack: string): KernelFrame[] {
  return stack.split('\n').flatMap((line) => {
    const match = wasmFrame.exec(line);
    if (!match) return [];
    // V8 writes "module.function" where the module has a name.
    const name = match[1]?.replace(/^.*\.wasm\./, '') ?? `wasm-function[${match[2]!}]`;
    return [{ function: name, offset: parseInt(match[3]!, 16) }];
  });
}

function isDispatcher(frame: KernelFrame): boolean {
  return frame.function.startsWith(dispatcherPrefix);
}

/** What a trap was about. */
export function trapMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const [innermost] = allFrames(thrown.stack ?? '');
  return innermost && isDispatcher(innermost)
    ? 'a call through a pointer that is null, or to no function of its signature'
    : thrown.message;
}

/** A line of a stack trace. */
export function formatFrame(frame: KernelFrame): string {
  const { file = 'kernel.wasm' } = frame;
  return `    at ${frame.function} (${file}:0x${frame.offset.toString(16)})`;
}
