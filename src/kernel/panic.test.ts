// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { kernelFrames, trapMessage } from './panic.js';

test('kernel frames are taken out of the engine’s stack, with and without names', () => {
  const stack = [
    'RuntimeError: unreachable',
    '    at tcp_v4_rcv (wasm://wasm/0a1b2c3d:wasm-function[1234]:0xabcd)',
    '    at vmlinux.wasm.ip_rcv (wasm://wasm/vmlinux.wasm-0a1b2c3d:wasm-function[77]:0x10)',
    '    at wasm://wasm/0a1b2c3d:wasm-function[5]:0x99',
    '    at KernelInstance.run (file:///somewhere/instance.js:1:2)',
  ].join('\n');
  expect(kernelFrames(stack)).toEqual([
    { function: 'tcp_v4_rcv', offset: 0xabcd },
    { function: 'ip_rcv', offset: 0x10 },
    { function: 'wasm-function[5]', offset: 0x99 },
  ]);
});

test('a call through a bad pointer says so, and who stands in for the function table is not shown', () => {
  const error = new WebAssembly.RuntimeError('unreachable');
  const at = (name: string): string => `    at ${name} (wasm://wasm/0a:wasm-function[9]:0x1)`;
  const stack = (names: readonly string[]): string => ['RuntimeError', ...names.map(at)].join('\n');
  error.stack = stack(['call_indirect_ii_i', 'ip_rcv']);
  expect(trapMessage(error)).toMatch(/pointer .* signature/);
  expect(kernelFrames(error.stack).map((frame) => frame.function)).toEqual(['ip_rcv']);
  error.stack = stack(['ip_rcv', 'call_indirect_ii_i', 'netif_receive_skb']);
  expect(trapMessage(error)).toBe('unreachable');
  expect(kernelFrames(error.stack)).toHaveLength(2);
});
