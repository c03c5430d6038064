// SPDX-License-Identifier: GPL-2.0-only

/** The host interface as TypeScript, for src/kernel: types of the calls, offsets, constants. */
import type { AbiType, Call, Constants, Structure } from './host-interface.js';
import { ABI_VERSION, constants, exports, imports, structures } from './host-interface.js';
import { layoutOf } from './layout.js';

const tsTypes: Readonly<Record<AbiType, string>> = {
  u32: 'number',
  i32: 'number',
  long: 'number',
  address: 'number',
  void: 'void',
};

export function emitTypeScript(): string {
  return [
    '// SPDX-License-Identifier: GPL-2.0-only',
    '',
    '// Generated from kernel/abi/host-interface.ts by `npm run generate`: do not edit.',
    '',
    `export const ABI_VERSION = ${ABI_VERSION};`,
    '',
    '/** What the kernel calls, as the module’s imports from "libos". Addresses arrive as signed numbers. */',
    'export interface KernelImports {',
    ...imports.flatMap((call) => method(call, '')),
    '}',
    '',
    '/** What the host calls, as the module exports it. */',
    'export interface KernelExports {',
    ...exports.flatMap((call) => method(call, 'lib_')),
    '}',
    '',
    ...listOfNames('kernelImportNames', imports, ''),
    ...listOfNames('kernelExportNames', exports, 'lib_'),
    ...structures.flatMap(offsets),
    ...constants.flatMap(constantsObject),
  ].join('\n');
}

function method(call: Call, prefix: string): string[] {
  const parameters = call.arguments.map(({ name, type }) => `${camel(name)}: ${tsTypes[type]}`);
  const result = call.noreturn ? 'never' : tsTypes[call.result];
  return [
    `  /** ${call.does} When: ${call.when} */`,
    `  ${prefix}${call.name}(${parameters.join(', ')}): ${result};`,
  ];
}

function listOfNames(name: string, calls: readonly Call[], prefix: string): string[] {
  return [
    `export const ${name} = [`,
    ...calls.map((call) => `  '${prefix}${call.name}',`),
    '] as const;',
    '',
  ];
}

function offsets(definition: Structure): string[] {
  const { name, is, fields, sizeBytes } = layoutOf(definition);
  return [
    `/** ${is} Offsets of its fields, in bytes. */`,
    `export const ${camel(`_${name}`)} = {`,
    `  sizeBytes: ${sizeBytes},`,
    ...fields.flatMap((field) => {
      const count = field.count === undefined ? '' : `${field.count} × `;
      return [
        `  /** ${count}${field.type}: ${field.is} */`,
        `  ${camel(field.name)}: ${field.offsetBytes},`,
      ];
    }),
    '} as const;',
    '',
  ];
}

function constantsObject({ prefix, is, values }: Constants): string[] {
  return [
    `/** ${is} */`,
    `export const ${prefix.replace(/_$/, '')} = {`,
    ...Object.entries(values).map(([key, value]) => `  ${key}: ${value},`),
    '} as const;',
    '',
  ];
}

/** snake_case to camelCase; a leading underscore makes it PascalCase. */
function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
