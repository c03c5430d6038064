// SPDX-License-Identifier: GPL-2.0-only
/**
 * Errors as a program sees them: errno names and numbers, and `SystemError`, which has the shape of Node's own
 * (`code`, negative `errno`, `syscall`, and `address` and `port` or `path` where there is one). Made by whatever
 * called the kernel; never for a bug of our own.
 */
import { errnoTable } from './errno-table.js';

type Table = typeof errnoTable;
/** The name of an error: errno(3). */
export type ErrnoCode = Table[number][0];

/** Number of each errno: `errno.EAGAIN === 11`. */
export const errno = Object.fromEntries(errnoTable.map(([code, number]) => [code, number])) as {
  readonly [E in Table[number] as E[0]]: E[1];
};

const byNumber = new Map<number, Table[number]>(errnoTable.map((row) => [row[1], row]));

/** The name of an errno, positive or negative; `EUNKNOWN_n` for a number that Linux does not define. */
export function errnoCode(number: number): string {
  return byNumber.get(Math.abs(number))?.[0] ?? `EUNKNOWN_${Math.abs(number)}`;
}

/** What an errno says, in lower case. */
export function errnoMessage(number: number): string {
  return byNumber.get(Math.abs(number))?.[2] ?? `unknown error ${Math.abs(number)}`;
}

/** What an error says beside its number, as Node.js’s do. */
export interface SystemErrorDetails {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  /** More than errno says, e.g. the kernel's extended acknowledgement. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** An error that the kernel returned from a system call. */
export class SystemError extends Error {
  override readonly name: string = 'SystemError';
  readonly code: string;
  /** Negative, as Node has it. */
  readonly errno: number;
  readonly syscall: string;
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;

  /** `number` may have either sign. */
  constructor(number: number, syscall: string, details: SystemErrorDetails = {}) {
    super(
      describe(number, syscall, details),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = errnoCode(number);
    this.errno = -Math.abs(number);
    this.syscall = syscall;
    if (details.address !== undefined) this.address = details.address;
    if (details.port !== undefined) this.port = details.port;
    if (details.path !== undefined) this.path = details.path;
  }
}

function describe(number: number, syscall: string, details: SystemErrorDetails): string {
  const detail = details.detail === undefined ? '' : `: ${details.detail}`;
  if (details.address !== undefined) {
    const port = details.port === undefined ? '' : `:${details.port}`;
    return `${syscall} ${errnoCode(number)} ${details.address}${port}${detail}`;
  }
  const path = details.path === undefined ? '' : ` '${details.path}'`;
  return `${errnoCode(number)}: ${errnoMessage(number)}, ${syscall}${path}${detail}`;
}

/** Whether a thrown value is a SystemError, of one of the codes if any are given. */
export function isSystemError(
  error: unknown,
  ...codes: readonly ErrnoCode[]
): error is SystemError {
  return (
    error instanceof SystemError &&
    (codes.length === 0 || (codes as readonly string[]).includes(error.code))
  );
}
