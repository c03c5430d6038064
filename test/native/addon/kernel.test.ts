// SPDX-License-Identifier: GPL-2.0-only

/** Native kernels in the addon: boot, two hosts of one process, death, memory. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SeededEntropy, SimulatedClock } from '../../../src/host/index.js';
import { KernelPanic, type BootOptions, type ConsoleRecord } from '../../../src/kernel/index.js';
import type { NativeInstance } from '../../../src/native/index.js';
import { AF_INET, NR, SOCK_STREAM } from '../../../src/posix/index.js';
import { loadNativeKernel } from '../../helpers/virtual-host.js';
import { addresses, nativePair, type NativePair } from './pair.js';

const port = 5000;

function boot(options: Partial<BootOptions> = {}): NativeInstance {
  return loadNativeKernel().boot({
    name: 'alone',
    clock: new SimulatedClock(1),
    entropy: SeededEntropy.fromSeed(1),
    ...options,
  });
}

/** Sends bytes from the first host to the second over TCP; gives what arrived. */
async function stream(pair: NativePair, bytes: Uint8Array): Promise<Uint8Array> {
  const { hosts } = pair;
  const [sender, receiver] = [hosts[0].posix.spawn(), hosts[1].posix.spawn()];
  const listener = receiver.socket(AF_INET, SOCK_STREAM);
  receiver.bind(listener, { family: AF_INET, address: '0.0.0.0', port });
  receiver.listen(listener);
  const sent = (async () => {
    const socket = sender.socket(AF_INET, SOCK_STREAM);
    await sender.connectAsync(socket, { family: AF_INET, address: addresses[1], port });
    await sender.writeAsync(socket, bytes);
    sender.close(socket);
  })();
  const received = (async () => {
    const { fd } = await receiver.acceptAsync(listener);
    const chunks: Uint8Array[] = [];
    while (true) {
      const buffer = new Uint8Array(65_536);
      const length = await receiver.readAsync(fd, buffer);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, length));
    }
  })();
  const [, result] = await pair.until(Promise.all([sent, received]));
  sender.exit();
  receiver.exit();
  return result;
}

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Resident memory of this process in bytes. */
function residentBytes(): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
}

