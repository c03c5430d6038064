// SPDX-License-Identifier: GPL-2.0-only

/**
 * Boots the three kernels that run Linux's own tests, and returns what each says: the two forms of profile `test`,
 * and the oracle, an ordinary kernel of 32 bits with the same tests.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeForm } from '../../kernel/build/forms/native.js';
import { profileKernel } from '../../kernel/build/locate.js';
import { runToolOrThrow } from '../../kernel/build/tool.js';
import { ensureOracle, runOracleTests } from '../../kernel/oracle/index.js';
import { SeededEntropy, SimulatedClock } from '../../src/host/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { packageRoot } from '../../src/package-root.js';
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

export async function runInNativeForm(): Promise<TestRun> {
  const object = profileKernel('test', nativeForm).wasmPath;
  return inScratch(async (folder) => {
    const program = join(folder, 'boot');
    await runToolOrThrow('gcc', [
      ...['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror'],
      ...['-iquote', join(packageRoot, 'kernel/arch/lib/include/asm'), '-o', program],
      join(packageRoot, 'test/kunit/boot.c'),
      join(packageRoot, 'test/native/host.c'),
      object,
    ]);
    const { stdout } = await runToolOrThrow(program, [cmdline]);
    return parsed(stdout.split('\n').map((line) => line.replace(/^<\d>/, '')));
  });
}

export async function runInOracle(): Promise<TestRun> {
  const oracle = await ensureOracle({ kind: 'test' });
  return inScratch(async (folder) => {
    const said = await runOracleTests(oracle, { folder });
    return parsed(said.split('\n'));
  });
}

function parsed(log: readonly string[]): TestRun {
  return { log, suites: [...parseKtap(log), ...parseTestBpf(log)] };
}

async function inScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'libos-kunit-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
