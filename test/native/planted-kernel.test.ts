// SPDX-License-Identifier: GPL-2.0-only

/**
 * The tools on a kernel of one's own, as the guide's page on debugging has it: a tree whose icmp.c reads what nobody
 * has written, and what is no longer there, becomes a native kernel that counts some of its lines. A neighbour pings
 * it, and memcheck names the lines of both mistakes; tests of the POSIX layer run on it, and pages show what they ran.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheEntries, cachePath } from '../../kernel/build/cache.js';
import { buildKernel } from '../../kernel/build/index.js';
import { packageRoot } from '../../src/package-root.js';
import { ChangedTree } from '../helpers/changed-tree.js';
import { coverageRuntime, debugObject, Programs, run } from './link.js';
import { foundCode, memcheck } from './valgrind.js';

const timeoutMs = 300_000;
/** How many echo requests harness.c sends. */
const requests = 3;
/** Whose lines are counted: one object, which every frame meets. */
const folder = 'net/ethernet';
const name = 'mine';

const mistakes = `
	struct sk_buff *note = alloc_skb(sizeof(u32), GFP_ATOMIC);

	if (note) {
		const u8 *seen = skb_put(note, sizeof(u32));

		if (*seen)
			pr_info("an echo request was seen before\\n");
		kfree_skb(note);
		if (note->truesize > PAGE_SIZE)
			pr_info("an echo request has a long note\\n");
	}
`;

const programs = new Programs();
let tree: ChangedTree;
let changed = '';
let object = '';

beforeAll(async () => {
  const there = (['kernels', 'profiles', 'native'] as const).flatMap((part) =>
    cacheEntries(part).map((entry) => ({ part, entry, path: cachePath(part, entry) })),
  );
  tree = await ChangedTree.create('net/ipv4/icmp.c', 'x86_64');
  // What the command for coverage would build otherwise.
  for (const { part, entry, path } of there) {
    mkdirSync(cachePath(part), { recursive: true });
    symlinkSync(path, cachePath(part, entry));
  }
  changed = withMistakes(tree.original);
  tree.write(changed);
  const fragment = join(tree.folder, 'coverage.config');
  writeFileSync(fragment, `CONFIG_LIB_COVERAGE=y\nCONFIG_LIB_COVERAGE_FOLDERS="${folder}"\n`);
  const options = { sourceDir: tree.path, fragments: [fragment], form: 'x86_64', name } as const;
  object = debugObject((await buildKernel(options)).kernel.wasmPath);
}, timeoutMs);
afterAll(() => {
  programs[Symbol.dispose]();
  tree[Symbol.dispose]();
});

/** Before the line with which what answers an echo request does so. */
function withMistakes(icmp: string): string {
  const at = icmp.indexOf('\ticmp_reply(&icmp_param, skb);', icmp.indexOf(' icmp_echo('));
  return `${icmp.slice(0, at)}${mistakes}${icmp.slice(at)}`;
}

test('memcheck names the line that reads what was not written, and the one that reads what is gone', () => {
  const harness = programs.harness(object, [coverageRuntime()]);
  const { code, stdout, stderr } = memcheck([harness], { GCOV_PREFIX: programs.folder });

  const place = (text: string): string => {
    const before = changed.slice(0, changed.indexOf(text, changed.indexOf(' icmp_echo(')));
    return `icmp_echo \\(icmp\\.c:${before.split('\n').length}\\)\\n`;
  };
  // With what the compiler has put into each other there are more of them than memcheck counts.
  const framesMax = 60;
  const frames = `(?:.*\\n){1,${framesMax}}?.*`;
  expect(stderr).toMatch(
    new RegExp(`depends on uninitialised value.*\\n.* at .*${place('if (*seen)')}`),
  );
  // memcheck tells of the buffer too, and that its place may have been given out anew.
  expect(stderr).toMatch(
    new RegExp(
      `Invalid read of size 4\\n.* at .*${place('if (note->truesize')}${frames}` +
        `inside a .*block of size \\d+ (?:free|alloc)'d\\n`,
    ),
  );
  // Each once a request, and nothing else in the whole run, which goes its way.
  expect(stderr).toContain(`ERROR SUMMARY: ${2 * requests} errors from 2 contexts`);
  expect(stdout).toMatch(new RegExp(`^ping: reply ${requests} `, 'm'));
  expect(code).toBe(foundCode);
});

test(
  '"npm run coverage" makes pages of how often each line ran in tests on it',
  () => {
    const pages = join(tree.folder, 'pages');
    const tests = 'test/simulation/posix/blocking.test.ts';
    const command = [join(packageRoot, 'scripts/coverage.mjs'), '--kernel', name];
    const { code, stdout, stderr } = run(process.execPath, [...command, '--output', pages, tests]);
    expect(code, stdout + stderr).toBe(0);

    const info = readFileSync(join(pages, 'lcov.info'), 'utf8');
    const files = [...info.matchAll(/^SF:.*\/source\/(.*)$/gm)].map(([, file]) => file);
    expect(files).toEqual([`${folder}/eth.c`]);
    // The loopback device's frames go through the one; no test gives it another address.
    const calls = (of: string): number =>
      Number(new RegExp(`^FNDA:(\\d+),${of}$`, 'm').exec(info)?.[1]);
    expect(calls('eth_type_trans')).toBeGreaterThan(10);
    expect(calls('eth_mac_addr')).toBe(0);

    expect(readFileSync(join(pages, 'index.html'), 'utf8')).toContain(`${folder}/index.html`);
    const page = readFileSync(join(pages, folder, 'eth.c.gcov.html'), 'utf8');
    expect(page).toContain('__be16 eth_type_trans(struct sk_buff *skb');
  },
  timeoutMs,
);
