// SPDX-License-Identifier: GPL-2.0-only

/**
 * A module with a kernel's interface and a few instructions in it: enough to see how the host treats traps,
 * deaths, warnings, unwound threads and growing memory. It does not pretend to be Linux.
 */
import { exports, imports, type AbiType, type Call } from '../../kernel/abi/host-interface.js';
import { ABI_VERSION } from '../../src/kernel/abi.generated.js';

export const tinyText = 'something broke';
/** Where lib_shared and the text lie. */
export const tinyShared = 4096;
const textAt = 64;

const i32 = 0x7f;
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
const sleb = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...sleb(value >> 7)];
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...leb(items.length),
  ...items.flat(),
];
const named = (text: string): number[] => vector(bytesOf(text).map((byte) => [byte]));
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...leb(content.length),
  ...content,
];
const constant = (value: number): number[] => [0x41, ...sleb(value)];
const call = (name: string): number[] => [
  0x10,
  ...leb(imports.findIndex((each) => each.name === name)),
];
const isValue = (type: AbiType): boolean => type !== 'void';
const type = ({ arguments: parameters, result }: Call): number[] => [
  0x60,
  ...vector(parameters.map(() => [i32])),
  ...vector(isValue(result) ? [[i32]] : []),
];

/** What the exports do; the others do nothing and return 0. */
const bodies: Readonly<Record<string, readonly number[]>> = {
  shared: constant(tinyShared),
  timer: [0x00], // unreachable
  run: [...constant(1), ...constant(textAt), ...constant(tinyText.length), ...call('die')],
  reseed: [
    ...[...constant(textAt), ...constant(tinyText.length), ...call('warn')],
    ...[...constant(4), ...constant(textAt), ...constant(tinyText.length), ...call('log')],
  ],
  // Moves the stack pointer and runs a thread, which ends by unwinding.
  signal_take: [0x20, 0, ...call('thread'), 0x23, 0],
  thread_run: [...constant(16), 0x24, 0, ...call('thread_exit')],
  // memory.grow
  unwatch: [0x20, 0, 0x40, 0, 0x1a, ...constant(0)],
  // Writes where the argument says.
  free: [0x20, 0, ...constant(0x5a), 0x36, 2, 0],
};

export interface TinyOptions {
  readonly manifest?: Record<string, unknown> | string | undefined;
  readonly withoutManifest?: boolean;
  readonly extraImport?: string;
  readonly leaveOut?: string;
  /** The interface version that the image says. */
  readonly imageAbi?: number;
}

export function tinyKernel(options: TinyOptions = {}): Uint8Array {
  const calls = [...imports, ...exports];
  const importsOf = [
    ...imports.map(({ name }, index) => [...named('libos'), ...named(name), 0, ...leb(index)]),
    [...named('env'), ...named('memory'), 2, 0, 1],
    // A table, so that it shifts no function and no global.
    ...(options.extraImport === undefined
      ? []
      : [[...named('env'), ...named(options.extraImport), 1, 0x70, 0, 0]]),
  ];
  const exported = exports
    .map(({ name }, index) => [...named(`lib_${name}`), 0, ...leb(imports.length + index)])
    .filter((_, index) => `lib_${exports[index]!.name}` !== options.leaveOut);
  const code = exports.map(({ name, result }) => {
    const body = [0, ...(bodies[name] ?? (isValue(result) ? constant(0) : [])), 0x0b];
    return [...leb(body.length), ...body];
  });
  const data = [
    [0, ...constant(textAt), 0x0b, ...named(tinyText)],
    [
      0,
      ...constant(tinyShared),
      0x0b,
      ...vector([[options.imageAbi ?? ABI_VERSION], [0], [0], [0]]),
    ],
  ];
  const manifest =
    typeof options.manifest === 'string'
      ? options.manifest
      : JSON.stringify({
          abi: ABI_VERSION,
          linux: '6.12.0',
          profile: 'tiny',
          form: 'wasm32',
          key: '0',
          memoryInitialPages: 1,
          ...options.manifest,
        });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(calls.map(type))),
    ...section(2, vector(importsOf)),
    ...section(3, vector(exports.map((_, index) => leb(imports.length + index)))),
    ...section(6, vector([[i32, 1, ...constant(1024), 0x0b]])),
    ...section(7, vector([...exported, [...named('__stack_pointer'), 3, 0]])),
    ...section(10, vector(code)),
    ...section(11, vector(data)),
    ...(options.withoutManifest === true
      ? []
      : section(0, [...named('libos'), ...bytesOf(manifest)])),
  ]);
}
