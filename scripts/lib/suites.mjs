// SPDX-License-Identifier: GPL-2.0-only

// The test suites, fast to slow: `npm test` runs them in this order, one after the other. Unit tests sit beside
// the file that they test.

/** Files of `simulation` and `regression` that the suite `native-form` leaves out, and why. */
export const notOnNativeForm = {
  'test/regression/mptcp/*.test.ts': 'builds a mended kernel, in WebAssembly',
  'test/regression/sctp/*.test.ts': 'builds a mended kernel, in WebAssembly',
  'test/regression/seg6/*.test.ts': 'builds a mended kernel, in WebAssembly',
  'test/simulation/demo.test.ts': 'the demonstration names its kernel, one in WebAssembly',
  'test/simulation/memory-limits.test.ts': 'is about the limits of memory in WebAssembly',
  'test/simulation/memory-pressure.test.ts': 'has both forms in it already',
  'test/simulation/papers.test.ts': 'chains of more hosts than have room below 4 GiB',
  'test/simulation/parallel/*.test.ts': 'its threads load kernels by themselves, in WebAssembly',
  'test/simulation/scale.test.ts': 'is about what an image and its clones cost',
  'test/simulation/snapshot/*.test.ts': 'there are no images of native kernels, so no snapshots',
};

export const suites = [
  { name: 'tidy', include: ['test/*.test.ts'], timeoutMs: 10_000 },
  { name: 'unit', include: ['src/**/*.test.ts', 'kernel/**/*.test.ts'], timeoutMs: 10_000 },
  folder('simulation', 30_000),
  // The same tests once more, on the native form of the kernel.
  {
    name: 'native-form',
    include: ['test/simulation/**/*.test.ts', 'test/regression/**/*.test.ts'],
    exclude: Object.keys(notOnNativeForm),
    timeoutMs: 120_000,
    setup: 'test/helpers/native-form.ts',
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
  folder('kunit', 600_000),
  folder('nuse', 60_000),
  folder('build', 600_000),
  folder('package', 300_000),
];

function folder(name, timeoutMs) {
  return { name, include: [`test/${name}/**/*.test.ts`], timeoutMs };
}
