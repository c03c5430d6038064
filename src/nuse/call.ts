// SPDX-License-Identifier: GPL-2.0-only

/**
 * One system call of a program, caught and waiting for its answer: what the interception hands to the handlers of
 * calls. Exactly one of `answer`, `fail`, `proceed` and `answerWithFd` ends it, at once or later; until then the
 * thread that made it sleeps. Times are the handler's business: nothing here waits.
 */
import type { CallName } from './calls/table.js';

/** How a descriptor looks from outside: who it is, and how it was opened. */
export interface DescriptorIdentity {
  /** `st_ino` of the file: for a socket the same in every process that has it, and no other socket's. */
  readonly inode: number;
  /** `st_mode`: what kind of file it is. */
  readonly mode: number;
  /** `O_*` flags of the open file, as F_GETFL gives them; O_NONBLOCK is among them. */
  readonly statusFlags: number;
}

/** The process that a call comes from: a thread group. */
export interface Caller {
  /** The thread group's id, in the broker's PID namespace. */
  readonly pid: number;
  readonly exited: boolean;
  /** Called once, when the whole process has ended; at once (in the same turn) if it has already. */
  onExit(callback: () => void): void;
}

/** Where to put a new descriptor in the program. */
export interface AddFdOptions {
  /** Default: false. */
  readonly closeOnExec?: boolean;
  /** A number to replace (dup2); without it the lowest free one, as Linux gives it. */
  readonly at?: number;
}

export interface Call {
  readonly name: CallName;
  /** The thread that waits. */
  readonly tid: number;
  /** The process that it belongs to. Throws ESRCH when it has gone. */
  readonly caller: Caller;

  /** Argument `index` (0 to 5) as an unsigned number: addresses and sizes. Exact below 2^53. */
  unsigned(index: number): number;
  /** Its low 32 bits, signed: descriptors, flags, lengths of type int. */
  int(index: number): number;

  /** Whether the thread still waits for this answer. Ask before an effect that can't be taken back. */
  valid(): boolean;
  /**
   * Called once if the call ends without an answer: a signal interrupted it, or the thread died. It is noticed
   * when the thread makes its next notified call, when its process ends or when an answer finds nobody: let go of
   * what waits then. A restarted call (SA_RESTART) comes as a new one.
   */
  onGone(callback: () => void): void;

  /** What it has done by now: its result, should a signal interrupt it, which it gets when it is made again. */
  soFar(result: number): void;

  /**
   * `length` bytes of the program's memory. Every read and write of it throws a SystemError: EFAULT when not all
   * of it is there, ESRCH when the program is gone.
   */
  read(address: number, length: number): Uint8Array;
  /** Fills `target`, which may be a view of kernel memory. */
  readInto(address: number, target: Uint8Array): void;
  /**
   * Gathers `segments` (address, length, address, length, …) into `target` and returns how many bytes that was;
   * fewer than asked for when a later segment is not readable, EFAULT when the first byte is not.
   */
  readVector(segments: readonly number[], target: Uint8Array): number;
  /** A string that ends with NUL, ENAMETOOLONG without one in `maxBytes` (default: PATH_MAX). */
  readString(address: number, maxBytes?: number): string;
  write(address: number, bytes: Uint8Array): void;
  /** Scatters `source` over `segments`; returns like `readVector`. */
  writeVector(segments: readonly number[], source: Uint8Array): number;

  /** Who a descriptor of the program is; undefined if the number is not open there. */
  identify(fd: number): DescriptorIdentity | undefined;
  /**
   * A descriptor of the broker's own for the program's open file, to be closed again soon: while it is open the
   * program's close of it is not seen. Throws EBADF.
   */
  borrow(fd: number): number;

  /** Ends the call with a result, from 0 up. False if nobody waited any more: nothing has happened then. */
  answer(value: number): boolean;
  /** Ends the call with an error, a positive errno. */
  fail(errno: number): boolean;
  /** Lets the machine's own kernel do the call, as if nobody had caught it. */
  proceed(): boolean;
  /**
   * Puts a descriptor of the broker's into the program and returns its number there, without ending the call;
   * the broker's own stays open. Throws a SystemError (EMFILE), ENOENT when nobody waits any more.
   */
  addFd(fd: number, options?: AddFdOptions): number;
  /** The same, and ends the call with that number, in one go: the program has it or nothing has happened. */
  answerWithFd(fd: number, options?: AddFdOptions): boolean;

  /** Sends the calling thread a signal: SIGPIPE of a send. */
  signal(number: number): void;
}

/**
 * Serves one kind of call. What it throws becomes the answer: a SystemError its errno, anything else ENETDOWN and
 * a line in the log. A handler that answers later catches its own errors.
 */
export type CallHandler = (call: Call) => void;

/** Handlers by call; a call without one proceeds on the machine. */
export type CallHandlers = Readonly<Partial<Record<CallName, CallHandler>>>;
