// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from 'node:child_process';

/** What Wireshark sees in a capture: fields of the frames that the filter lets through, checksums checked. */
export function tshark(file: string, fields: readonly string[], filter = ''): string[][] {
  const columns = fields.flatMap((field) => ['-e', field]);
  const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
  return execFileSync('tshark', ['-r', file, '-Y', filter, '-T', 'fields', ...columns, ...checks], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}
