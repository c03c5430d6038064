// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { CaptureFile } from '../../link/capture-file.js';
import { MemorySink } from '../../link/index.js';
import { readCapture } from './capture-reader.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(bytes: Uint8Array): ReturnType<typeof readCapture> {
  const path = join(folder, 'capture');
  writeFileSync(path, bytes);
  return readCapture(path);
}

const frame = Uint8Array.from({ length: 61 }, (_, i) => i);

function pcap(little: boolean, magic: number, linkType = 1): Uint8Array {
  const view = new DataView(new ArrayBuffer(24 + 16 + frame.length));
  view.setUint32(0, magic, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, 65_535, little);
  view.setUint32(20, linkType, little);
  view.setUint32(24, 3, little);
  view.setUint32(28, 7, little);
  view.setUint32(32, frame.length, little);
  view.setUint32(36, frame.length, little);
  const bytes = new Uint8Array(view.buffer);
  bytes.set(frame, 40);
  return bytes;
}

function pcapng(): Uint8Array {
  const sink = new MemorySink();
  const file = new CaptureFile(sink, { epochMs: 5000 });
  file.addInterface('a', 0);
  file.writeFrame(0, 'in', 123, frame);
  file.writeFrame(0, 'out', 456, frame.subarray(0, 20));
  file.close();
  return sink.bytes;
}

/** The second block's length is not one. */
function wrongBlock(): Uint8Array {
  const bytes = pcapng();
  const section = new DataView(bytes.buffer).getUint32(4, true);
  return bytes.fill(0xff, section + 4, section + 8);
}

describe('a capture', () => {
  test.each([
    ['pcap', pcap(true, 0xa1b2c3d4), 3e9 + 7000],
    ['pcap of the other byte order', pcap(false, 0xa1b2c3d4), 3e9 + 7000],
    ['pcap in ns', pcap(true, 0xa1b23c4d), 3e9 + 7],
  ])('as %s gives its frames', (_name, bytes, timeNs) => {
    expect(read(bytes)).toEqual([{ timeNs, bytes: frame }]);
  });

  test('as pcapng gives its frames with their times', () => {
    expect(read(pcapng())).toEqual([
      { timeNs: 5e9 + 123, bytes: frame },
      { timeNs: 5e9 + 456, bytes: frame.subarray(0, 20) },
    ]);
  });

  test.each([
    ['of nothing', new Uint8Array(0), /too short/],
    ['that is none', new Uint8Array(100), /neither pcap nor pcapng/],
    ['of wireless frames', pcap(true, 0xa1b2c3d4, 105), /link type 105, and only Ethernet/],
    ['that is cut off', pcap(true, 0xa1b2c3d4).subarray(0, 60), /the frame at byte 40 is cut off/],
    ['with a wrong block', wrongBlock(), /the block at byte \d+ .* has a wrong length/],
  ])('%s is refused', (_name, bytes, expected) => {
    expect(() => read(bytes)).toThrow(expected);
  });

  test('with any bytes changed gives frames or an error that is no accident', () => {
    const files = [pcap(true, 0xa1b2c3d4), pcap(false, 0xa1b23c4d), pcapng()];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(300),
        (file, changes, length) => {
          const bytes = file.slice(0, length);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            for (const { bytes: got } of read(bytes)) expect(got.length).toBeLessThan(400);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect(error).not.toBeInstanceOf(RangeError);
            expect(error).not.toBeInstanceOf(TypeError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
