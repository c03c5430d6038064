// SPDX-License-Identifier: GPL-2.0-only

// The test suites, fast to slow: `npm test` runs them in this order, one after the other. Unit tests sit beside
// the file that they test.
export const suites = [
  { name: 'tidy', include: ['test/*.test.ts'], timeoutMs: 10_000 },
  { name: 'unit', include: ['src/**/*.test.ts', 'kernel/**/*.test.ts'], timeoutMs: 10_000 },
  folder('simulation', 30_000),
  // The same tests of the POSIX layer, on the native form of the kernel.
  {
    name: 'native-form',
    include: ['test/simulation/posix/**/*.test.ts', 'test/simulation/kernel.test.ts'],
    timeoutMs: 30_000,
    env: { LIBOS_FORM: 'native' },
  },
  folder('scenario', 60_000),
  folder('conformance', 60_000),
  folder('regression', 120_000),
  folder('determinism', 60_000),
  folder('fidelity', 120_000),
  folder('fuzz', 120_000),
  folder('soak', 120_000),
  folder('native', 120_000),
  folder('kunit', 300_000),
  folder('nuse', 60_000),
  folder('build', 600_000),
  folder('package', 300_000),
];

function folder(name, timeoutMs) {
  return { name, include: [`test/${name}/**/*.test.ts`], timeoutMs };
}
