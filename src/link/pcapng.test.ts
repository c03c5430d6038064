// SPDX-License-Identifier: GPL-2.0-only

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildFrame } from '../../test/helpers/frames.js';
import { linkWorld } from '../../test/helpers/link-world.js';
import { MemoryNic } from '../../test/helpers/memory-nic.js';
import { Engine } from '../dce/engine.js';
import { Capture } from './capture.js';
import {
  blockLengthBytes,
  decodeBlock,
  encodeInterface,
  encodePacket,
  encodeSection,
} from './pcapng.js';
import { Link } from './link.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-pcapng-'));
afterAll(() => rmSync(folder, { recursive: true }));

function tshark(file: string, fields: readonly string[], options: readonly string[] = []) {
  const columns = fields.flatMap((field) => ['-e', field]);
  const output = execFileSync('tshark', ['-r', file, '-T', 'fields', ...columns, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

describe('pcapng', () => {
  test('blocks are padded, and say their length at both ends', () => {
    const written = [encodeSection(), encodeInterface('an odd name', 0, 0)];
    for (let length = 60; length < 64; length++) {
      written.push(encodePacket(0, 'out', 2 ** 40 + length, new Uint8Array(length)));
    }
    for (const block of written) {
      const view = new DataView(block.buffer);
      expect(block.length % 4).toBe(0);
      expect(blockLengthBytes(block)).toBe(block.length);
      expect(view.getUint32(block.length - 4, true)).toBe(block.length);
    }
    expect(decodeBlock(written[0]!)).toEqual({ kind: 'section' });
    expect(decodeBlock(written[1]!)).toEqual({ kind: 'interface' });
    expect(decodeBlock(written[5]!)).toEqual({
      kind: 'packet',
      interfaceNumber: 0,
      timeNs: 2 ** 40 + 63,
    });
  });

  test('tshark reads times, names, directions and finds every checksum right', async () => {
    const file = join(folder, 'wire.pcapng');
    const engine = new Engine(() => Promise.resolve());
    const [a, b] = ['alice.eth0', 'bob.eth0'].map(
      (label) => new MemoryNic(label, () => engine.nowNs),
    );
    const link = new Link(linkWorld(engine), a!, b!, { rate: '8 Gbit/s', delay: '7 ns' });
    const capture = Capture.toFile(file, { epochMs: Date.UTC(2025, 0, 1) });
    capture.add(link);
    for (const ip of [4, 6] as const) {
      for (const protocol of ['tcp', 'udp'] as const) {
        const payload = new Uint8Array(2501).fill(ip);
        const { bytes, offloads } = buildFrame({ ip, protocol, payload, gsoSize: 1000 });
        a!.send(bytes, offloads);
      }
    }
    await engine.run(1e6, () => false);
    capture[Symbol.dispose]();

    const rows = tshark(
      file,
      [
        ...['frame.time_epoch', 'frame.interface_name', 'frame.packet_flags_direction'],
        ...['frame.len', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status'],
      ],
      [
        '-o',
        'ip.check_checksum:TRUE',
        '-o',
        'tcp.check_checksum:TRUE',
        '-o',
        'udp.check_checksum:TRUE',
      ],
    );
    expect(rows.length).toBe(4 * 3 * 2);
    expect(rows[0]!.slice(0, 3)).toEqual(['1735689600.000001054', 'alice.eth0', '0x00000002']);
    expect(rows[1]!.slice(0, 3)).toEqual(['1735689600.000001061', 'bob.eth0', '0x00000001']);
    expect(rows[0]![3]).toBe('1054');
    // 1 is tshark's "good"; a protocol that is not there has none.
    const statuses = rows.flatMap((row) => row.slice(4).filter((status) => status !== ''));
    expect(new Set(statuses)).toEqual(new Set(['1']));
    expect(statuses.length).toBe(rows.length * 1.5);
  });
});
