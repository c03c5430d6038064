// SPDX-License-Identifier: GPL-2.0-only

/** A kernel boots with every limit of memory that is accepted, from the least to the most. */
import { describe, expect, test } from 'vitest';
import { SeededEntropy } from '../../src/host/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { loadKernel } from '../helpers/virtual-host.js';

const kernels = [
  ['sim', await loadKernel()],
  ['full', await Kernel.load({ profile: 'full' })],
] as const;

describe.each(kernels)('%s', (_, kernel) => {
  const leastBytes = ((): number => {
    let bytes = kernel.memoryImageBytes;
    while (kernel.memoryToBootBytes(bytes) > bytes) bytes += 65_536;
    return bytes;
  })();

  test.each([leastBytes, '8 MiB', '64 MiB', '1 GiB', '3 GiB', 2 ** 32 - 65_536])(
    'boots with a memoryMax of %s',
    (memoryMax) => {
      const instance = kernel.boot({
        memoryMax,
        clock: { nowNs: 1e9 },
        entropy: SeededEntropy.fromSeed(1),
      });
      expect(instance.booted).toBe(true);
      // It grows, at the end of an entry, well before it needs to.
      instance.timer();
      expect(instance.processCreate(0, 0)).toBeGreaterThan(0);
    },
  );

  test('one page less than the least is refused', () => {
    const boot = () =>
      kernel.boot({
        memoryMax: leastBytes - 65_536,
        clock: { nowNs: 1e9 },
        entropy: SeededEntropy.fromSeed(1),
      });
    expect(boot).toThrow(/memoryMax: \d+ bytes, but .* needs from \d+ to 4294901760/);
  });
});