describe('a native kernel in the addon', () => {
  test('boots, and lies below 4 GiB', () => {
    const log: ConsoleRecord[] = [];
    using kernel = boot({ console: (record) => void log.push(record), cmdline: 'of=test' });
    expect(log[0]!.text).toMatch(/^Linux version 6\.12\./);
    expect(log.map(({ text }) => text).join('\n')).toMatch(/^Kernel command line: .*of=test$/m);
    expect(kernel.memory.base).toBeGreaterThan(0);
    expect(kernel.memory.base + kernel.memory.sizeBytes).toBeLessThanOrEqual(2 ** 32);
    expect(kernel.memory.sizeBytes).toBe(256 * 2 ** 20);
    const address = kernel.alloc(1000);
    const at = address - kernel.memory.base;
    expect(kernel.memory.bytes.subarray(at, at + 1000)).toEqual(new Uint8Array(1000));
    kernel.free(address);
  });

  test('does the same with the same seed', () => {
    const random = (seed: number): string => {
      using kernel = boot({ entropy: SeededEntropy.fromSeed(seed) });
      const buffer = kernel.alloc(32);
      const task = kernel.processCreate(0, 0);
      expect(kernel.syscall(task, NR.getrandom, buffer, 32, 0)).toBe(32);
      const at = buffer - kernel.memory.base;
      return Buffer.from(kernel.memory.bytes.subarray(at, at + 32)).toString('hex');
    };
    expect(random(1)).toBe(random(1));
    expect(random(1)).not.toBe(random(2));
  });

  test('two of them speak TCP over a link, and the same bytes arrive', async () => {
    using pair = await nativePair({ delay: '1 ms', rate: '100 Mbit/s' });
    const bytes = new Uint8Array(2_000_000);
    SeededEntropy.fromSeed(7).fill(bytes);
    const startNs = pair.engine.nowNs;
    expect(sum(await stream(pair, bytes))).toBe(sum(bytes));
    // 2 MB at 100 Mbit/s take 160 ms.
    expect(pair.engine.nowNs - startNs).toBeGreaterThan(160e6);
    expect(pair.engine.nowNs - startNs).toBeLessThan(1e9);
  });

  test('a transfer takes the same virtual time in every run', async () => {
    const once = async (): Promise<number> => {
      using pair = await nativePair({ delay: '3 ms', loss: 0.01 }, 5);
      await stream(pair, new Uint8Array(500_000));
      return pair.engine.nowNs;
    };
    expect(await once()).toBe(await once());
  });

  test('one that panics rejects what waits in it, and leaves the other alive', async () => {
    using pair = await nativePair();
    const [a, b] = pair.hosts;
    const waiting = a.posix.spawn();
    const listener = waiting.socket(AF_INET, SOCK_STREAM);
    waiting.listen(listener);
    const accepted = waiting.acceptAsync(listener);
    accepted.catch(() => undefined);
    const rebooting = a.posix.spawn();
    const died = ((): unknown => {
      try {
        return rebooting.syscall(NR.reboot, 0xfee1dead, 672274793, 0x1234567);
      } catch (error) {
        return error;
      }
    })();
    expect(died).toBeInstanceOf(KernelPanic);
    const panic = died as KernelPanic;
    expect(panic).toMatchObject({
      reason: 'panic',
      kernelMessage: 'restart requested',
      host: 'a',
    });
    const names = panic.kernelStack.map((frame) => frame.function);
    expect(names.slice(0, 3)).toEqual(['lib_die', 'machine_restart', '__lib_sys_reboot']);
    expect(names.at(-1)).toBe('lib_syscall');
    expect(() => a.posix.readFile('/proc/uptime')).toThrow(panic);
    await expect(pair.until(accepted)).rejects.toBe(panic);
    expect(b.posix.readFile('/proc/sys/kernel/ostype')).toBe('Linux\n');
    await pair.run(5e9);
    expect(b.kernel.death).toBeUndefined();
  });

  test('a fault of its code ends it, not the process', () => {
    using kernel = boot({ name: 'bad pointer' });
    const task = kernel.processCreate(0, 0);
    expect(kernel.syscall(task, NR.getpid)).toBeGreaterThan(0);
    expect(() => kernel.processExit(64, 0)).toThrow(/trapped: signal 11 \(SEGV\)/);
    expect(kernel.death?.reason).toBe('trap');
    using other = boot();
    expect(other.booted).toBe(true);
  });

  test('gives its memory back when it is closed, however often one is booted', () => {
    boot().close();
    const before = residentBytes();
    // Together they would need more address space than there is below 4 GiB.
    for (let i = 0; i < 20; i++) {
      const kernel = boot({ memoryMax: '512 MiB' });
      kernel.close();
      expect(() => kernel.run()).toThrow(/is gone: it was closed/);
    }
    expect(residentBytes() - before).toBeLessThan(20 * 2 ** 20);
    const mapped = readFileSync('/proc/self/maps', 'utf8').split('\n');
    expect(mapped.filter((line) => line.includes('kernel.so'))).toEqual([]);
    expect(mapped.filter((line) => line.includes('libos-kernel'))).toEqual([]);
  });

  test('many are there at once, each with a region of its own', () => {
    const kernels = Array.from({ length: 6 }, () => boot({ memoryMax: '32 MiB' }));
    const bases = new Set(kernels.map((kernel) => kernel.memory.base));
    expect(bases.size).toBe(6);
    for (const kernel of kernels) expect(kernel.death).toBeUndefined();
    for (const kernel of kernels) kernel.close();
  });

  test('too little memory and a wrong kernel are errors that say what to do', () => {
    expect(() => boot({ memoryMax: '4 MiB' })).toThrow(/needs from 8388608/);
    expect(() => boot({ memoryMax: '1 GiB' })).toThrow(/needs from 8388608/);
  });
});
