// SPDX-License-Identifier: GPL-2.0-only

/**
 * Puts kernel/arch/lib into a Linux tree without touching the tree: Kbuild gets a folder of symbolic links to the
 * tree's top entries and to its architectures, with a copy of ours as `arch/lib` among them. So one unpacked source
 * serves all checkouts, a user's tree stays as it is, and an edit in it is seen at once.
 */
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { entriesOf } from './cache.js';

const ourArch = 'lib';

/** Kbuild's O=, in the overlay: so Kbuild names the source by a relative path. */
export const objectFolder = 'objects';

/** Brings the overlay at `overlay` up to date with the tree and with the sources of our architecture. */
export function layOver(
  overlay: string,
  tree: string,
  archFiles: ReadonlyMap<string, Buffer>,
): void {
  mkdirSync(join(overlay, 'arch'), { recursive: true });
  const top = entriesOf(tree).filter(
    (name) => !['arch', objectFolder].includes(name) && belongs(name),
  );
  linkAll(overlay, tree, top, ['arch', objectFolder]);
  const archs = entriesOf(join(tree, 'arch')).filter((name) => name !== ourArch);
  linkAll(join(overlay, 'arch'), join(tree, 'arch'), archs, [ourArch]);
  copyChanged(join(overlay, 'arch', ourArch), archFiles);
}

/** What a build in the tree itself leaves at its top, and hidden files, are no part of the source. */
function belongs(name: string): boolean {
  return (
    !name.startsWith('.') &&
    !/^(vmlinux.*|System\.map|Module\.symvers|modules\..*)$|\.[oa]$/.test(name)
  );
}

function linkAll(
  folder: string,
  target: string,
  names: readonly string[],
  kept: readonly string[],
): void {
  const wanted = new Set([...names, ...kept]);
  for (const name of entriesOf(folder)) {
    if (!wanted.has(name)) rmSync(join(folder, name), { recursive: true });
  }
  for (const name of names) {
    const link = join(folder, name);
    if (isLinkTo(link, join(target, name))) continue;
    rmSync(link, { recursive: true, force: true });
    symlinkSync(join(target, name), link);
  }
}

function isLinkTo(link: string, target: string): boolean {
  const there = lstatSync(link, { throwIfNoEntry: false });
  return there?.isSymbolicLink() === true && readlinkSync(link) === target;
}

/** Writes only what differs, so that make compiles only that again. */
function copyChanged(folder: string, files: ReadonlyMap<string, Buffer>): void {
  for (const name of filesBelow(folder)) {
    if (!files.has(name)) rmSync(join(folder, name));
  }
  for (const [name, content] of files) {
    const path = join(folder, name);
    if (
      lstatSync(path, { throwIfNoEntry: false })?.isFile() &&
      readFileSync(path).equals(content)
    ) {
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** The regular files below a folder, relative to it, in an order that does not depend on the file system. */
export function filesBelow(folder: string): string[] {
  return entriesOf(folder).length === 0
    ? []
    : readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort();
}
