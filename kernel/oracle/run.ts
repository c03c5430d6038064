// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs an oracle in virtual time: one of kind `network` with a program of the caller's as process 1 and the machine's
 * own file system, read-only, as its root; one of kind `test` with the tests that are built into it and nothing else.
 */
import { LibosError } from '../../src/errors.js';
import { requireTools, runTool } from '../build/tool.js';
import type { ToolOptions } from '../build/tool.js';
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
const testTimeoutSecondsDefault = 500;
/** The host's /proc, through which the guest's root, the host's files, leads to the folder. */
const guestFolder = '/proc/self/cwd';
/** All that it says goes to the program's standard error. */
const console = ['stderr=1', 'con=null', 'con0=null,fd:2'];
/** It measures a clock that stands still until something waits. */
const noJitterEntropy = 'initcall_blacklist=jent_mod_init';
const emulator = 'qemu-system-i386';
/** What `timeout` says when the time is over. */
const timedOut = 124;

/**
 * Ends when process 1 powers the machine off.
 * @returns what the kernel and its programs printed
 */
export function runOracle(oracle: Oracle, run: OracleRun): Promise<string> {
  const { seed = 1, memoryMegabytes = memoryMegabytesDefault } = run;
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
    noJitterEntropy,
    'root=/dev/root',
    'rootfstype=hostfs',
    'ro',
    'loglevel=4',
    ...console,
    `init=${guestFolder}/${run.init}`,
  ];
  return ended(run.timeoutSeconds ?? timeoutSecondsDefault, command, {
    cwd: run.folder,
    env: { LD_PRELOAD: oracle.randomPath, LIBOS_ORACLE_SEED: String(seed) },
  });
}

export interface OracleTestRun {
  /** The end of its command line, e.g. `kunit.filter_glob=list*`. */
  readonly cmdline?: string;
  /** Of wall time: 500 by default. */
  readonly timeoutSeconds?: number;
}

/**
 * Boots an oracle of kind `test`, which runs KUnit and ends: a PC whose every instruction QEMU translates, so that
 * it runs wherever QEMU does. An instruction is a nanosecond, and waiting takes no time.
 * @returns the kernel's log, a record a line
 */
export async function runOracleTests(oracle: Oracle, run: OracleTestRun = {}): Promise<string> {
  const { cmdline = '', timeoutSeconds = testTimeoutSecondsDefault } = run;
  requireTools([emulator], ['qemu-system-x86']);
  const kernelArguments = [
    'console=ttyS0',
    ...[noJitterEntropy, 'loglevel=8'],
    // QEMU ends when it would boot again.
    ...['reboot=t', 'panic=-1', 'kunit.enable=1', 'kunit_shutdown=reboot'],
    cmdline,
  ];
  const said = await ended(timeoutSeconds, [
    emulator,
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...['-machine', 'pc', '-m', String(memoryMegabytesDefault)],
    // One without instructions that ask this machine for randomness.
    ...['-accel', 'tcg', '-cpu', 'pentium3'],
    ...['-icount', 'shift=0,sleep=off', '-rtc', 'base=2025-01-01T00:00:00,clock=vm'],
    ...['-kernel', oracle.kernelPath, '-append', kernelArguments.join(' ').trim()],
  ]);
  return said.replaceAll('\r\n', '\n');
}

async function ended(
  timeoutSeconds: number,
  command: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const args = ['--kill-after=5', String(timeoutSeconds), ...command];
  const { code, stdout, stderr } = await runTool('timeout', args, options);
  const said = stdout + stderr;
  if (code === 0) return said;
  throw new LibosError(
    'ERR_LIBOS_ORACLE',
    code === timedOut
      ? `the oracle did not end in ${timeoutSeconds} seconds`
      : `the oracle ended with ${code}:\n${said.trim().split('\n').slice(-15).join('\n')}`,
  );
}
