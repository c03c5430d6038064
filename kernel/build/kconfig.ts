// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs Kconfig: makes the `.config` of an object folder from settings, everything else off, and refuses an answer
 * in which a setting had no effect.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeAtomically } from './cache.js';
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
  if (unmet.length > 0) throw unmetError(unmet, (symbol) => definitionsIn(kbuild, symbol));
  writeAtomically(configured, stamp);
}

/** Whether a Kconfig file that the configuration was made from is newer than it, or gone. */
function hasChangedSince(kbuild: Kbuild, configured: string): boolean {
  if (!existsSync(join(kbuild.objects, '.config'))) return true;
  const { mtimeMs } = statSync(configured);
  const files = kconfigFiles(kbuild);
  const isOlder = (file: string): boolean =>
    (statSync(join(kbuild.source, file), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) <=
    mtimeMs;
  return files.length === 0 || !files.every(isOlder);
}

/** The Kconfig files that Kconfig read, relative to the source, as it has written them down. */
function kconfigFiles(kbuild: Kbuild): string[] {
  const list = readIfThere(join(kbuild.objects, 'include/config/auto.conf.cmd')) ?? '';
  return [...list.matchAll(/^\t(\S+) \\?$/gm)].map(([, file]) => file!);
}

function definitionsIn(kbuild: Kbuild, symbol: string): Definition[] {
  return kconfigFiles(kbuild).flatMap((file) =>
    findDefinitions(symbol, readIfThere(join(kbuild.source, file)) ?? '', file),
  );
}
