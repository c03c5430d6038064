// SPDX-License-Identifier: GPL-2.0-only

import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { giveHeadStart, parseCommandFile } from './head-start.js';
import { filesBelow } from './overlay.js';

const command = `savedcmd_net/ipv4/tcp.o := clang-22 -I../include -c -o net/ipv4/tcp.o ../net/ipv4/tcp.c

source_net/ipv4/tcp.o := ../net/ipv4/tcp.c

deps_net/ipv4/tcp.o := \\
    $(wildcard include/config/TCP_MD5SIG) \\
  ../include/linux/tcp.h \\
  ./include/generated/autoconf.h \\

net/ipv4/tcp.o: $(deps_net/ipv4/tcp.o)
`;

test("Kbuild's record of a target names its sources", () => {
  expect(parseCommandFile('net/ipv4/.tcp.o.cmd', command)).toEqual({
    target: 'net/ipv4/tcp.o',
    sources: ['net/ipv4/tcp.c', 'include/linux/tcp.h'],
  });
});

describe('a head start', () => {
  let folder: string;
  let overlay: string;
  let donor: string;
  const at = (top: string, path: string): string => join(top, path);

  function write(top: string, files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(at(top, path)), { recursive: true });
      writeFileSync(at(top, path), text);
    }
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'libos-head-start-'));
    overlay = join(folder, 'overlay');
    donor = join(folder, 'donor');
    const source = {
      'net/ipv4/tcp.c': 'tcp',
      'net/ipv4/udp.c': 'udp',
      'net/ipv4/Makefile': 'obj-y',
      'include/linux/tcp.h': 'h',
      'scripts/make.sh': 'sh',
      'arch/lib/Kconfig': '',
    };
    write(overlay, source);
    write(donor, source);
    write(donor, {
      'objects/.config': 'config',
      'objects/libos.configured': 'stamp',
      'objects/net/ipv4/tcp.o': 'o',
      'objects/net/ipv4/udp.o': 'o',
      'objects/net/ipv4/.tcp.o.cmd': command,
      'objects/net/ipv4/.udp.o.cmd': 'source_net/ipv4/udp.o := ../net/ipv4/udp.c\n',
    });
    symlinkSync('..', join(donor, 'objects/source'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const objects = (): string[] =>
    filesBelow(join(overlay, 'objects')).filter((name) => name.endsWith('.o'));

  test('takes everything over from a build of the same sources, newer than them', async () => {
    expect(await giveHeadStart(overlay, donor)).toBe(true);
    expect(filesBelow(join(overlay, 'objects'))).toEqual([
      '.config',
      'net/ipv4/.tcp.o.cmd',
      'net/ipv4/.udp.o.cmd',
      'net/ipv4/tcp.o',
      'net/ipv4/udp.o',
    ]);
    const times = filesBelow(join(overlay, 'objects')).map(
      (name) => statSync(join(overlay, 'objects', name)).mtimeMs,
    );
    expect(new Set(times).size).toBe(1);
    expect(times[0]).toBeGreaterThan(statSync(join(overlay, 'net/ipv4/tcp.c')).mtimeMs);
  });

  test.each(['net/ipv4/tcp.c', 'include/linux/tcp.h'])(
    'leaves behind what a change of %s concerns, whatever its time',
    async (path) => {
      write(overlay, { [path]: 'changed' });
      utimesSync(at(overlay, path), new Date(0), new Date(0));
      expect(await giveHeadStart(overlay, donor)).toBe(true);
      expect(objects()).toEqual(['net/ipv4/udp.o']);
    },
  );

  test('leaves behind what was made of a file that is gone', async () => {
    rmSync(at(overlay, 'net/ipv4/udp.c'));
    expect(await giveHeadStart(overlay, donor)).toBe(true);
    expect(objects()).toEqual(['net/ipv4/tcp.o']);
  });

  test('leaves changed makefiles and new files to make', async () => {
    write(overlay, { 'net/ipv4/Makefile': 'obj-y += more', 'net/ipv4/new.c': 'new' });
    expect(await giveHeadStart(overlay, donor)).toBe(true);
    expect(objects()).toEqual(['net/ipv4/tcp.o', 'net/ipv4/udp.o']);
  });

  test('is not given when a script differs, whose effects nobody records', async () => {
    write(overlay, { 'scripts/make.sh': 'other' });
    expect(await giveHeadStart(overlay, donor)).toBe(false);
    expect(filesBelow(join(overlay, 'objects'))).toEqual([]);
  });
});
