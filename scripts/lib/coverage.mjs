// SPDX-License-Identifier: GPL-2.0-only

// From the counts that programs left behind to pages: lcov joins them with what the compiler wrote beside its objects,
// genhtml shows them. Knows how a kernel's build folder lies, and not how the counts came about.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SetupError } from './script.mjs';

const gcov = ['llvm-cov-22', 'gcov'];
/** Kbuild's O= in a build folder (kernel/build/overlay.ts). */
const objectFolder = '/source/objects/';

/**
 * Returns what `use` does with a new folder for counts (GCOV_PREFIX): each object's are put below it, by the object's
 * whole path.
 */
export function withCounts(use) {
  const counts = mkdtempSync(join(tmpdir(), 'libos-coverage-'));
  try {
    return use(counts);
  } finally {
    rmSync(counts, { recursive: true });
  }
}

/** Puts index.html, and what it shows as lcov.info, into a new folder; returns how many objects were counted. */
export function writePages(counts, folder) {
  const data = readdirSync(counts, { recursive: true }).filter((path) => path.endsWith('.gcda'));
  if (data.length === 0) {
    throw new SetupError('no line was counted', 'give a kernel built with CONFIG_LIB_COVERAGE=y');
  }
  for (const path of data) {
    const notes = `/${path.replace(/gcda$/, 'gcno')}`;
    if (existsSync(notes)) symlinkSync(notes, join(counts, notes));
  }
  const tool = join(counts, 'gcov');
  writeFileSync(tool, `#!/bin/sh\nexec ${gcov.join(' ')} "$@"\n`, { mode: 0o755 });
  const places = data.map((path) => {
    const end = path.lastIndexOf(objectFolder) + objectFolder.length;
    return { objects: `/${path.slice(0, end - 1)}`, object: path.slice(end) };
  });
  // Where the compiler ran: sources are named from there.
  const [{ objects }] = places;
  const source = dirname(objects);
  const all = join(counts, 'all.info');
  const bases = ['--directory', counts, '--base-directory', objects, '--gcov-tool', tool];
  runOrThrow('lcov', ['--capture', ...bases, '--output-file', all]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const info = join(folder, 'lcov.info');
  // Without the headers that they include.
  const counted = new Set(places.map(({ object }) => object.split('/')[0]));
  const patterns = [...counted].map((top) => join(source, top, '*'));
  runOrThrow('lcov', ['--extract', all, ...patterns, '--output-file', info]);
  runOrThrow('genhtml', ['--prefix', source, '--output-directory', folder, info]);
  return data.length;
}

/** What it says is said when it fails: lcov's own warnings are about its Perl. */
function runOrThrow(command, args) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 };
  const { status, error, stdout, stderr } = spawnSync(command, args, options);
  if (error) throw new SetupError(`${command}: ${error.message}`, 'npm run setup installs it');
  if (status === 0) return;
  throw new SetupError(`${command} failed:\n${stdout.slice(-4000)}${stderr.slice(-4000)}`);
}
