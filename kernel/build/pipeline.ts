// SPDX-License-Identifier: GPL-2.0-only

/**
 * The way of one kernel from its source into the cache: unpack, lay our architecture over the tree, configure,
 * compile, link, publish. One build at a time works in a folder; objects stay there, so that the next build
 * compiles only what changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { ABI_VERSION } from '../abi/host-interface.js';
import { cachePath, publishFolder, writeAtomically } from './cache.js';
import { mergeSettings } from './config.js';
import type { Setting } from './config.js';
import type { Form, Linked } from './forms/form.js';
import { kernelKey } from './key.js';
import { configure } from './kconfig.js';
import { createKbuild } from './kbuild.js';
import type { Kbuild } from './kbuild.js';
import { orderObjects, parseLeftOut } from './link-order.js';
import { kernelInFolder } from './locate.js';
import type { BuiltKernel } from './locate.js';
import { withLock } from './lock.js';
import { isObject, madeTarget } from './make-output.js';
import { manifestText } from './manifest.js';
import type { Manifest, Origin } from './manifest.js';
import { archFiles, ownSourcesDigest, profileSettings } from './own-sources.js';
import type { Profile } from './own-sources.js';
import { filesBelow, layOver } from './overlay.js';
import { createMeter } from './progress.js';
import type { Meter, OnProgress } from './progress.js';
import { linuxVersion, sourceTitle, unpackDebianSource } from './source.js';
import type { KernelSource } from './source.js';
import { requireTools, runToolOrThrow } from './tool.js';
import { commonTools, llvm } from './toolchain.js';

/** Everything that decides what a kernel becomes. */
export interface Recipe {
  readonly source: KernelSource;
  readonly profile: Profile;
  readonly form: Form;
  /** The settings of the user's fragments. */
  readonly fragments: readonly Setting[];
  readonly fragmentFiles: readonly string[];
  readonly compiler: string;
  /** The digest of this package's part, see own-sources.ts. */
  readonly ownSources: string;
}

/** The key of what a recipe makes; of a user's tree it is known only with what was linked. */
export function recipeKey(recipe: Recipe, linked?: Linked): string {
  const { source, form, ...rest } = recipe;
  const contentHash = source.kind === 'directory' ? linked?.contentHash : undefined;
  return kernelKey({
    ...rest,
    source: source.identity,
    form: form.name,
    ...(contentHash === undefined ? {} : { contentHash }),
  });
}

/** About what a profile compiles, for the time left of its first build. */
const objectsOfProfile: Readonly<Record<Profile, number>> = { sim: 1060, full: 1500 };
/** About what one of them takes on one processor. */
const secondsPerObject = 0.65;

/** Builds a kernel. `inCache` is asked once more when the folder is ours: another process may just have built it. */
export async function runPipeline(
  recipe: Recipe,
  inCache: () => BuiltKernel | undefined,
  onProgress: OnProgress,
): Promise<BuiltKernel> {
  requireTools([...commonTools, ...recipe.form.tools]);
  const folder = buildFolder(recipe);
  const work = outstandingWork(folder, recipe.profile);
  const meter = createMeter(
    [
      { name: 'unpack', expectedSeconds: existsSync(recipe.source.tree) ? 0 : 25 },
      { name: 'configure', expectedSeconds: 5 },
      {
        name: 'compile',
        expectedSeconds: (work.objects * secondsPerObject) / availableParallelism(),
      },
      { name: 'link', expectedSeconds: 5 },
    ],
    onProgress,
    work.isEstimated,
  );
  if (recipe.source.kind === 'debian') await unpackDebianSource(recipe.source, meter);
  return withLock(
    `${folder}.lock`,
    (pid) => meter.note(`waiting for process ${pid}, which builds the same kernel`),
    async () => {
      const waitedFor = recipe.source.kind === 'debian' ? inCache() : undefined;
      if (waitedFor) return waitedFor;
      const kbuild = prepare(folder, recipe);
      meter.enter('configure');
      const settings = profileSettings(recipe.profile, recipe.form);
      await configure(kbuild, mergeSettings([...settings, ...recipe.fragments]));
      await compile(kbuild, folder, work.objects, meter);
      meter.enter('link');
      return publish(recipe, await link(kbuild, folder, recipe.form));
    },
  );
}

