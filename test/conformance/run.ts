// SPDX-License-Identifier: GPL-2.0-only
/**
 * Makes three tests of every body: `NAME.linux` runs it natively, `NAME.libos` on the library and `NAME.native-form` on
 * its native form, each compared with what Linux wrote down. Checks that are known to fail are in ledger.json with the reason; one that passes although it
 * is there is a failure too.
 */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { Context, definedBodies, Missing, type Body, type Check } from './body.js';
import { makeWorld, type WorldKind } from './world.js';

interface LedgerLine {
  readonly bodies: readonly string[];
  readonly check: string;
  readonly on: WorldKind;
  /** The native Linux that it takes to see the difference, where that is a matter of its version. */
  readonly since?: string;
  readonly reason: string;
}

export const ledger = JSON.parse(
  readFileSync(new URL('ledger.json', import.meta.url), 'utf8'),
) as readonly LedgerLine[];

/** Whether this machine’s Linux is new enough for the line. */
function applies({ since }: LedgerLine): boolean {
  if (since === undefined) return true;
  const version = (text: string): number => {
    const [major = 0, minor = 0] = text.split('.').map(Number.parseFloat);
    return major * 1000 + minor;
  };
  return version(release()) >= version(since);
}

/** What is known of the library holds for its native form too. */
function isOf(line: LedgerLine, on: WorldKind): boolean {
  return line.on === on || (line.on === 'libos' && on === 'native-form');
}

/** The checks of one run; a body that throws ends with a check of that name. */
async function run(body: Body, kind: WorldKind): Promise<readonly Check[]> {
  const world = await makeWorld(kind);
  try {
    const context = new Context(world);
    await body.run(context);
    return context.checks;
  } finally {
    world.end();
  }
}

function compare(
  body: string,
  on: WorldKind,
  checks: readonly Check[],
  other?: readonly Check[],
): void {
  const known = ledger.filter(
    (line) => line.bodies.includes(body) && isOf(line, on) && applies(line),
  );
  const wrong: string[] = [];
  const failed = new Set<string>();
  for (const { label, value, expected } of checks) {
    const twin = expected ?? (other ?? checks).find((check) => check.label === label);
    if (twin !== undefined && isDeepStrictEqual(value, twin.value)) continue;
    failed.add(label);
    if (known.some((line) => line.check === label)) continue;
    const wanted = twin === undefined ? 'nothing of the kind' : show(twin.value);
    wrong.push(`${label}: ${show(value)}, not ${wanted}`);
  }
  for (const { label } of other ?? []) {
    if (!checks.some((check) => check.label === label)) wrong.push(`${label}: was not reached`);
  }
  for (const { check } of known) {
    if (!failed.has(check)) wrong.push(`${check}: passes, but ledger.json says that it fails`);
  }
  expect(wrong, `${body}.${on}`).toEqual([]);
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** To be called once in a test file, after the imports of its bodies. */
export function defineTests(): void {
  for (const body of definedBodies()) {
    let native: Promise<readonly Check[]> | undefined;
    const onLinux = (): Promise<readonly Check[]> => (native ??= run(body, 'linux'));
    test(`${body.name}.linux`, async (context) => {
      try {
        compare(body.name, 'linux', await onLinux());
      } catch (error) {
        if (!(error instanceof Missing)) throw error;
        context.skip(error.message);
      }
    });
    for (const kind of ['libos', 'native-form'] as const) {
      test(`${body.name}.${kind}`, async () => {
        const other = await onLinux().catch((error: unknown) => {
          if (error instanceof Missing) return undefined;
          throw error;
        });
        compare(body.name, kind, await run(body, kind), other);
      });
    }
  }
}
