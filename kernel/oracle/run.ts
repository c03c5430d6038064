// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs an oracle in virtual time: with a program of the caller's as process 1 and the machine's own file system,
 * read-only, as its root, or with the tests that are built into it and nothing else.
 */
import { LibosError } from '../../src/errors.js';
import { runTool } from '../build/tool.js';
import type { Oracle } from './build.js';

export interface OracleRun {
  /**
   * Process 1 finds its files in it: the guest's `/proc/self/cwd`, until it mounts its own /proc. No byte of the
   * kernel's command line depends on where this folder is, since all that goes into Linux's randomness.
   */
  readonly folder: string;
  /** A program in that folder. It starts with nothing mounted but the root. */
  readonly init: string;
  /** All randomness comes from it; 1 by default. */
  readonly seed?: number;
  readonly memoryMegabytes?: number;
  /** Of wall time: 300 by default. */
  readonly timeoutSeconds?: number;
}

const memoryMegabytesDefault = 512;
const timeoutSecondsDefault = 300;
/** The host's /proc, through which the guest's root, the host's files, leads to the folder. */
const guestFolder = '/proc/self/cwd';
/** All that it says goes to the program's standard error. */
const console = ['stderr=1', 'con=null', 'con0=null,fd:2'];
/** What `timeout` says when the time is over. */
const timedOut = 124;

/**
 * Ends when process 1 powers the machine off.
 * @returns what the kernel and its programs printed
 */
export function runOracle(oracle: Oracle, run: OracleRun): Promise<string> {
  return boot(oracle, run, [
    // It measures a clock that stands still until something waits.
    'initcall_blacklist=jent_mod_init',
    'root=/dev/root',
    'rootfstype=hostfs',
    'ro',
    'loglevel=4',
    ...console,
    `init=${guestFolder}/${run.init}`,
  ]);
}

export interface OracleTestRun {
  /** Where it may put its own files while it runs. */
  readonly folder: string;
  /** The end of its command line, e.g. `kunit.filter_glob=list*`. */
  readonly cmdline?: string;
  readonly timeoutSeconds?: number;
}

/**
 * Boots an oracle of kind `test`, which runs KUnit and ends.
 * @returns the kernel's log, a record a line
 */
export function runOracleTests(oracle: Oracle, run: OracleTestRun): Promise<string> {
  const { cmdline = '' } = run;
  return boot(oracle, run, [
    'initcall_blacklist=jent_mod_init',
    'loglevel=8',
    ...console,
    'kunit.enable=1',
    'kunit_shutdown=poweroff',
    ...cmdline.split(' ').filter((word) => word !== ''),
  ]);
}

async function boot(
  oracle: Oracle,
  run: Omit<OracleRun, 'init'>,
  args: readonly string[],
): Promise<string> {
  const { seed = 1, memoryMegabytes = memoryMegabytesDefault } = run;
  const { timeoutSeconds = timeoutSecondsDefault } = run;
  const command = [
    // Addresses of memory go into hashes.
    'setarch',
    '--addr-no-randomize',
    oracle.kernelPath,
    `mem=${memoryMegabytes}M`,
    `uml_dir=${guestFolder}/`,
    // Time passes only while nothing can run, and begins at the library's date.
    'time-travel=inf-cpu',
    'time-travel-start=1735689600000000000',
    ...args,
  ];
  const { code, stdout, stderr } = await runTool(
    'timeout',
    ['--kill-after=5', String(timeoutSeconds), ...command],
    {
      cwd: run.folder,
      env: { LD_PRELOAD: oracle.randomPath, LIBOS_ORACLE_SEED: String(seed) },
    },
  );
  const said = stdout + stderr;
  if (code === 0) return said;
  throw new LibosError(
    'ERR_LIBOS_ORACLE',
    code === timedOut
      ? `the oracle did not end in ${timeoutSeconds} seconds`
      : `the oracle ended with ${code}:\n${said.trim().split('\n').slice(-15).join('\n')}`,
  );
}
