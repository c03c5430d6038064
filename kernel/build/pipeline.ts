// SPDX-License-Identifier: GPL-2.0-only

/**
 * The way of one kernel from its source into the cache: unpack, lay our architecture over the tree, configure,
 * compile, link, publish. One build at a time works in a folder; objects stay there, so that the next build
 * compiles only what changed.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { ABI_VERSION } from '../abi/host-interface.js';
import {
  buildFolder,
  findDonor,
  markBuilt,
  outstandingWork,
  takeHeadStart,
} from './build-folder.js';
import { cachePath, publishFolder } from './cache.js';
import { mergeSettings } from './config.js';
import type { Form, Linked } from './forms/form.js';
import { configure } from './kconfig.js';
import { createKbuild } from './kbuild.js';
import type { Kbuild } from './kbuild.js';
import { orderObjects, parseLeftOut } from './link-order.js';
import { kernelInFolder } from './locate.js';
import type { BuiltKernel } from './locate.js';
import { withLock } from './lock.js';
import { isObject, madeTarget, withRealPaths } from './make-output.js';
import { manifestText } from './manifest.js';
import type { Manifest, Origin } from './manifest.js';
import { archFiles, ownSourcesDigest, profileSettings } from './own-sources.js';
import { recipeKey } from './recipe.js';
import type { Recipe } from './recipe.js';
import { layOver } from './overlay.js';
import { createMeter } from './progress.js';
import type { Meter, OnProgress } from './progress.js';
import { linuxVersion, sourceTitle, unpackDebianSource } from './source.js';
import { requireTools, runToolOrThrow } from './tool.js';
import { commonTools, llvm } from './toolchain.js';

/** Builds a kernel. `inCache` is asked once more when the folder is ours: another process may just have built it. */
export async function runPipeline(
  recipe: Recipe,
  inCache: () => BuiltKernel | undefined,
  onProgress: OnProgress,
): Promise<BuiltKernel> {
  requireTools([...commonTools, ...recipe.form.tools]);
  const folder = buildFolder(recipe);
  const donor = await findDonor(folder, recipe);
  const work = outstandingWork(folder, recipe, donor);
  const meter = createMeter(
    [
      { name: 'unpack', expectedSeconds: existsSync(recipe.source.tree) ? 0 : 25 },
      { name: 'configure', expectedSeconds: 15 },
      { name: 'compile', expectedSeconds: work.expectedSeconds },
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
      meter.enter('configure');
      const kbuild = prepare(folder, recipe);
      if (donor !== undefined) await takeHeadStart(folder, donor);
      const settings = profileSettings(recipe.profile, recipe.form);
      await configure(kbuild, mergeSettings([...settings, ...recipe.fragments]));
      await compile(kbuild, folder, work.objects, meter);
      meter.enter('link');
      return withScratch(join(folder, 'link'), async (scratch) =>
        publish(recipe, await link(kbuild, recipe.form, scratch)),
      );
    },
  );
}

/** Lays our architecture over the tree. */
function prepare(folder: string, recipe: Recipe): Kbuild {
  const { source, profile, form } = recipe;
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
  const realPath = (line: string): string =>
    withRealPaths(line, source.tree, join(packageRoot, 'kernel/arch/lib'));
  return createKbuild(folder, identity, form, realPath);
}

async function compile(
  kbuild: Kbuild,
  folder: string,
  expectedObjects: number,
  meter: Meter,
): Promise<void> {
  let objects = 0;
  await kbuild.make(['.'], (line) => {
    if (!isObject(line)) return;
    // What make prepares before the first object is no measure for the others.
    if (objects++ === 0) meter.enter('compile');
    // More than expected never is quite the end.
    meter.advance(Math.min(objects / expectedObjects, 0.99), madeTarget(line)?.target);
  });
  markBuilt(folder);
}

async function link(kbuild: Kbuild, form: Form, scratch: string): Promise<Linked> {
  const archive = await runToolOrThrow(llvm('llvm-ar'), ['t', 'built-in.a'], {
    cwd: kbuild.objects,
  });
  const leftOut = readFileSync(join(kbuild.source, 'arch/lib/left-out.objects'), 'utf8');
  const paths = orderObjects(archive.stdout.split('\n'), parseLeftOut(leftOut));
  return form.link({ objects: kbuild.objects, paths, scratch });
}

async function withScratch<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  try {
    return await use(path);
  } finally {
    rmSync(path, { recursive: true });
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
