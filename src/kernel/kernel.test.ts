// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tinyKernel } from '../../test/helpers/tiny-kernel.js';
import { ABI_VERSION } from './abi.generated.js';
import { Kernel } from './kernel.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-kernel-'));
afterAll(() => rmSync(folder, { recursive: true }));

const outside = { clock: { nowNs: 0 }, entropy: { fill: () => undefined } };

describe('Kernel.load', () => {
  test('reads the manifest', async () => {
    const { manifest } = await Kernel.load({ bytes: tinyKernel() });
    expect(manifest).toMatchObject({ abi: ABI_VERSION, profile: 'tiny' });
  });

  test.each([
    ['a truncated file', tinyKernel().slice(0, 400), 'ERR_LIBOS_KERNEL_INVALID', 'truncated'],
    [
      'no wasm file',
      new TextEncoder().encode('#!/bin/sh\n'),
      'ERR_LIBOS_KERNEL_INVALID',
      'no wasm',
    ],
    ['an empty file', new Uint8Array(0), 'ERR_LIBOS_KERNEL_INVALID', 'truncated'],
    [
      'a module without a manifest',
      tinyKernel({ withoutManifest: true }),
      'ERR_LIBOS_KERNEL_INVALID',
      'no section "libos"',
    ],
    [
      'a manifest that is no JSON',
      tinyKernel({ manifest: '{' }),
      'ERR_LIBOS_KERNEL_INVALID',
      'not JSON',
    ],
    [
      'a manifest that is no object',
      tinyKernel({ manifest: 'null' }),
      'ERR_LIBOS_KERNEL_INVALID',
      'not JSON',
    ],
    [
      'a manifest without the memory it needs',
      tinyKernel({ manifest: { memoryInitialPages: undefined } }),
      'ERR_LIBOS_KERNEL_INVALID',
      'how much memory',
    ],
    [
      'another interface version',
      tinyKernel({ manifest: { abi: ABI_VERSION + 1 } }),
      'ERR_LIBOS_KERNEL_ABI',
      `version ${ABI_VERSION + 1}, this libos has ${ABI_VERSION}`,
    ],
    [
      'an import that nobody provides',
      tinyKernel({ extraImport: 'table_base' }),
      'ERR_LIBOS_KERNEL_INVALID',
      'imports the table env.table_base',
    ],
    [
      'a missing export',
      tinyKernel({ leaveOut: 'lib_rx' }),
      'ERR_LIBOS_KERNEL_INVALID',
      'does not export lib_rx',
    ],
  ])('%s is one clear error', async (_, bytes, code, message) => {
    const load = Kernel.load({ bytes });
    await expect(load).rejects.toMatchObject({ name: 'LibosError', code });
    await expect(load).rejects.toThrow(message);
    expect(() => Kernel.loadSync({ bytes })).toThrow(message);
  });

  test('a file is compiled once, until it changes', async () => {
    const path = join(folder, 'kernel.wasm');
    writeFileSync(path, tinyKernel());
    const first = await Kernel.load({ path });
    expect(await Kernel.load({ path })).toBe(first);
    writeFileSync(path, tinyKernel({ manifest: { linux: '6.12.1' } }));
    expect((await Kernel.load({ path })).manifest.linux).toBe('6.12.1');
  });

  test('at once or in time, it is the same kernel', async () => {
    const path = join(folder, 'both.wasm');
    writeFileSync(path, tinyKernel());
    // The slow one has begun before the fast one is through.
    const load = Kernel.load({ path });
    const atOnce = Kernel.loadSync({ path });
    expect(await load).toBe(atOnce);
    expect(Kernel.loadSync({ path })).toBe(atOnce);
    expect(() => Kernel.loadSync({ path: join(folder, 'none') })).toThrow('there is no file');
  });

  test('a file that was broken can be loaded once it is whole', async () => {
    const path = join(folder, 'broken.wasm');
    writeFileSync(path, tinyKernel().slice(0, 100));
    await expect(Kernel.load({ path })).rejects.toThrow(path);
    writeFileSync(path, tinyKernel());
    expect(await Kernel.load({ path })).toBeInstanceOf(Kernel);
  });

  test('a path with nothing there is said so', async () => {
    await expect(Kernel.load({ path: join(folder, 'none') })).rejects.toMatchObject({
      code: 'ERR_LIBOS_KERNEL_NOT_FOUND',
    });
  });
});

describe('boot', () => {
  test.each(['64 KiB', '1 TiB'])(
    'a memoryMax of %s is refused with the bounds',
    async (memoryMax) => {
      const kernel = await Kernel.load({ bytes: tinyKernel() });
      expect(() => kernel.boot({ ...outside, memoryMax })).toThrow(
        memoryMax === '1 TiB'
          ? 'is not a size'
          : `needs from ${kernel.memoryToBootBytes(65_536)} to`,
      );
    },
  );

  test('a command line that is too long is refused', async () => {
    const kernel = await Kernel.load({ bytes: tinyKernel() });
    expect(() => kernel.boot({ ...outside, cmdline: 'x'.repeat(1024) })).toThrow('1023 fit');
  });

  test('an image of another interface version than its manifest says is refused', async () => {
    const kernel = await Kernel.load({ bytes: tinyKernel({ imageAbi: ABI_VERSION + 1 }) });
    expect(() => kernel.boot(outside)).toThrow(`its image has host interface ${ABI_VERSION + 1}`);
  });
});
