// SPDX-License-Identifier: GPL-2.0-only

// Lint: type-checked TypeScript rules, the layering rule, and what makes a simulation deterministic. Layout is
// Prettier's business alone, so no rule here is about layout.
import js from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Every folder of source and the folders that it may import from, itself apart: imports go one way, along the
 * flow in ARCHITECTURE.md. Files directly under src/ (errors, package root) serve all, except the package's
 * front door.
 */
const layers = {
  'kernel/abi': [],
  'kernel/build': ['kernel/abi'],
  'kernel/oracle': ['kernel/build'],
  'src/addon': ['kernel/build/cache.ts'],
  'src/kernel': [
    'kernel/abi',
    'kernel/build/kernel-file.ts',
    'kernel/build/locate.ts',
    'src/addon',
  ],
  'src/host': ['src/kernel'],
  'src/posix': ['src/kernel', 'src/host'],
  'src/link': ['src/host'],
  'src/dce': ['src/kernel', 'src/host', 'src/posix', 'src/link'],
  'src/native': [
    'kernel/abi',
    'kernel/build/cache.ts',
    'kernel/build/locate.ts',
    'kernel/build/forms',
    'src/addon',
    'src/kernel',
    'src/host',
    'src/posix',
    'src/dce/event-queue.ts',
    'src/dce/kernel-timer.ts',
    'src/dce/run-list.ts',
  ],
  'src/nuse': ['src/addon', 'src/kernel', 'src/host', 'src/posix', 'src/link', 'src/native'],
  'src/scenario': ['src/kernel', 'src/host', 'src/posix', 'src/link', 'src/dce'],
  'src/cli': [
    'kernel/build',
    'src/addon',
    'src/kernel',
    'src/host',
    'src/posix',
    'src/link',
    'src/dce',
    'src/native',
    'src/nuse',
    'src/scenario',
  ],
};

/** Folders that are above every layer and that no layer imports. */
const outside = ['src/index.ts', 'test', 'bench', 'examples', 'scripts'];

const zones = Object.entries(layers).flatMap(([layer, allowed]) =>
  [...Object.keys(layers), ...outside]
    .filter((other) => other !== layer && !allowed.includes(other))
    .map((other) => ({
      target: `./${layer}`,
      from: `./${other}`,
      // A single file of a folder may be allowed without the rest.
      except: allowed
        .filter((file) => file.startsWith(`${other}/`))
        .map((file) => `.${file.slice(other.length)}`),
      message: `${layer} may import from ${[layer, ...allowed].join(', ')} only (see ARCHITECTURE.md).`,
    })),
);
zones.push({
  target: ['./src/errors.ts', './src/package-root.ts'],
  from: [...Object.keys(layers), ...outside].map((other) => `./${other}`),
  message: 'what every layer imports imports no layer.',
});

const virtualTime = 'clock, entropy and scheduling are passed in: a run must be repeatable.';
const deterministicLayers = ['src/kernel/**', 'src/posix/**', 'src/link/**', 'src/dce/**'];
const bannedGlobals = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'crypto',
  'fetch',
].map((name) => ({ name, message: virtualTime }));
const webAssembly = {
  name: 'WebAssembly',
  message: 'only src/kernel touches WebAssembly; ask it for what is missing.',
};
const bannedProperties = [
  { object: 'Date', property: 'now', message: virtualTime },
  { object: 'Math', property: 'random', message: virtualTime },
  { object: 'process', property: 'hrtime', message: virtualTime },
];

export default tseslint.config(
  { ignores: ['dist/', 'kernels/', 'node_modules/', '**/*.generated.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // A hot path indexes typed arrays whose bounds it has checked.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `while (true)` with returns inside is clearer than a flag.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // A signature for users, and one that is internal.
      '@typescript-eslint/unified-signatures': [
        'error',
        { ignoreOverloadsWithDifferentJSDoc: true },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.{js,mjs,ts}'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [sourceResolver()],
      'import-x/extensions': ['.ts', '.js', '.mjs'],
    },
  },
  {
    files: ['src/**/*.ts', 'kernel/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'import-x/no-restricted-paths': ['error', { zones }] },
  },
  {
    files: ['src/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'kernel/**/*.ts'],
    ignores: ['src/kernel/**', '**/*.test.ts'],
    rules: { 'no-restricted-globals': ['error', webAssembly] },
  },
  {
    files: deterministicLayers.map((folder) => `${folder}/*.ts`),
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', ...bannedGlobals, webAssembly],
      'no-restricted-properties': ['error', ...bannedProperties],
      'no-restricted-imports': [
        'error',
        { paths: ['node:timers', 'node:timers/promises', 'node:perf_hooks', 'node:crypto'] },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: virtualTime },
      ],
    },
  },
  {
    files: ['src/kernel/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-globals': ['error', ...bannedGlobals] },
  },
  {
    files: [
      'src/cli/**/*.ts',
      'src/scenario/worker/output.ts',
      'bench/**/*.ts',
      'examples/**/*.ts',
      'test/scenario/files/**/*.ts',
      'kernel/build/cli.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
);

/** Resolves a relative `./x.js` to the `./x.ts` it stands for; the layering rule needs no other import. */
function sourceResolver() {
  return {
    interfaceVersion: 3,
    name: 'libos-source',
    resolve(source, file) {
      if (!source.startsWith('.')) return { found: false };
      const url = new URL(source.replace(/\.js$/, '.ts'), `file://${file}`);
      return { found: true, path: decodeURIComponent(url.pathname) };
    },
  };
}
