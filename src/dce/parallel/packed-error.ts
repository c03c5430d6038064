// SPDX-License-Identifier: GPL-2.0-only

/** Errors between workers: cloning alone would lose their class, their code and their hint. */
import { LibosError } from '../../errors.js';
import { KernelPanic } from '../../kernel/index.js';
import { SystemError } from '../../posix/index.js';
import { ProgramError } from '../program.js';

/** The nearest one that an error is of, by name. */
const classes = {
  ProgramError,
  KernelPanic,
  SystemError,
  LibosError,
  TypeError,
  RangeError,
  Error,
};

/** Structured-cloneable. */
export interface PackedError {
  readonly class: keyof typeof classes;
  /** `message`, `stack` and all own properties, of which what cannot be cloned is a text. */
  readonly fields: readonly (readonly [string, unknown])[];
  readonly cause?: PackedError | { readonly value: unknown };
}

export function packError(error: Error): PackedError {
  const names = Object.keys(classes) as (keyof typeof classes)[];
  const className = names.find((name) => error instanceof classes[name])!;
  const own = new Set(['name', 'message', 'stack', ...Object.getOwnPropertyNames(error)]);
  own.delete('cause');
  const fields = [...own].map((name) => [name, cloneable(error[name as keyof Error])] as const);
  const { cause } = error;
  if (cause === undefined) return { class: className, fields };
  const packed = cause instanceof Error ? packError(cause) : { value: cloneable(cause) };
  return { class: className, fields, cause: packed };
}

export function unpackError({ class: className, fields, cause }: PackedError): Error {
  const error = new Error();
  Object.setPrototypeOf(error, classes[className].prototype);
  for (const [name, value] of fields) define(error, name, value);
  if (cause) define(error, 'cause', 'value' in cause ? cause.value : unpackError(cause));
  return error;
}

/** As the language defines an error's own properties: not enumerable, so that they are not shown twice. */
function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true });
}

function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}
