// SPDX-License-Identifier: GPL-2.0-only

/** docs/kernel-bugs/0001-xfrm-mobility-header-type.md: on the kernel as it is, and on one that is mended. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildKernel } from '../../../kernel/build/index.js';
import { ChangedTree } from '../../helpers/changed-tree.js';
import { onNativeForm, virtualHost } from '../../helpers/virtual-host.js';
import {
  bindingUpdate,
  careOf,
  correspondent,
  expectBindings,
  receivesBindingUpdate,
} from './mobility.js';

const form = onNativeForm ? 'x86_64' : 'wasm32';

/**
 * Whether a Binding Update arrives where a policy lets in messages of `type` (undefined: of all types).
 *
 * @param kernel the name of another kernel than the tests'
 */
async function arrives(kernel: string | undefined, type: number | undefined): Promise<boolean> {
  using world = await virtualHost(1, kernel === undefined ? undefined : { name: kernel });
  for (const address of [correspondent, careOf]) {
    world.host.route.addresses.add('lo', `${address}/128`);
  }
  const process = world.host.spawn();
  expectBindings(process, type);
  return receivesBindingUpdate(process);
}

/** The type of a Mobility Header is its third byte, RFC 6275 6.1.1. */
const fix = `	fl->flowi_mark = skb->mark;
	if (family == AF_INET6 && flkeys.basic.ip_proto == IPPROTO_MH) {
		u8 buffer;
		const u8 *type = skb_header_pointer(skb, (s16)flkeys.control.thoff + 2, 1, &buffer);

		if (type)
			fl->u.ip6.fl6_mh_type = *type;
	}
`;
const place = '	fl->flowi_mark = skb->mark;\n';

describe('a policy for one type of Mobility Header', () => {
  test('Linux as it is: a policy for all types lets a Binding Update in, one for its type does not', async () => {
    expect(await arrives(undefined, undefined)).toBe(true);
    // The bug. When this fails, Linux has mended it: say so in the page, and keep the test the other way round.
    expect(await arrives(undefined, bindingUpdate)).toBe(false);
  });

  describe('mended', () => {
    let tree: ChangedTree;
    beforeAll(async () => {
      tree = await ChangedTree.create('net/xfrm/xfrm_policy.c', form);
    });
    afterAll(() => tree[Symbol.dispose]());

    test('a policy for its type lets it in, and one for another type does not', async () => {
      const [before, after, ...more] = tree.original.split(place);
      expect(more, 'the place where the fix goes is there once').toEqual([]);
      tree.write(`${before!}${fix}${after!}`);
      await buildKernel({ sourceDir: tree.path, name: 'mended', form });
      expect(await arrives('mended', bindingUpdate)).toBe(true);
      expect(await arrives('mended', bindingUpdate + 1)).toBe(false);
      expect(await arrives('mended', undefined)).toBe(true);
    });
  });
});
