// SPDX-License-Identifier: GPL-2.0-only

/** docs/kernel-bugs/0002-sctp-interleaved-data-authentication.md: on the kernel as it is, and on one that is mended. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildKernel } from '../../../kernel/build/index.js';
import { ChangedTree } from '../../helpers/changed-tree.js';
import { virtualWasmHost } from '../../helpers/virtual-host.js';
import { Kernel } from '../../../src/kernel/index.js';
import { chunks, received } from './interleaving.js';

/** What the client reads, on a kernel as it is or on another one by its name. */
async function outcome(authenticated: readonly number[], kernel?: string): Promise<string> {
  const loaded = kernel === undefined ? undefined : Kernel.load({ name: kernel });
  using world = await virtualWasmHost(1, loaded);
  return await received(world, authenticated);
}

const { data, interleavedData } = chunks;

describe('a peer that wants interleaved data authenticated', () => {
  test('Linux as it is: one kind of chunk without the other ends the kernel, or nothing is sent', async () => {
    expect(await outcome([])).toBe('hello');
    expect(await outcome([data, interleavedData])).toBe('hello');
    // The bug. When these fail, Linux has mended it: say so in the page, and keep the tests the other way round.
    // The key that no chunk has is read at address 0, where WebAssembly has zeros and a machine has nothing.
    await expect(outcome([interleavedData])).rejects.toThrow(
      /warns: lib\/refcount\.c[^]*sctp_auth_shkey_hold[^]*sctp_packet_append_chunk/,
    );
    await expect(outcome([data])).rejects.toThrow(/EAGAIN/);
  });

  describe('mended', () => {
    let tree: ChangedTree;
    beforeAll(async () => {
      tree = await ChangedTree.create('net/sctp/chunk.c');
    });
    afterAll(() => tree[Symbol.dispose]());

    test('it gets what was sent, whatever it wants authenticated', async () => {
      const [before, after, ...more] = tree.original.split(
        'sctp_auth_send_cid(SCTP_CID_DATA, asoc)',
      );
      expect(more, 'the place where the fix goes is there once').toEqual([]);
      const type = 'asoc->peer.intl_capable ? SCTP_CID_I_DATA : SCTP_CID_DATA';
      tree.write(`${before!}sctp_auth_send_cid(${type}, asoc)${after!}`);
      await buildKernel({ sourceDir: tree.path, name: 'mended' });
      for (const wanted of [[], [data], [interleavedData], [data, interleavedData]])
        expect(await outcome(wanted, 'mended')).toBe('hello');
    });
  });
});
