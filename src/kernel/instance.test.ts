// SPDX-License-Identifier: GPL-2.0-only

import { beforeAll, describe, expect, test } from 'vitest';
import { tinyKernel, tinyText } from '../../test/helpers/tiny-kernel.js';
import type { KernelWarning } from './environment.js';
import { Kernel, type BootOptions } from './kernel.js';
import { KernelPanic } from './panic.js';

let kernel: Kernel;
beforeAll(async () => {
  kernel = await Kernel.load({ bytes: tinyKernel() });
});

const environment = { name: 'tiny', clock: { nowNs: 5 }, entropy: { fill: () => undefined } };
const boot = (options: Partial<BootOptions> = {}) => kernel.boot({ ...environment, ...options });

function panicOf(call: () => void): KernelPanic {
  try {
    call();
  } catch (error) {
    if (error instanceof KernelPanic) return error;
    throw error;
  }
  throw new Error('it did not die');
}

describe('death', () => {
  test('a trap ends the kernel: every later call is refused with the same error', () => {
    const instance = boot();
    const panic = panicOf(() => instance.timer());
    expect(panic).toMatchObject({
      code: 'ERR_LIBOS_KERNEL_PANIC',
      reason: 'trap',
      host: 'tiny',
      timeNs: 5,
      cause: expect.any(WebAssembly.RuntimeError) as unknown,
    });
    expect(panic.message).toBe('the kernel of tiny trapped: unreachable');
    expect(panic.kernelStack.length).toBeGreaterThan(0);
    expect(panic.stack).toMatch(/kernel\.wasm:0x[0-9a-f]+/);
    expect(instance.death).toBe(panic);
    expect(instance.timerNs).toBe(Infinity);
    for (const call of [
      () => instance.run(),
      () => instance.syscall(0, 0),
      () => instance.rx(0),
      () => void instance.snapshot(),
    ]) {
      expect(panicOf(call)).toBe(panic);
    }
  });

  test('a BUG has the kernel’s message, its stack and the end of its log', () => {
    const instance = boot();
    instance.reseed();
    const panic = panicOf(() => instance.run());
    expect(panic).toMatchObject({ reason: 'BUG', kernelMessage: tinyText });
    expect(panic.console).toEqual([{ level: 4, timeNs: 5, text: tinyText }]);
    expect(panic.kernelStack.length).toBeGreaterThan(0);
  });

  test('a neighbour lives on, and the stack depth of others is what it was', () => {
    const [dead, alive] = [boot(), boot()];
    const limit = Error.stackTraceLimit;
    expect(() => dead.timer()).toThrow(KernelPanic);
    expect(Error.stackTraceLimit).toBe(limit);
    expect(alive.syscall(0, 0)).toBe(0);
  });

  test('who is told of a death is told before the call throws, and of a kill not at all', () => {
    const deaths: KernelPanic[] = [];
    const [dying, killed] = [boot(), boot()];
    for (const instance of [dying, killed]) instance.onDeath = (death) => deaths.push(death);
    expect(() => dying.timer()).toThrow(KernelPanic);
    expect(deaths).toEqual([dying.death]);
    const panic = killed.kill('the plug was pulled');
    expect(panic).toMatchObject({ reason: 'crash', host: 'tiny' });
    expect(panic.message).toBe('the kernel of tiny is gone: the plug was pulled');
    expect(panicOf(() => killed.run())).toBe(panic);
    expect(killed.timerNs).toBe(Infinity);
    expect(dying.kill('again')).toBe(dying.death);
    expect(deaths).toHaveLength(1);
  });

  test('an image from before brings it back', () => {
    const instance = boot();
    const image = instance.snapshot();
    expect(() => instance.timer()).toThrow(KernelPanic);
    instance.restore(image);
    expect(instance.death).toBeUndefined();
    expect(instance.syscall(0, 0)).toBe(0);
  });
});

describe('warnings and log', () => {
  test('a WARN is an event with a stack, and the kernel goes on', () => {
    const warnings: KernelWarning[] = [];
    const instance = boot({ onWarning: (warning) => warnings.push(warning) });
    instance.reseed();
    expect(warnings).toMatchObject([{ message: tinyText, timeNs: 5 }]);
    expect(warnings[0]?.stack).toMatch(/kernel\.wasm:0x/);
    expect(instance.syscall(0, 0)).toBe(0);
  });

  test('what a callback throws comes out of the call and harms nothing', () => {
    const instance = boot({
      console: () => {
        throw new Error('no room');
      },
    });
    expect(() => instance.reseed()).toThrow('no room');
    expect(instance.death).toBeUndefined();
    expect(instance.syscall(0, 0)).toBe(0);
  });

  test('a call from inside a call is our bug, named as such', () => {
    let instance = boot();
    instance = boot({ console: () => void instance.syscall(0, 0) });
    expect(() => instance.reseed()).toThrow('tiny: a call into the kernel from inside a call');
    expect(instance.death).toBeUndefined();
  });
});

describe('threads and memory', () => {
  test('the end of a thread unwinds to its start, stack pointer included', () => {
    // The tiny kernel gives the stack pointer back, which its thread had set to 16.
    expect(boot().signalTake(1)).toBe(1024);
  });

  test('views are good after growth', () => {
    const instance = boot();
    const before = instance.memory.bytes;
    const sizeBytes = before.length;
    instance.unwatch(1);
    expect(before.length).toBe(0);
    expect(instance.memory.bytes.length).toBe(sizeBytes + 65_536);
    expect(instance.memory.u32.length * 4).toBe(instance.memory.bytes.length);
    expect(instance.memory.view.byteLength).toBe(instance.memory.bytes.length);
  });

  test('restore and clone give every byte back, pages that were zero included', () => {
    const instance = boot();
    const pattern = instance.memory.bytes.slice();
    const image = instance.snapshot();
    instance.free(0x2_0000);
    instance.free(64);
    instance.unwatch(2);
    instance.free(instance.memory.bytes.length - 4);
    const later = instance.snapshot();
    const clone = kernel.clone(later, environment);
    expect(Buffer.compare(clone.memory.bytes, instance.memory.bytes)).toBe(0);
    instance.restore(image);
    const { bytes } = instance.memory;
    expect(Buffer.compare(bytes.subarray(0, pattern.length), pattern)).toBe(0);
    expect(bytes.subarray(pattern.length).every((byte) => byte === 0)).toBe(true);
  });

  test('an image of a kernel with another limit is refused', () => {
    const image = boot({ memoryMax: '32 MiB' }).snapshot();
    expect(() => boot().restore(image)).toThrow('a memory limit of 33554432 bytes');
  });
});
