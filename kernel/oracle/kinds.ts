// SPDX-License-Identifier: GPL-2.0-only

/** What oracles there are: what each is for, and how it is configured. Building one is build.ts's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

/**
 * `network` is what simulations are compared with: a User-Mode Linux of 64 bits in virtual time. `test` runs Linux's
 * own tests as the profile `test` does, on a PC of 32 bits, as many as the library's WebAssembly form has.
 */
export type OracleKind = 'network' | 'test';

export interface KindOfOracle {
  /** What Kbuild is told of its architecture. */
  readonly architecture: readonly string[];
  /** What Kbuild makes. */
  readonly target: string;
  /** Where Kbuild puts that, below the folder of objects. */
  readonly kernel: string;
  /** The kernel is a program of this machine's; else QEMU boots it. */
  readonly isProgram: boolean;
  /** Its configuration, a later file's settings holding; paths in the package. */
  readonly fragments: readonly string[];
  /** Definitions for Kconfig that come before Linux's own. */
  readonly definitions: string;
  /** Beginning of the names of its build folders. */
  readonly folder: string;
  /** About what a build compiles. */
  readonly objects: number;
}

/**
 * UML's timer frequency is a constant of its Kconfig, without a prompt. Of two definitions of a symbol Kconfig
 * takes the first default, so this one goes before.
 */
const umlFrequency = '\nconfig HZ\n\tint\n\tdefault 1000\n';

export function kindOfOracle(kind: OracleKind): KindOfOracle {
  if (kind === 'network') {
    return {
      architecture: ['ARCH=um', 'SUBARCH=x86_64'],
      target: 'linux',
      kernel: 'linux',
      isProgram: true,
      fragments: [
        'kernel/oracle/oracle.config',
        'kernel/config/sim.config',
        'kernel/oracle/network.config',
      ],
      definitions: umlFrequency,
      folder: 'oracle',
      objects: 1110,
    };
  }
  return {
    architecture: ['ARCH=i386'],
    target: 'bzImage',
    kernel: 'arch/x86/boot/bzImage',
    isProgram: false,
    fragments: [
      'kernel/oracle/oracle.config',
      'kernel/config/sim.config',
      'kernel/config/test.config',
      'kernel/oracle/test.config',
    ],
    // What the profile `test` turns on beyond mainline's prompts.
    definitions: `\n${readFileSync(join(packageRoot, 'kernel/arch/lib/Kconfig.test'), 'utf8')}`,
    folder: 'oracle-i386',
    objects: 1460,
  };
}
