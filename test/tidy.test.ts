// SPDX-License-Identifier: GPL-2.0-only

/** Keeps the tree tidy: what a reader would trip over and no other tool looks for. Reads tracked files only. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../src/package-root.js';

const maxLines = 500;
const sourceFile = /\.(ts|js|mjs|c|h|S|sh)$|(^|\/)(Kbuild|Kconfig|Makefile)$/;
/** Lists and generated files grow with what they list, not with how much a reader must keep in mind. */
const growsWithItsSubject = /\.generated\.|\/ledger|host_interface\.h$/;

const files = execFileSync('git', ['ls-files', '-z'], { cwd: packageRoot, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(`${packageRoot}/${file}`))
  .map((name) => ({ name, text: readFileSync(`${packageRoot}/${name}`, 'utf8') }));
const ownText = files.filter(({ name }) => !['LICENSE', 'package-lock.json'].includes(name));
const sources = ownText.filter(({ name }) => sourceFile.test(name));

/** The names of `list`'s files in which `wrong` finds something, with the line where there is one. */
function findings(
  list: readonly { name: string; text: string }[],
  wrong: (line: string) => boolean,
): string[] {
  return list.flatMap(({ name, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (wrong(line) ? [`${name}:${index + 1} ${line}`] : [])),
  );
}

describe('tidy', () => {
  test('every source file says its licence in the first lines', () => {
    const tag = 'SPDX-License-Identifier: GPL-2.0';
    const without = sources.filter(
      ({ text }) => !text.split('\n', 3).some((line) => line.includes(tag)),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  test(`no source file has more than ${maxLines} lines`, () => {
    const long = sources.filter(
      // The last line ends, too.
      ({ name, text }) => !growsWithItsSubject.test(name) && text.split('\n').length > maxLines + 1,
    );
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  test('nothing is marked as unfinished', () => {
    const mark = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
    expect(findings(ownText, (line) => mark.test(line))).toEqual([]);
  });

  test('no path of a developer machine is in a file', () => {
    const folders = [packageRoot, dirname(packageRoot), homedir()].filter(
      (folder) => folder.split('/').length > 2 || folder === '/root',
    );
    const homes = /\/(home|Users)\/[a-z]/;
    const names = (line: string): boolean =>
      homes.test(line) || folders.some((folder) => line.includes(`${folder}/`));
    expect(findings(ownText, names)).toEqual([]);
  });

  test('the lock names no registry but the public one', () => {
    const lock = files.filter(({ name }) => name === 'package-lock.json');
    const elsewhere = (line: string): boolean =>
      line.includes('"resolved"') && !line.includes('"https://registry.npmjs.org/');
    expect(findings(lock, elsewhere)).toEqual([]);
  });

  test('no built kernel and no file of that size is tracked', () => {
    const maxBytes = 400_000;
    const big = files.filter(
      ({ name, text }) => text.length > maxBytes || /\.(wasm|o|a|tgz|xz)$/.test(name),
    );
    expect(big.map(({ name }) => name)).toEqual([]);
  });
});
