// SPDX-License-Identifier: GPL-2.0-only

/** Captures of a simulation, as tshark reads them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Simulation } from '../../../src/dce/index.js';
import { tshark } from '../../helpers/tshark.js';
import { bottleneck } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-captures-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

describe('capture', () => {
  beforeAll(async () => {
    const sim = new Simulation();
    const { client, links } = bottleneck(sim);
    const captures = [
      sim.capture({ file: path('all.pcapng') }),
      sim.capture({ directory: path('each') }),
      sim.capture({ file: path('bob.pcapng'), hosts: ['bob'], snapLength: '96 B' }),
      sim.capture({ file: path('wide.pcapng'), links: [links[0]] }),
    ];
    const short = sim.capture({ file: path('short.pcapng') });
    await sim.run('200 ms');
    short[Symbol.dispose]();
    await sim.runUntil(client);
    for (const capture of captures) capture[Symbol.dispose]();
  });

  test('has all interfaces by name, nanoseconds, MTU-sized frames and good checksums', () => {
    const fields = ['frame.interface_name', 'frame.time_epoch', 'frame.len', 'tcp.checksum.status'];
    const rows = tshark(path('all.pcapng'), fields, 'tcp');
    expect(new Set(rows.map(([name]) => name))).toEqual(
      new Set(['alice.eth0', 'router.eth0', 'router.eth1', 'bob.eth0']),
    );
    expect(Math.max(...rows.map(([, , length]) => Number(length)))).toBe(1514);
    expect(new Set(rows.map((row) => row[3]))).toEqual(new Set(['1']));
    expect(rows[0]![1]).toMatch(/^1735689600\.01\d{7}$/);
    const times = rows.map(([, time]) => time!);
    expect(times).toEqual([...times].sort());
  });

  test('in a directory has a file for each interface, that agree with the one of all', () => {
    const names = ['alice.eth0', 'bob.eth0', 'router.eth0', 'router.eth1'];
    expect(readdirSync(path('each')).sort()).toEqual(names.map((name) => `${name}.pcapng`));
    for (const name of names.slice(1, 3)) {
      const fields = ['frame.time_epoch', 'frame.len', 'ip.id', 'tcp.seq_raw'];
      const own = tshark(path(`each/${name}.pcapng`), fields);
      expect(own).toEqual(tshark(path('all.pcapng'), fields, `frame.interface_name == "${name}"`));
    }
  });

  test('can be of some hosts or links, and of the beginning of frames', () => {
    const rows = tshark(path('bob.pcapng'), ['frame.interface_name', 'frame.cap_len', 'frame.len']);
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(['bob.eth0']));
    expect(Math.max(...rows.map(([, kept]) => Number(kept)))).toBe(96);
    expect(Math.max(...rows.map(([, , length]) => Number(length)))).toBe(1514);
    const wide = tshark(path('wide.pcapng'), ['frame.interface_name']);
    expect(new Set(wide.flat())).toEqual(new Set(['alice.eth0', 'router.eth0']));
  });

  test('ends when it is disposed of', () => {
    const all = readFileSync(path('all.pcapng'));
    const short = readFileSync(path('short.pcapng'));
    expect(short.length).toBeLessThan(all.length / 2);
    expect(Buffer.compare(short, all.subarray(0, short.length))).toBe(0);
  });

  test('is of links and hosts that come later, too', async () => {
    const sim = new Simulation();
    using capture = sim.capture({ file: path('later.pcapng') });
    const [alice, bob] = sim.hosts('alice', 'bob');
    sim.connect(alice, bob);
    await sim.run('1 ms');
    const carol = sim.host('carol');
    sim.connect(bob, carol);
    const ping = alice.run((os) => os.ping('carol'), { name: 'ping' });
    await sim.runUntil(ping);
    capture[Symbol.dispose]();
    const names = tshark(path('later.pcapng'), ['frame.interface_name'], 'icmp').flat();
    expect(new Set(names)).toEqual(new Set(['alice.eth0', 'bob.eth0', 'bob.eth1', 'carol.eth0']));
  });

  test('says what is wrong with its options', () => {
    const sim = new Simulation();
    sim.hosts('alice', 'bob');
    expect(() => sim.capture({})).toThrow('a capture goes to one file, directory or sink');
    expect(() => sim.capture({ file: path('x'), hosts: ['carol'] })).toThrow(
      'no host called "carol"',
    );
    expect(existsSync(path('x'))).toBe(false);
  });
});
