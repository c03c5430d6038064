// SPDX-License-Identifier: GPL-2.0-only

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesBelow, layOver } from './overlay.js';

let folder: string;
let tree: string;
let overlay: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'libos-overlay-'));
  tree = join(folder, 'tree');
  overlay = join(folder, 'overlay');
  for (const path of ['net/ipv4', 'arch/x86', 'arch/lib', '.git']) {
    mkdirSync(join(tree, path), { recursive: true });
  }
  for (const path of ['Makefile', 'net/ipv4/tcp.c', 'arch/Kconfig', 'arch/lib/theirs', 'vmlinux']) {
    writeFileSync(join(tree, path), path);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = (entries: Record<string, string>): Map<string, Buffer> =>
  new Map(Object.entries(entries).map(([name, text]) => [name, Buffer.from(text)]));

test('the tree shows through, with our architecture in it, and stays as it is', () => {
  const before = filesBelow(tree);
  layOver(overlay, tree, files({ Kconfig: 'ours', 'kernel/setup.c': 'int x;' }));
  expect(readdirSync(overlay).sort()).toEqual(['Makefile', 'arch', 'net']);
  expect(readdirSync(join(overlay, 'arch')).sort()).toEqual(['Kconfig', 'lib', 'x86']);
  expect(readFileSync(join(overlay, 'net/ipv4/tcp.c'), 'utf8')).toBe('net/ipv4/tcp.c');
  expect(filesBelow(join(overlay, 'arch/lib'))).toEqual(['Kconfig', 'kernel/setup.c']);
  expect(filesBelow(tree)).toEqual(before);
});

test('a second time changes only what has changed', () => {
  layOver(overlay, tree, files({ same: 'a', other: 'b', gone: 'c' }));
  const old = new Date(1_000_000_000_000);
  for (const name of ['same', 'other']) utimesSync(join(overlay, 'arch/lib', name), old, old);
  rmSync(join(tree, 'net'), { recursive: true });
  writeFileSync(join(tree, 'Kbuild'), '');
  layOver(overlay, tree, files({ same: 'a', other: 'B' }));
  expect(statSync(join(overlay, 'arch/lib/same')).mtimeMs).toBe(old.getTime());
  expect(statSync(join(overlay, 'arch/lib/other')).mtimeMs).toBeGreaterThan(old.getTime());
  expect(filesBelow(join(overlay, 'arch/lib'))).toEqual(['other', 'same']);
  expect(readdirSync(overlay).sort()).toEqual(['Kbuild', 'Makefile', 'arch']);
});
