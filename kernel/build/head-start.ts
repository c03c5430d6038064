// SPDX-License-Identifier: GPL-2.0-only

/**
 * Gives a new build folder the objects of another one, so that the first build of a user's tree compiles only what
 * differs from Debian's. All paths in an object folder are relative, so objects can move; what make cannot see is
 * which sources differ, since it knows times only. So this compares the sources, takes away every object that
 * depends on one that differs, and makes all others look made just now. Where a difference is of a kind whose
 * effects nobody records, there is no head start.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { publishFolder } from './cache.js';
import { filesBelow, objectFolder } from './overlay.js';

/** A generated file and the sources that it was made from, as Kbuild's fixdep has written them down. */
export interface Dependencies {
  /** Relative to the object folder. */
  readonly target: string;
  /** Relative to the source's top. */
  readonly sources: readonly string[];
}

/** Reads a `.<target>.cmd` file. */
export function parseCommandFile(path: string, text: string): Dependencies {
  const name = basename(path)
    .replace(/^\./, '')
    .replace(/\.cmd$/, '');
  const folder = dirname(path);
  const sources = [...text.matchAll(/^(?:source_\S+ :=|\s+) ?\.\.\/(\S+)/gm)].map(
    ([, file]) => file!,
  );
  return { target: folder === '.' ? name : join(folder, name), sources };
}

/** The mark of kconfig.ts: a new folder is configured anew. */
const notInherited = 'libos.configured';

/** Whether make itself, or Kconfig, notices a change of such a file by its effects on commands and symbols. */
function isSeenByMake(file: string): boolean {
  return /^(Makefile|Kbuild|Kconfig)/.test(basename(file)) || /\.(include|defconf)$/.test(file);
}

/** Whether such a file has an effect only through what includes it, which is in its dependents' list. */
function isSeenByDependents(file: string): boolean {
  return /\.[chS]$/.test(file);
}

/**
 * Fills the object folder of `overlay` from that of `donor`, a finished build's overlay. False, and nothing done, if
 * the sources differ in a way that it cannot follow.
 */
export async function giveHeadStart(overlay: string, donor: string): Promise<boolean> {
  // Whatever is edited from now on is later than this, so make compiles it.
  const made = new Date(Date.now() + 1);
  const from = join(donor, objectFolder);
  const dependencies = filesBelow(from)
    .filter((name) => /(^|\/)\.[^/]+\.cmd$/.test(name))
    .map((name) => parseCommandFile(name, readFileSync(join(from, name), 'utf8')));
  const changed = changedFiles(overlay, donor, dependencies);
  const recorded = new Set(dependencies.flatMap(({ sources }) => sources));
  const isFollowed = (file: string): boolean =>
    recorded.has(file) || isSeenByMake(file) || isSeenByDependents(file);
  if (![...changed].every(isFollowed)) return false;

  const stale = dependencies.filter(({ sources }) => sources.some((file) => changed.has(file)));
  const left = new Set([notInherited, ...stale.map(({ target }) => target)]);
  await publishFolder(join(overlay, objectFolder), (to) => {
    const names = filesBelow(from).filter((name) => !left.has(name));
    copyObjects(from, to, names, made);
  });
  return true;
}

/** The sources that differ between two overlays, of those that a build can have looked at. */
function changedFiles(
  overlay: string,
  donor: string,
  dependencies: readonly Dependencies[],
): Set<string> {
  const recorded = dependencies.flatMap(({ sources }) => sources);
  const folders = new Set(dependencies.map(({ target }) => dirname(target)));
  const beside = [...folders].flatMap((folder) =>
    [overlay, donor].flatMap((top) => plainFiles(top, folder)),
  );
  const everywhere = ['scripts', 'arch/lib'].flatMap((folder) =>
    [overlay, donor].flatMap((top) => filesOfLink(top, folder)),
  );
  const candidates = new Set([...recorded, ...beside, ...everywhere]);
  return new Set([...candidates].filter((file) => differ(join(overlay, file), join(donor, file))));
}

/** The files right in a folder of the source. */
function plainFiles(top: string, folder: string): string[] {
  if (!existsSync(join(top, folder))) return [];
  return readdirSync(join(top, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .filter(isSource);
}

/** The files below a folder that the overlay may have as a link. */
function filesOfLink(top: string, folder: string): string[] {
  return filesBelow(realpathSync(join(top, folder)))
    .map((name) => join(folder, name))
    .filter(isSource);
}

/** Neither hidden, nor an editor's copy, nor documentation, nor what only our own link reads. */
function isSource(file: string): boolean {
  return !/(^|\/)(\.|README|MAINTAINERS)|[~#]$|\.(orig|rej|md|rst|txt|objects)$/.test(file);
}

function differ(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (!a || !b) return a !== b;
  if (a.ino === b.ino && a.dev === b.dev) return false;
  return a.size !== b.size || !readFileSync(one).equals(readFileSync(other));
}

/** All with one and the same time: make takes none of them for older than another. */
function copyObjects(from: string, to: string, names: readonly string[], made: Date): void {
  for (const folder of new Set(names.map((name) => dirname(name)))) {
    mkdirSync(join(to, folder), { recursive: true });
  }
  for (const name of names) {
    copyFileSync(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
    utimesSync(join(to, name), made, made);
  }
  // Kbuild's own way from the objects to the source.
  if (lstatSync(join(from, 'source'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    symlinkSync('..', join(to, 'source'));
  }
}
