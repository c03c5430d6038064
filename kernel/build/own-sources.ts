// SPDX-License-Identifier: GPL-2.0-only

/**
 * What this package itself puts into a kernel: the arch port, the configuration of a profile, the host interface
 * and the way of building. Its digest tells kernels of two checkouts apart, and needs no compiler to be computed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LibosError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { ABI_VERSION, constants, exports, imports, structures } from '../abi/host-interface.js';
import { parseFragment } from './config.js';
import type { Setting } from './config.js';
import type { Form } from './forms/form.js';
import { kbuildVariables } from './kbuild.js';
import { filesBelow } from './overlay.js';

/** A configuration that comes with libos: kernel/config. */
export type Profile = 'sim' | 'full' | 'test';
export const profiles: readonly Profile[] = ['sim', 'full', 'test'];

/** The fragments of each profile, a later one's settings holding. */
const fragmentsOf: Readonly<Record<Profile, readonly string[]>> = {
  sim: ['sim.config'],
  full: ['full.config'],
  test: ['sim.config', 'test.config'],
};

/** Raised when the pipeline makes other kernels of the same inputs in a way that no other part of a key tells. */
const pipelineVersion = 4;

const archFolder = join(packageRoot, 'kernel/arch/lib');
const configFolder = join(packageRoot, 'kernel/config');

export function isProfile(name: string): name is Profile {
  return (profiles as readonly string[]).includes(name);
}

export function requireProfile(name: string): Profile {
  if (isProfile(name)) return name;
  throw new LibosError('ERR_LIBOS_PROFILE', `there is no profile '${name}'`, {
    hint: `profiles are ${profiles.join(', ')}`,
  });
}

/** The files of the arch port by their path in it; what editors leave beside them is not among them. */
export function archFiles(): Map<string, Buffer> {
  const names = filesBelow(archFolder).filter(
    (name) => !/(^|\/)\.|[~#]$|\.(orig|rej|o)$/.test(name),
  );
  return new Map(names.map((name) => [name, readFileSync(join(archFolder, name))]));
}

/** The settings of a profile in a form, those that later ones replace included. */
export function profileSettings(profile: Profile, form: Form): Setting[] {
  return ['base.config', form.fragment, ...fragmentsOf[profile]].flatMap((name) =>
    parseFragment(readFileSync(join(configFolder, name), 'utf8'), `kernel/config/${name}`),
  );
}

/** Hexadecimal, the same wherever the same sources lie. */
export function ownSourcesDigest(profile: Profile, form: Form): string {
  const hash = createHash('sha256');
  const settings = profileSettings(profile, form).map(({ symbol, value }) => [symbol, value]);
  const build = [pipelineVersion, kbuildVariables(form), form.linkOptions];
  // In an order of its own: the order of a module's names differs between Node.js and the test runner.
  const hostInterface = { ABI_VERSION, constants, exports, imports, structures };
  hash.update(JSON.stringify([hostInterface, settings, build]));
  for (const [name, content] of archFiles()) {
    hash.update(`\n${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 24);
}
