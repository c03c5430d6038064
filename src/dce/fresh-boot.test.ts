// SPDX-License-Identifier: GPL-2.0-only

import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { locateKernel } from '../../kernel/build/locate.js';
import { encodeImage, Kernel } from '../kernel/index.js';
import { freshBoot, type FreshBoot } from './fresh-boot.js';
import { uptimeAtStartNs } from './host-clock.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-boot-'));
const options = { uptimeNs: uptimeAtStartNs, startDateMs: Date.UTC(2025, 0, 1) };
let kernel: Kernel;
let booted: string;

beforeAll(() => {
  const path = join(folder, 'kernel.wasm');
  copyFileSync(locateKernel().wasmPath, path);
  kernel = Kernel.loadSync({ path });
  booted = contents(freshBoot(kernel, options, { usesFile: false }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All of an image, and the randomness after it. */
function contents({ image, entropy }: FreshBoot): string {
  return Buffer.from(encodeImage(image, entropy.state)).toString('base64');
}

const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.boot'));

test('a boot and the file that was made of one are the same, byte for byte', () => {
  expect(contents(freshBoot(kernel, options))).toBe(booted);
  const [file] = files();
  const written = readFileSync(join(folder, file!));
  const again = freshBoot(kernel, options);
  expect(contents(again)).toBe(booted);
  // It was read: what has been changed in the file is there.
  written[written.length - 1] = 1;
  writeFileSync(join(folder, file!), written);
  expect(contents(freshBoot(kernel, options))).not.toBe(booted);
});

test('a file that is cut off or foreign is made anew', () => {
  const [file] = files();
  const path = join(folder, file!);
  for (const bytes of [
    readFileSync(path).subarray(0, 5000),
    Buffer.from('no image'),
    Buffer.of(),
  ]) {
    writeFileSync(path, bytes);
    expect(contents(freshBoot(kernel, options))).toBe(booted);
    expect(readFileSync(path).length).toBeGreaterThan(100_000);
  }
});

test('another date or limit of memory has a file of its own, and few are kept', () => {
  const { image } = freshBoot(kernel, { ...options, memoryMax: '32 MiB' });
  expect(image.memoryMaxBytes).toBe(32 * 2 ** 20);
  expect(files()).toHaveLength(2);
  for (let day = 2; day < 12; day++) {
    freshBoot(kernel, { ...options, startDateMs: Date.UTC(2025, 0, day) });
  }
  expect(files()).toHaveLength(8);
});
