// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDirectorySource, parseVersion, sourceTitle } from './source.js';

const makefile = 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\nNAME = A Possum\n';

test.each([
  [makefile, '6.12.117'],
  [makefile.replace('EXTRAVERSION =', 'EXTRAVERSION = -rc3'), '6.12.117-rc3'],
  ['all:\n\techo\n', undefined],
])('the version of a tree is in its Makefile', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

describe('a tree of the user', () => {
  let tree: string;
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'libos-tree-'));
    writeFileSync(join(tree, 'Makefile'), makefile);
    writeFileSync(join(tree, 'Kbuild'), '');
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  test('is known by its place and version, and its place is in no manifest', () => {
    const source = openDirectorySource(tree);
    expect(source.identity).toBe(`directory ${tree} 6.12.117`);
    expect(sourceTitle(source)).toMatch(/^tree libos-tree-\w+$/);
  });

  test('is refused when it is not there, or no tree', () => {
    expect(() => openDirectorySource(join(tree, 'no'))).toThrow(`no folder ${tree}/no`);
    rmSync(join(tree, 'Kbuild'));
    expect(() => openDirectorySource(tree)).toThrow('is not a Linux source tree');
  });

  test('is refused when it is of another version', () => {
    writeFileSync(join(tree, 'Makefile'), makefile.replace('= 12', '= 13'));
    expect(() => openDirectorySource(tree)).toThrow('is Linux 6.13.117');
  });

  test('is refused when it was built in place', () => {
    mkdirSync(join(tree, 'include/config'), { recursive: true });
    expect(() => openDirectorySource(tree)).toThrow('has been built in place');
  });
});
