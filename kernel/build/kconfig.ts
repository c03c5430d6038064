// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs Kconfig: makes the `.config` of an object folder from settings, everything else off, and refuses an answer
 * in which a setting had no effect.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { entriesOf, readIfThere, writeAtomically } from './cache.js';
import { findDefinitions, findUnmet, fragmentText, unmetError } from './config.js';
import type { Definition, Setting } from './config.js';
import type { Kbuild } from './kbuild.js';

/** Configures the object folder of `kbuild`, unless it is so configured. */
export async function configure(
  kbuild: Kbuild,
  settings: ReadonlyMap<string, Setting>,
): Promise<void> {
  const text = fragmentText(settings.values());
  const fragment = join(kbuild.objects, 'libos.config');
  const configured = join(kbuild.objects, 'libos.configured');
  const stamp = `${kbuild.identity}\n${text}`;
  if (readIfThere(configured) === stamp && !hasChangedSince(kbuild, configured)) return;
  writeAtomically(fragment, text);
  await kbuild.make(['-s', `KCONFIG_ALLCONFIG=${fragment}`, 'allnoconfig']);
  const unmet = findUnmet(settings.values(), readFileSync(join(kbuild.objects, '.config'), 'utf8'));
  if (unmet.length > 0) {
    const files = kconfigFiles(kbuild.source);
    throw unmetError(unmet, (symbol) => definitionsIn(kbuild.source, files, symbol));
  }
  writeAtomically(configured, stamp);
}

/** Whether a Kconfig file that the configuration was made from is newer than it, or gone. */
function hasChangedSince(kbuild: Kbuild, configured: string): boolean {
  const list = readIfThere(join(kbuild.objects, 'include/config/auto.conf.cmd'));
  if (list === undefined || !existsSync(join(kbuild.objects, '.config'))) return true;
  const { mtimeMs } = statSync(configured);
  const files = [...list.matchAll(/^\t(\S+) \\$/gm)].map(([, file]) => file!);
  return files.some((file) => {
    const path = file.startsWith('/') ? file : join(kbuild.source, file);
    return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > mtimeMs;
  });
}

function definitionsIn(source: string, files: readonly string[], symbol: string): Definition[] {
  return files.flatMap((file) =>
    findDefinitions(symbol, readFileSync(join(source, file), 'utf8'), file),
  );
}

/** The Kconfig files of the tree, of all architectures ours only. */
function kconfigFiles(source: string, folder = ''): string[] {
  return entriesOf(join(source, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (/^Kconfig/.test(name)) return [path];
    if (folder === 'arch' && name !== 'lib') return [];
    const isFolder = statSync(join(source, path), { throwIfNoEntry: false })?.isDirectory();
    return isFolder ? kconfigFiles(source, path) : [];
  });
}
