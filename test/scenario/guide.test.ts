// SPDX-License-Identifier: GPL-2.0-only

/** The scenario of docs/guide/scenarios.md, run as the page says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { runLibos } from '../helpers/command-line.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-guide-'));
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('the guide’s scenario', async () => {
  const page = readFileSync(join(packageRoot, 'docs/guide/scenarios.md'), 'utf8');
  const file = join(folder, 'scenario.ts');
  writeFileSync(file, /^```ts\n(.*?)^```$/ms.exec(page)![1]!);
  const { code, out, err } = await runLibos('sim', file, '--seed', '7', '--set', 'clients=3');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.startsWith('seed 7\n')).toBe(true);
  expect(out.match(/client-[123] program\.info: heard hello$/gm)).toHaveLength(3);
  expect(out).toContain('it is 2025-01-01T00:00:10.000Z\n');
  // Two round trips at the least, and the first one's ARP.
  const results = [...out.matchAll(/^client-\d\/ask +ended +([\d.]+)$/gm)].map(([, ms]) =>
    Number(ms),
  );
  expect(results).toHaveLength(3);
  for (const ms of results) expect(ms).toBeGreaterThan(80);
  expect(out).toMatch(/^digest [0-9a-f]{16}$/m);
});
