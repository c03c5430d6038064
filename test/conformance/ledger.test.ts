// SPDX-License-Identifier: GPL-2.0-only
/** The ledger names bodies that exist, and the table of calls names test files that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { ledger } from './run.js';

const folder = `${packageRoot}/test/conformance`;

test('every line of the ledger is of a body, says why, and is there once', () => {
  const sources = readdirSync(`${folder}/bodies`)
    .map((file) => readFileSync(`${folder}/bodies/${file}`, 'utf8'))
    .join('\n');
  const kinds = new Set<string>();
  for (const { bodies, check, on, reason } of ledger) {
    expect(reason.length, check).toBeGreaterThan(20);
    for (const body of bodies) {
      expect(kinds, `${body} ${check}`).not.toContain(`${body} ${check} ${on}`);
      kinds.add(`${body} ${check} ${on}`);
      const stem = body.replace(/-(tcp6?|udp6?|raw|unix|packet|netlink)$/, '-');
      const known = [`body('${body}'`, `body(\`${stem}`];
      expect(
        known.some((start) => sources.includes(start)),
        body,
      ).toBe(true);
    }
  }
});

test('the conformance tests that docs/reference/system-calls.md names exist', () => {
  const page = readFileSync(`${packageRoot}/docs/reference/system-calls.md`, 'utf8');
  const missing = new Set<string>();
  for (const [, names = ''] of page.matchAll(/\| C ([a-z, -]+?)(?:, S[^|]*)? *\|/g)) {
    for (const name of names.split(', ')) {
      if (!existsSync(`${folder}/${name.trim()}.test.ts`)) missing.add(name);
    }
  }
  expect([...missing]).toEqual([]);
});
