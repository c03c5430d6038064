// SPDX-License-Identifier: GPL-2.0-only

/** What the shim and the launcher share with the broker, as a C header. */
import {
  HEADER_BYTES,
  kinds,
  PAYLOAD_BYTES_MAX,
  PROTOCOL_MAGIC,
  PROTOCOL_VERSION,
} from '../broker/protocol.js';
import { patterns } from '../files/patterns.js';
import { compileFilter, probe, trustedPage } from './filter.js';
import type { Architecture } from './table.js';

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

export function emitC(): string {
  return [
    '/* SPDX-License-Identifier: GPL-2.0-only */',
    '/* Generated from src/nuse by `npm run generate`: do not edit. */',
    '#ifndef LIBOS_INTERFACE_H',
    '#define LIBOS_INTERFACE_H',
    '#include <linux/filter.h>',
    '',
    '/* The control socket: src/nuse/broker/protocol.ts. */',
    `#define LIBOS_PROTOCOL_VERSION ${PROTOCOL_VERSION}`,
    `#define LIBOS_PROTOCOL_MAGIC ${hex(PROTOCOL_MAGIC)}u`,
    `#define LIBOS_HEADER_BYTES ${HEADER_BYTES}`,
    `#define LIBOS_PAYLOAD_BYTES_MAX ${PAYLOAD_BYTES_MAX}`,
    ...Object.entries(kinds).map(([name, value]) => `#define LIBOS_${name} ${value}`),
    '',
    '/* The filter: src/nuse/calls/filter.ts. */',
    `#define LIBOS_TRUSTED_PAGE 0x${trustedPage.address.toString(16)}ul`,
    `#define LIBOS_TRUSTED_PAGE_BYTES ${trustedPage.sizeBytes}`,
    `#define LIBOS_PROBE_FAMILY ${hex(probe.family)}`,
    `#define LIBOS_PROBE_ERRNO ${probe.errno}`,
    '',
    '#ifdef LIBOS_WANT_FILTER',
    'static const struct sock_filter libos_filter[] = {',
    '#if defined(__x86_64__)',
    ...filterRows('x86_64'),
    '#elif defined(__aarch64__)',
    ...filterRows('aarch64'),
    '#else',
    '#error "libos knows the system calls of x86-64 and arm64 only"',
    '#endif',
    '};',
    '#endif',
    '',
    '#ifdef LIBOS_WANT_PATTERNS',
    "/* Paths of the library's host, `*` is any one component: src/nuse/files/patterns.ts. */",
    'static const char *const libos_patterns[] = {',
    ...patterns.map((pattern) => `\t"${pattern}",`),
    '};',
    '#endif',
    '#endif',
    '',
  ].join('\n');
}

function filterRows(architecture: Architecture): string[] {
  return compileFilter(architecture, 'nuse').map(
    ({ code, jumpTrue, jumpFalse, k }) =>
      `\t{ ${code.toString().padStart(2)}, ${jumpTrue}, ${jumpFalse}, ${hex(k)} },`,
  );
}
