// SPDX-License-Identifier: GPL-2.0-only

/** The host interface as a C header, for the arch port and for whoever hosts its native form. */
import type { AbiType, Call, Structure } from './host-interface.js';
import { ABI_VERSION, constants, exports, imports, structures } from './host-interface.js';
import { layoutOf } from './layout.js';

const cTypes: Readonly<Record<AbiType, string>> = {
  u32: 'u32',
  i32: 'int',
  long: 'long',
  address: 'unsigned long',
  void: 'void',
};
const lineWidth = 100;

export function emitC(): string {
  return [
    '/* SPDX-License-Identifier: GPL-2.0-only */',
    '/* Generated from kernel/abi/host-interface.ts by `npm run generate`: do not edit. */',
    '#ifndef __ASM_LIB_HOST_INTERFACE_H',
    '#define __ASM_LIB_HOST_INTERFACE_H',
    '#ifdef __KERNEL__',
    '#include <linux/build_bug.h>',
    '#include <linux/types.h>',
    '#else',
    '/* A program that hosts the native form. */',
    '#include <assert.h>',
    '#include <stdint.h>',
    'typedef uint8_t u8;',
    'typedef uint16_t u16;',
    'typedef uint32_t u32;',
    'typedef uint64_t u64;',
    '#endif',
    '',
    `#define LIB_ABI_VERSION ${ABI_VERSION}`,
    ...constants.flatMap(({ prefix, is, values }) => [
      '',
      ...comment(is),
      ...Object.entries(values).map(([name, value]) => `#define ${prefix}${name} ${value}`),
    ]),
    ...structures.flatMap(structure),
    '',
    '#ifdef __wasm__',
    '#define LIB_IMPORT(n) __attribute__((import_module("libos"), import_name(n)))',
    '#define LIB_EXPORT(n) __attribute__((export_name(n)))',
    '#else',
    '#define LIB_IMPORT(n)',
    '#define LIB_EXPORT(n) __attribute__((visibility("default")))',
    '#endif',
    '',
    '/* Imports: what the kernel calls. */',
    ...imports.flatMap((call) => prototype(call, `LIB_IMPORT("${call.name}")`, 'host_')),
    '',
    '/* Exports: what the host calls. */',
    ...exports.flatMap((call) => prototype(call, `LIB_EXPORT("lib_${call.name}")`, 'lib_')),
    '#endif',
    '',
  ].join('\n');
}

function structure(definition: Structure): string[] {
  const { name, is, fields, sizeBytes } = layoutOf(definition);
  return [
    '',
    ...comment(is),
    `struct ${name} {`,
    ...fields.map(
      (field) =>
        `\t${field.type} ${field.name}${field.count === undefined ? '' : `[${field.count}]`};` +
        `\t/* ${ascii(field.is)} */`,
    ),
    '};',
    `static_assert(sizeof(struct ${name}) == ${sizeBytes});`,
  ];
}

function prototype(call: Call, attribute: string, prefix: string): string[] {
  const parameters = call.arguments.map(({ name, type }) => `${cTypes[type]} ${name}`).join(', ');
  const noreturn = call.noreturn ? ' __attribute__((__noreturn__))' : '';
  return [
    '',
    ...comment(`${call.does} When: ${call.when}`),
    attribute,
    `${cTypes[call.result]} ${prefix}${call.name}(${parameters || 'void'})${noreturn};`,
  ];
}

/** A comment, wrapped at the kernel's line width. */
function comment(said: string): string[] {
  const text = ascii(said);
  if (text.length + 6 <= lineWidth) return [`/* ${text} */`];
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line.length + word.length + 4 > lineWidth) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return ['/*', ...lines.map((line) => ` * ${line}`), ' */'];
}

function ascii(text: string): string {
  return text.replaceAll('’', "'");
}
