// SPDX-License-Identifier: GPL-2.0-only

/** docs/kernel-bugs/0004-seg6-headroom.md: on the kernel as it is, and on one that is mended. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildKernel } from '../../../kernel/build/index.js';
import { Kernel } from '../../../src/kernel/index.js';
import { ChangedTree } from '../../helpers/changed-tree.js';
import { loadKernel } from '../../helpers/virtual-host.js';
import { writesBeforeBuffer } from './headroom.js';

const overhead = 'dst_dev_overhead(cache_dst, skb)';

describe('a packet out of one segment routing header that gets another', () => {
  test('Linux as it is: its first header is written before its buffer', async () => {
    // The bug. When this fails, Linux has mended it: say so in the page, and keep the test the other way round.
    expect(writesBeforeBuffer(await loadKernel())).toBe(true);
  });

  describe('mended', () => {
    let tree: ChangedTree;
    beforeAll(async () => {
      tree = await ChangedTree.create('net/ipv6/seg6_iptunnel.c');
    });
    afterAll(() => tree[Symbol.dispose]());

    test('it stays in its buffer', async () => {
      expect(tree.original).toContain(overhead);
      const room = `max_t(unsigned int, skb->mac_len, ${overhead})`;
      tree.write(tree.original.replaceAll(overhead, room));
      await buildKernel({ sourceDir: tree.path, name: 'mended' });
      expect(writesBeforeBuffer(await Kernel.load({ name: 'mended' }))).toBe(false);
    });
  });
});
