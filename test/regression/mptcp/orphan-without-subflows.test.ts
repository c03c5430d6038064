// SPDX-License-Identifier: GPL-2.0-only

/** docs/kernel-bugs/0003-mptcp-orphan-without-subflows.md: on the kernel as it is, and on one that is mended. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildKernel } from '../../../kernel/build/index.js';
import { Kernel } from '../../../src/kernel/index.js';
import { ChangedTree } from '../../helpers/changed-tree.js';
import { virtualWasmHost } from '../../helpers/virtual-host.js';
import { socketsLeft } from './orphan.js';

/** On a kernel as it is, or on another one by its name. */
async function left(removesAddress: boolean, kernel?: string): Promise<number> {
  using world = await virtualWasmHost(
    1,
    kernel === undefined ? undefined : Kernel.load({ name: kernel }),
  );
  return await socketsLeft(world, removesAddress);
}

const place = `		if (sk->sk_state != TCP_ESTABLISHED ||
		    msk->in_accept_queue || sock_flag(sk, SOCK_DEAD)) {
`;
/** The worker ends what has run out of time, which it does not of what is closed. */
const fix = `		if (sock_flag(sk, SOCK_DEAD) && sk->sk_state != TCP_CLOSE) {
			mptcp_set_close_tout(sk, tcp_jiffies32 - (mptcp_close_timeout(sk) + 1));
			mptcp_schedule_work(sk);
		} else if (sk->sk_state != TCP_ESTABLISHED || msk->in_accept_queue) {
`;

describe('a closed connection whose last subflow the path manager removes', () => {
  test('Linux as it is: its socket is never freed', async () => {
    expect(await left(false)).toBe(0);
    // The bug. When this fails, Linux has mended it: say so in the page, and keep the test the other way round.
    expect(await left(true)).toBe(1);
  });

  describe('mended', () => {
    let tree: ChangedTree;
    beforeAll(async () => {
      tree = await ChangedTree.create('net/mptcp/protocol.c');
    });
    afterAll(() => tree[Symbol.dispose]());

    test('it is freed', async () => {
      const [before, after, ...more] = tree.original.split(place);
      expect(more, 'the place where the fix goes is there once').toEqual([]);
      tree.write(`${before!}${fix}${after!}`);
      await buildKernel({ sourceDir: tree.path, name: 'mended' });
      expect(await left(false, 'mended')).toBe(0);
      expect(await left(true, 'mended')).toBe(0);
    });
  });
});
