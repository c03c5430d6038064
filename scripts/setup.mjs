// SPDX-License-Identifier: GPL-2.0-only

// Set-up: everything between a fresh clone and a running libos. `npm run demo`, `npm test` and `npm run bench`
// call it first; `npm run setup` runs it alone. Each step costs next to nothing when it has been done before.
import { fileURLToPath } from 'node:url';
import { realpathSync } from 'node:fs';
import { ensureDebianPackages } from './lib/debian.mjs';
import { ensureKernels, ensureOracle } from './lib/kernel.mjs';
import { ensureOwnC } from './lib/own-c.mjs';
import { ensureNpmPackages } from './lib/npm.mjs';
import { removePackedKernels } from './lib/packed-kernels.mjs';
import { SetupError, run } from './lib/script.mjs';
import { ensureTypeScriptBuild } from './lib/typescript.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Parts of the package's own C: what hosts of a simulation share pages with, and what programs need, too. */
const forHosts = ['addon'];
const forPrograms = ['addon', 'shim', 'launcher'];

/**
 * What each goal needs: groups of scripts/debian-packages.json, kernel profiles, those of them in the native form as
 * well, the package's own C, and the oracles, ordinary Linuxes to compare with.
 */
const goals = {
  checks: { groups: [], profiles: [] },
  demo: { groups: ['kernel'], profiles: ['sim'], ownC: forHosts },
  bench: { groups: ['kernel', 'bench'], profiles: ['sim', 'full'], ownC: forHosts },
  nuse: {
    groups: ['kernel', 'bench'],
    profiles: [],
    nativeProfiles: ['full'],
    ownC: forPrograms,
  },
  fidelity: {
    groups: ['kernel', 'bench'],
    profiles: ['sim'],
    ownC: forHosts,
    oracles: ['network'],
  },
  coverage: {
    groups: ['kernel', 'test'],
    profiles: ['sim'],
    // The one that counts begins with its objects.
    nativeProfiles: ['sim'],
    ownC: forPrograms,
  },
  fuzz: { groups: ['kernel'], profiles: ['sim', 'full'], ownC: forHosts },
  soak: { groups: ['kernel'], profiles: ['sim'], ownC: forHosts },
  pack: { groups: ['kernel'], profiles: ['sim', 'full'] },
  test: {
    groups: ['kernel', 'test', 'bench'],
    profiles: ['sim', 'full', 'test'],
    nativeProfiles: ['sim', 'full', 'test'],
    ownC: forPrograms,
    oracles: ['network', 'test'],
  },
};

/** Brings the checkout to where `goal` can run and returns its kernels. */
export async function setup(goal) {
  const { groups, profiles, nativeProfiles = [], ownC = [], oracles = [] } = goals[goal];
  checkNode();
  await ensureDebianPackages(groups);
  ensureNpmPackages(root);
  await ensureTypeScriptBuild(root);
  // Left there by an interrupted `npm pack`.
  removePackedKernels(root);
  const kernels = await ensureKernels(root, profiles);
  await ensureKernels(root, nativeProfiles, 'x86_64');
  if (ownC.length > 0) await ensureOwnC(root, ownC, nativeProfiles);
  for (const kind of oracles) await ensureOracle(root, kind);
  return kernels;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old: libos needs 20.19 or newer`,
      'install Node.js 20 or newer from https://nodejs.org',
    );
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const goal = process.argv[2] ?? 'test';
  await run(async () => {
    if (!(goal in goals)) {
      throw new SetupError(`no goal '${goal}'`, `goals are ${Object.keys(goals).join(', ')}`);
    }
    await setup(goal);
    console.log(`ready for ${goal}`);
  });
}
