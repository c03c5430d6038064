// SPDX-License-Identifier: GPL-2.0-only

/**
 * The folder in which a kernel is compiled: which builds share one, how much there is to compile in it, and what a
 * new one can take over from another.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { cachePath, writeAtomically } from './cache.js';
import { giveHeadStart } from './head-start.js';
import { withLock } from './lock.js';
import type { Profile } from './own-sources.js';
import { filesBelow, objectFolder } from './overlay.js';
import type { Recipe } from './recipe.js';
import { findDebianSource } from './source.js';

/** About what a profile compiles, for the time left of its first build. */
const objectsOfProfile: Readonly<Record<Profile, number>> = { sim: 1000, full: 1500, test: 1300 };
/** About what one of them takes on one processor. */
const secondsPerObject = 0.65;

/** In a folder whose objects were all compiled once. */
const builtMark = 'built';

/** The same for every build that can go on from another one's objects. */
export function buildFolder(
  recipe: Pick<Recipe, 'source' | 'profile' | 'form' | 'fragmentFiles'>,
): string {
  const { source, profile, form, fragmentFiles } = recipe;
  const files = fragmentFiles.map((file) => resolve(file));
  const text = JSON.stringify([source.identity, profile, form.name, files]);
  const id = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return cachePath('builds', `${profile}-${form.name}-${id}`);
}

export function markBuilt(folder: string): void {
  writeAtomically(join(folder, builtMark), '');
}

export interface Work {
  /** How many objects are to be compiled, at most. */
  readonly objects: number;
  readonly expectedSeconds: number;
  /** Whether that can be relied on: with objects there already, nobody knows how many of them make will keep. */
  readonly isEstimated: boolean;
}

export function outstandingWork(folder: string, recipe: Recipe, donor: string | undefined): Work {
  const all = objectsOfProfile[recipe.profile];
  const isAgain = donor !== undefined || existsSync(join(folder, builtMark));
  const there = filesBelow(objectsOf(folder)).filter((name) => name.endsWith('.o')).length;
  const objects = isAgain ? all : Math.max(all - there, 20);
  const expectedSeconds = isAgain ? 30 : (objects * secondsPerObject) / availableParallelism();
  return { objects, expectedSeconds, isEstimated: !isAgain };
}

/** The finished build of Debian's source in the same profile and form, for a folder that has no objects yet. */
export async function findDonor(folder: string, recipe: Recipe): Promise<string | undefined> {
  if (existsSync(join(objectsOf(folder), '.config'))) return undefined;
  const source = await findDebianSource().catch(() => undefined);
  if (source === undefined) return undefined;
  const donor = buildFolder({ ...recipe, source, fragmentFiles: [] });
  return donor !== folder && existsSync(join(donor, builtMark)) ? donor : undefined;
}

/** Takes over what the donor has compiled of the same sources. */
export async function takeHeadStart(folder: string, donor: string): Promise<void> {
  const [overlay, donorOverlay] = [join(folder, 'source'), join(donor, 'source')];
  await withLock(
    `${donor}.lock`,
    () => undefined,
    () => giveHeadStart(overlay, donorOverlay),
  );
}

function objectsOf(folder: string): string {
  return join(folder, 'source', objectFolder);
}
