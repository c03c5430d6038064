// SPDX-License-Identifier: GPL-2.0-only

/**
 * A protocol developer's day: a tree with one file of TCP changed becomes a kernel that boots, a change of the
 * change is running soon after, and both kernels serve one process.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cachePath } from '../../kernel/build/cache.js';
import { buildKernel, listKernels } from '../../kernel/build/index.js';
import { Kernel, KernelPanic, type KernelWarning } from '../../src/kernel/index.js';
import { PosixHost } from '../../src/posix/index.js';
import { ChangedTree } from '../helpers/changed-tree.js';

let tree: ChangedTree;

beforeAll(async () => {
  tree = await ChangedTree.create('net/ipv4/tcp_input.c');
});
afterAll(() => tree[Symbol.dispose]());

/** Faults that a program can set off by writing their name to /proc/fault. */
const plantedFaults = `
#include <linux/gfp.h>
#include <linux/proc_fs.h>
#include <linux/wait.h>

static ssize_t fault_write(struct file *file, const char __user *user, size_t count, loff_t *pos)
{
	static DECLARE_WAIT_QUEUE_HEAD(never);
	static void (*volatile nowhere)(void);
	char name[8] = { };

	if (count >= sizeof(name) || copy_from_user(name, user, count))
		return -EINVAL;
	if (!strcmp(name, "warn"))
		WARN(1, "a planted warning");
	else if (!strcmp(name, "bug"))
		BUG();
	else if (!strcmp(name, "panic"))
		panic("a planted panic");
	else if (!strcmp(name, "wait"))
		wait_event(never, false);
	else if (!strcmp(name, "call"))
		nowhere();
	else if (!strcmp(name, "memory")) {
		/* The reserve too. */
		while (alloc_page(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOWARN))
			;
		alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	}
	return count;
}

static const struct proc_ops fault_ops = { .proc_write = fault_write };

static int __init fault_init(void)
{
	return proc_create("fault", 0200, NULL, &fault_ops) ? 0 : -ENOMEM;
}
late_initcall(fault_init);
`;

/** Gives the tree's TCP something to say at boot. */
function changeTcp(says: string): void {
  const initcall = `
static int __init own_change(void)
{
	pr_info("${says}\\n");
	return 0;
}
late_initcall(own_change);
`;
  tree.write(tree.original + initcall);
}

async function bootMessages(name: string): Promise<string> {
  const kernel = await Kernel.load({ name });
  let text = '';
  kernel.boot({
    clock: { nowNs: 0 },
    entropy: { fill: (bytes) => void bytes.fill(7) },
    console: (record) => (text += `${record.text}\n`),
  });
  return text;
}

test('a changed tcp_input.c is running in under 30 seconds, beside the one before', async () => {
  changeTcp('first change');
  const first = await buildKernel({ sourceDir: tree.path, name: 'first' });
  expect(first).toMatchObject({ name: 'first', cached: false });

  changeTcp('second change');
  const startedMs = performance.now();
  const second = await buildKernel({ sourceDir: tree.path });
  const messages = await bootMessages('linux');
  expect((performance.now() - startedMs) / 1000).toBeLessThan(30);

  expect(second.name).toBe('linux');
  expect(messages).toContain('second change');
  expect(await bootMessages('first')).toContain('first change');

  expect(listKernels().map(({ names, source }) => ({ names, source }))).toEqual([
    { names: ['linux'], source: tree.path },
    { names: ['first'], source: tree.path },
  ]);
});

test('a WARN is an event; BUG, panic, an endless wait, the last page or a wild call ends its host alone', async () => {
  tree.write(tree.original + plantedFaults);
  await buildKernel({ sourceDir: tree.path, name: 'faulty' });
  const kernel = await Kernel.load({ name: 'faulty' });
  const warnings: KernelWarning[] = [];
  const boot = () => {
    const instance = kernel.boot({
      clock: { nowNs: 1e9 },
      entropy: { fill: (bytes) => void bytes.fill(7) },
      onWarning: (warning) => warnings.push(warning),
    });
    const time = {
      nowNs: () => 1e9,
      at: () => ({ cancel: () => undefined }),
      defer: () => undefined,
    };
    return new PosixHost(instance, time);
  };
  const living = boot();
  living.writeFile('/proc/fault', 'warn');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.message).toContain('net/ipv4/tcp_input.c');
  expect(warnings[0]?.stack).toContain('fault_write');
  for (const [fault, reason, message] of [
    ['bug', 'BUG', /kernel BUG at .*tcp_input\.c:\d+, in fault_write/],
    ['panic', 'panic', /a planted panic/],
    ['wait', 'stall', /waits for what nothing can bring about/],
    ['memory', 'panic', /out of memory for an allocation that may not fail/],
    ['call', 'trap', /null function|table index|signature/],
  ] as const) {
    const host = boot();
    const died = (): unknown => {
      try {
        host.writeFile('/proc/fault', fault);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const panic = died() as KernelPanic;
    expect(panic, fault).toBeInstanceOf(KernelPanic);
    expect(panic).toMatchObject({
      reason,
      kernelMessage: expect.stringMatching(message) as string,
    });
    expect(panic.kernelStack.map((frame) => frame.function)).toContain('fault_write');
    expect(died(), 'later calls say the same').toBe(panic);
  }
  expect(living.readFile('/proc/version')).toContain('Linux version 6.12');
});

test('a kernel says nothing of the place where it was built', async () => {
  const { kernel } = await buildKernel({ sourceDir: tree.path });
  const debug = readFileSync(join(dirname(kernel.wasmPath), 'kernel.debug.wasm'), 'latin1');
  expect(debug).toContain('/linux/objects');
  expect(
    [tree.folder, dirname(cachePath('trees'))].filter((place) => debug.includes(place)),
  ).toEqual([]);
});