/** The same for every build that can go on from another one's objects. */
function buildFolder({ source, profile, form, fragmentFiles }: Recipe): string {
  const files = fragmentFiles.map((file) => resolve(file));
  const text = JSON.stringify([source.identity, profile, form.name, files]);
  const id = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return cachePath('builds', `${profile}-${form.name}-${id}`);
}

/** Lays our architecture over the tree. */
function prepare(folder: string, recipe: Recipe): Kbuild {
  const { source, profile, form } = recipe;
  const realPath = (line: string): string =>
    line
      .replaceAll(join(folder, 'source/arch/lib/'), join(packageRoot, 'kernel/arch/lib/'))
      .replaceAll(join(folder, 'source/'), `${source.tree}/`);
  const identity = JSON.stringify([source.identity, form.name, recipe.compiler]);
  layOver(join(folder, 'source'), source.tree, archFiles());
  if (ownSourcesDigest(profile, form) !== recipe.ownSources) {
    throw new LibosError(
      'ERR_LIBOS_SOURCE_CHANGED',
      'kernel/arch or kernel/config changed just now',
      {
        hint: 'run the same command again',
      },
    );
  }
  return createKbuild(folder, identity, form, realPath);
}

interface Work {
  /** How many objects are to be compiled, at most. */
  readonly objects: number;
  /** Whether that says how long it takes: in a folder that was built before nobody knows. */
  readonly isEstimated: boolean;
}

const builtMark = 'built';

function outstandingWork(folder: string, profile: Profile): Work {
  const all = objectsOfProfile[profile];
  if (existsSync(join(folder, builtMark))) return { objects: all, isEstimated: false };
  const there = filesBelow(join(folder, 'objects')).filter((name) => name.endsWith('.o')).length;
  return { objects: Math.max(all - there, 20), isEstimated: true };
}

async function compile(
  kbuild: Kbuild,
  folder: string,
  expectedObjects: number,
  meter: Meter,
): Promise<void> {
  meter.enter('compile');
  let objects = 0;
  await kbuild.make(['.'], (line) => {
    if (!isObject(line)) return;
    objects++;
    // More than expected never is quite the end.
    meter.advance(Math.min(objects / expectedObjects, 0.99), madeTarget(line)?.target);
  });
  writeAtomically(join(folder, builtMark), '');
}

async function link(kbuild: Kbuild, folder: string, form: Form): Promise<Linked> {
  const scratch = join(folder, 'link');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  const archive = await runToolOrThrow(llvm('llvm-ar'), ['t', 'built-in.a'], {
    cwd: kbuild.objects,
  });
  const leftOut = archFiles().get('left-out.objects')?.toString() ?? '';
  const paths = orderObjects(archive.stdout.split('\n'), parseLeftOut(leftOut));
  try {
    return await form.link({ objects: kbuild.objects, paths, scratch });
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

/** Puts a linked kernel into the cache, whole or not at all. */
async function publish(recipe: Recipe, linked: Linked): Promise<BuiltKernel> {
  const { source, profile, form, compiler, fragmentFiles } = recipe;
  const key = recipeKey(recipe, linked);
  const folder = cachePath('kernels', key);
  const manifest: Manifest = {
    abi: ABI_VERSION,
    linux: linuxVersion(source.tree),
    source: sourceTitle(source),
    profile,
    form: form.name,
    key,
    compiler,
    ...linked.manifest,
  };
  const origin: Origin = {
    builtAt: new Date().toISOString(),
    ...(source.kind === 'directory' ? { sourceDir: source.tree } : {}),
    fragments: fragmentFiles.map((file) => resolve(file)),
  };
  await publishFolder(folder, async (temporary) => {
    await linked.write(temporary, manifestText(manifest));
    writeFileSync(join(temporary, 'manifest.json'), manifestText(manifest));
    writeFileSync(join(temporary, 'origin.json'), `${JSON.stringify(origin, null, 2)}\n`);
  });
  return kernelInFolder(folder)!;
}
