// SPDX-License-Identifier: GPL-2.0-only

/**
 * Calls Linux's own build system for one object folder, always with the same variables, so that the same inputs
 * give the same bytes on every machine, and turns a failure into the compiler's own message.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { LibosError } from '../../src/errors.js';
import type { Form } from './forms/form.js';
import { findFailure } from './make-output.js';
import { objectFolder } from './overlay.js';
import { runTool } from './tool.js';
import { llvmSuffix } from './toolchain.js';

export interface Kbuild {
  /** The overlay: the tree with our architecture in it. */
  readonly source: string;
  /** Kbuild's O=. */
  readonly objects: string;
  /** Everything that this object folder is for, its configuration aside. */
  readonly identity: string;
  make(args: readonly string[], onLine?: (line: string) => void): Promise<void>;
}

/**
 * Where the source is said to lie in debugging information. All other paths are relative, since the object folder
 * lies in the source: no byte of a kernel depends on the place where it was built.
 */
const debugFolder = '/linux';

/** What Kbuild is told in every build, whatever machine it runs on. */
export function kbuildVariables(form: Form): string[] {
  return [
    'ARCH=lib',
    `LLVM=${llvmSuffix}`,
    'KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970',
    'KBUILD_BUILD_USER=libos',
    'KBUILD_BUILD_HOST=libos',
    'KBUILD_BUILD_VERSION=1',
    `KCFLAGS=-fdebug-compilation-dir=${debugFolder}/${objectFolder}`,
    ...form.makeVariables,
  ];
}

/**
 * @param folder has the overlay as `source`, and gets `make.log`
 * @param realPath turns a path below the overlay into the one that the user knows
 */
export function createKbuild(
  folder: string,
  identity: string,
  form: Form,
  realPath: (line: string) => string,
): Kbuild {
  const source = join(folder, 'source');
  const objects = join(source, objectFolder);
  const variables = kbuildVariables(form);
  return kbuildIn({ folder, source, objects, identity, variables, realPath });
}

export interface KbuildPlace {
  /** Gets `make.log`. */
  readonly folder: string;
  readonly source: string;
  readonly objects: string;
  readonly identity: string;
  readonly variables: readonly string[];
  readonly realPath: (line: string) => string;
}

/** Kbuild with whatever variables, for a kernel that is no library. */
export function kbuildIn(place: KbuildPlace): Kbuild {
  const { folder, source, objects, identity, realPath } = place;
  const log = join(folder, 'make.log');
  if (/[\s:]/.test(folder)) {
    throw new LibosError(
      'ERR_LIBOS_CACHE',
      `make cannot work below a path with spaces or colons: ${folder}`,
      { hint: 'set LIBOS_CACHE to a folder without them' },
    );
  }
  mkdirSync(objects, { recursive: true });
  writeFileSync(log, '');
  const variables = [...place.variables, `O=${objects}`];

  return {
    source,
    objects,
    identity,
    async make(args, onLine) {
      const lines: string[] = [];
      const jobs = process.env['LIBOS_JOBS'] ?? String(availableParallelism());
      const all = [`--jobs=${jobs}`, '--output-sync=target', '-C', source, ...variables, ...args];
      appendFileSync(log, `make ${all.join(' ')}\n`);
      // One pipe for both outputs, so that a message stays with the target that it is about.
      const result = await runTool('sh', ['-c', 'exec make "$@" 2>&1', 'make', ...all], {
        onLine(line) {
          lines.push(line);
          appendFileSync(log, `${line}\n`);
          onLine?.(line);
        },
      });
      if (result.code !== 0) throw makeError(lines, realPath, log);
    },
  };
}

const maxLines = 40;

function makeError(
  lines: readonly string[],
  realPath: (line: string) => string,
  log: string,
): LibosError {
  const { target, said } = findFailure(lines);
  const shown = said.slice(0, maxLines).map(realPath);
  if (said.length > maxLines) shown.push(`… ${said.length - maxLines} lines more`);
  const what = target === undefined ? 'the kernel cannot be built' : `cannot build ${target}`;
  return new LibosError('ERR_LIBOS_KERNEL_BUILD', `${what}:\n${shown.join('\n')}`, {
    hint: `the whole output is in ${log}; run the same command again, and only what is missing is compiled`,
  });
}
