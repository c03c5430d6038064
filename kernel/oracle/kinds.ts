// SPDX-License-Identifier: GPL-2.0-only

/** What oracles there are: what each is for, and how it is configured. Building one is build.ts's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

/**
 * `network` is what simulations are compared with: 64 bits and virtual time. `test` runs Linux's own tests as the
 * profile `test` does, and has 32 bits as the library's WebAssembly form has.
 */
export type OracleKind = 'network' | 'test';

export interface KindOfOracle {
  readonly subarch: 'x86_64' | 'i386';
  /** Its configuration, a later file's settings holding; paths in the package. */
  readonly fragments: readonly string[];
  /** Definitions for Kconfig that come before Linux's own. */
  readonly definitions: string;
  /** Beginning of the names of its build folders. */
  readonly folder: string;
  /** What gcc takes to make programs of its word size. */
  readonly wordSizeOptions: readonly string[];
  /** About what a build compiles. */
  readonly objects: number;
}

/**
 * UML's timer frequency is a constant of its Kconfig, without a prompt. Of two definitions of a symbol Kconfig
 * takes the first default, so this one goes before.
 */
const frequency = '\nconfig HZ\n\tint\n\tdefault 1000\n';

export function kindOfOracle(kind: OracleKind): KindOfOracle {
  if (kind === 'network') {
    return {
      subarch: 'x86_64',
      fragments: ['kernel/oracle/oracle.config', 'kernel/config/sim.config'],
      definitions: frequency,
      folder: 'oracle',
      wordSizeOptions: [],
      objects: 1110,
    };
  }
  return {
    subarch: 'i386',
    fragments: [
      'kernel/oracle/oracle.config',
      'kernel/config/sim.config',
      'kernel/config/test.config',
      'kernel/oracle/test.config',
    ],
    // What the profile `test` turns on beyond mainline's prompts.
    definitions: `${frequency}\n${readFileSync(join(packageRoot, 'kernel/arch/lib/Kconfig.test'), 'utf8')}`,
    folder: 'oracle-test',
    wordSizeOptions: ['-m32'],
    objects: 1500,
  };
}
