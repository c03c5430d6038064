// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { parseFragment } from './config.js';
import { wasmForm } from './forms/wasm.js';
import { nativeForm } from './forms/native.js';
import { kernelKey } from './key.js';
import type { KeyInputs } from './key.js';
import { ownSourcesDigest } from './own-sources.js';

const inputs: KeyInputs = {
  source: 'linux-source-6.12 6.12.117-1~deb12u1',
  ownSources: 'abc',
  profile: 'sim',
  form: 'wasm32',
  fragments: parseFragment('CONFIG_HZ=100\n', 'a.config'),
  compiler: 'clang version 22.1.8',
};

test('the same inputs have the same key, wherever a fragment lies', () => {
  const elsewhere = parseFragment('# moved\nCONFIG_HZ=100\n', 'b.config');
  expect(kernelKey({ ...inputs, fragments: elsewhere })).toBe(kernelKey(inputs));
  expect(kernelKey(inputs)).toMatch(/^[0-9a-f]{24}$/);
});

test.each<[string, Partial<KeyInputs>]>([
  ['package version', { source: 'linux-source-6.12 6.12.118-1' }],
  ['linked content', { contentHash: '1' }],
  ['arch port', { ownSources: 'abd' }],
  ['profile', { profile: 'full' }],
  ['form', { form: 'x86_64' }],
  ['fragment', { fragments: parseFragment('CONFIG_HZ=250\n', 'a.config') }],
  ['compiler', { compiler: 'clang version 22.1.9' }],
])('another %s is another key', (_, change) => {
  expect(kernelKey({ ...inputs, ...change })).not.toBe(kernelKey(inputs));
});

test("this package's part differs by profile and form, and is stable", () => {
  const digests = [
    ownSourcesDigest('sim', wasmForm),
    ownSourcesDigest('full', wasmForm),
    ownSourcesDigest('sim', nativeForm),
  ];
  expect(new Set(digests).size).toBe(3);
  expect(ownSourcesDigest('sim', wasmForm)).toBe(digests[0]);
});
