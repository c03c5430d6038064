// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bodies of the conformance suite: each is written once against `Process`, says what Linux does, and runs both
 * natively and on the library. `run.ts` makes the tests of them.
 */
import type { Process } from '../../src/posix/index.js';
import { isSystemError } from '../../src/posix/index.js';
import type { World } from './world.js';

export interface Check {
  readonly label: string;
  readonly value: unknown;
  /** What the body says it must be, where it says. */
  readonly expected?: { readonly value: unknown };
}

export interface Body {
  readonly name: string;
  readonly run: (t: Context) => void | Promise<void>;
}

/** What a body needs is not in this Linux. */
export class Missing extends Error {}

/** A body’s hands: a host with a process of root’s, and checks that are written down for comparison. */
export class Context {
  readonly world: World;
  readonly process: Process;
  readonly checks: Check[] = [];

  constructor(world: World) {
    this.world = world;
    this.process = world.host.spawn();
  }

  /** Another process, unrelated to the first. */
  spawn(): Process {
    return this.world.host.spawn();
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.world.until(promise);
  }

  pass(milliseconds: number): Promise<void> {
    return this.world.pass(milliseconds * 1e6);
  }

  /** The value must be this, on both. */
  is(label: string, value: unknown, expected: unknown): void {
    this.#add({ label, value: plain(value), expected: { value: plain(expected) } });
  }

  /** Whatever the value is, it must be the same on both. */
  note(label: string, value: unknown): void {
    this.#add({ label, value: plain(value) });
  }

  /** The call must fail with this errno, or with `ok` return. */
  gives(label: string, expected: string, call: () => unknown): void {
    const outcome = this.try(call);
    const failed = typeof outcome === 'string' && /^E[A-Z0-9_]+$/.test(outcome);
    this.is(label, failed ? outcome : 'ok', expected);
  }

  /** As `gives`, of a promise. */
  async givesLater(label: string, expected: string, promise: Promise<unknown>): Promise<void> {
    const outcome = await this.until(
      promise.then(
        () => 'ok',
        (error: unknown) => codeOf(error),
      ),
    );
    this.is(label, outcome, expected);
  }

  /** What the call returns, or the name of the errno that it failed with. */
  try<T>(call: () => T): T | string {
    try {
      return call();
    } catch (error) {
      return codeOf(error);
    }
  }

  /** Ends the body here where Linux was configured without something. */
  needs(what: string, present: boolean): void {
    if (!present) throw new Missing(`this Linux has no ${what}`);
  }

  #add(check: Check): void {
    if (this.checks.some(({ label }) => label === check.label)) {
      throw new Error(`two checks are called “${check.label}”`);
    }
    this.checks.push(check);
  }
}

function codeOf(error: unknown): string {
  if (isSystemError(error)) return error.code;
  throw error;
}

/** A value that compares and prints well. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  }
  return value;
}

const bodies: Body[] = [];

export function body(name: string, run: Body['run']): void {
  bodies.push({ name, run });
}

/** The bodies that the imported files have defined. */
export function definedBodies(): readonly Body[] {
  return bodies;
}
