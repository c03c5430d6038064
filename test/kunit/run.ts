// SPDX-License-Identifier: GPL-2.0-only

/**
 * Boots the three kernels that run Linux's own tests, and returns what each says: the two forms of profile `test`,
 * and the oracle, an ordinary kernel of 32 bits with the same tests.
 */
import { nativeForm } from '../../kernel/build/forms/native.js';
import { profileKernel } from '../../kernel/build/locate.js';
import { ensureOracle, runOracleTests } from '../../kernel/oracle/index.js';
import { SeededEntropy, SimulatedClock } from '../../src/host/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { Programs, run } from '../native/link.js';
import type { Suite } from './ktap.js';
import { parseKtap } from './ktap.js';
import { parseTestBpf } from './test-bpf.js';

export interface TestRun {
  readonly suites: readonly Suite[];
  readonly log: readonly string[];
}

const cmdline = 'loglevel=8 kunit.enable=1';

export async function runInModule(): Promise<TestRun> {
  const kernel = await Kernel.load({ profile: 'test' });
  const log: string[] = [];
  kernel.boot({
    cmdline,
    memoryMax: '256 MiB',
    // Linux takes a time of 0 for none.
    clock: new SimulatedClock(1e9),
    entropy: SeededEntropy.fromSeed(1),
    console: ({ text }) => log.push(text),
  });
  return parsed(log);
}

export function runInNativeForm(): TestRun {
  const object = profileKernel('test', nativeForm).wasmPath;
  using programs = new Programs();
  const program = programs.link('boot', ['../kunit/boot.c', 'host.c', 'fail.c'], object);
  const { code, stdout, stderr } = run(program, [cmdline]);
  if (code !== 0) throw new Error(`the native form ended with ${code}:\n${stderr}`);
  return parsed(stdout.split('\n').map((line) => line.replace(/^<\d>/, '')));
}

export async function runInOracle(): Promise<TestRun> {
  const oracle = await ensureOracle({ kind: 'test' });
  return parsed((await runOracleTests(oracle)).split('\n'));
}

function parsed(log: readonly string[]): TestRun {
  return { log, suites: [...parseKtap(log), ...parseTestBpf(log)] };
}
