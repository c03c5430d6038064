// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { format } from 'prettier';
import { afterAll, describe, expect, test } from 'vitest';
import { LibosError } from '../../errors.js';
import { formatMac } from '../../ip-address.js';
import { loadHostConfig, type HostConfig } from './index.js';
import { hostConfigSchema } from './schema.js';

const folder = mkdtempSync(join(tmpdir(), 'libos-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function write(text: string, path = `case${count++}.toml`): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

function load(text: string): HostConfig {
  return loadHostConfig({ name: 'lab', env: { LIBOS_CONFIG: write(text) }, etc: folder });
}

/** The message of the error that it must end in, without the folder. */
function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LibosError) {
      return `${error.code} ${error.message} | ${error.hint ?? ''}`
        .replaceAll(`${folder}/`, '')
        .replaceAll(/case\d+/g, 'case');
    }
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a configuration file', () => {
  test('says all there is to say', () => {
    const config = load(`
      memoryMax = "256 MiB"
      kernel.profile = "full"
      sysctl.net.ipv4.tcp_congestion_control = "bbr"
      sysctl."net.ipv6.conf.all.forwarding" = true
      [[nics]]
      url = "tap:libos0?offloads=off"
      addresses = ["192.0.2.2/24", "2001:db8::2/64"]
      gateway = ["192.0.2.1", "2001:db8::1"]
      routes = [{ to = "198.51.100.0/24", via = "192.0.2.9", metric = 7 }]
      mtu = 9000
      mac = "02:00:00:00:00:07"
      offloads = { gro = false }
      txQueueFrames = 100
      [[nics]]
      url = "passt:"
      [resolvConf]
      servers = ["192.0.2.53"]
      search = ["example.com"]
      [hosts]
      "192.0.2.80" = ["www.google.com", "web"]
      "192.0.2.81" = "other"
    `);
    expect(config).toMatchObject({
      name: 'lab',
      memoryMax: '256 MiB',
      kernel: { profile: 'full' },
      sysctl: [
        ['net.ipv4.tcp_congestion_control', 'bbr'],
        ['net.ipv6.conf.all.forwarding', '1'],
      ],
      resolvConf: { servers: ['192.0.2.53'], search: ['example.com'], options: [] },
      hosts: [
        ['192.0.2.80', ['www.google.com', 'web']],
        ['192.0.2.81', ['other']],
      ],
    });
    expect(config.nics[0]).toMatchObject({
      name: 'eth0',
      url: { scheme: 'tap', target: 'libos0', options: new Map([['offloads', 'off']]) },
      addresses: ['192.0.2.2/24', '2001:db8::2/64'],
      gateways: ['192.0.2.1', '2001:db8::1'],
      routes: [{ to: '198.51.100.0/24', via: '192.0.2.9', metric: 7 }],
      dhcp: false,
      mtu: 9000,
      offloads: { gro: false },
      txQueueFrames: 100,
    });
    expect(formatMac(config.nics[0]!.mac)).toBe('02:00:00:00:00:07');
    expect(config.nics[1]).toMatchObject({ name: 'eth1', dhcp: true });
  });

  test('of the user comes before that of the machine', () => {
    const own = write('[[nics]]\nurl = "tap:own"', 'home/.config/libos/lab.toml');
    write('[[nics]]\nurl = "tap:etc"', 'libos/lab.toml');
    write('[[nics]]\nurl = "tap:second"', 'libos/second.toml');
    const env = { HOME: join(folder, 'home') };
    const lab = loadHostConfig({ name: 'lab', env, etc: folder });
    expect(lab).toMatchObject({ source: own, nics: [{ url: { target: 'own' } }] });
    const second = loadHostConfig({ name: 'second', env, etc: folder });
    expect(second.nics[0]!.url.target).toBe('second');
  });

  test('gives the same MAC address at each start, and another to each NIC', () => {
    const text = '[[nics]]\nurl = "tap:a"\n[[nics]]\nurl = "tap:b"';
    const [first, second] = [load(text), load(text)];
    expect(first.nics).toEqual(second.nics);
    expect(first.nics[0]!.mac).not.toEqual(first.nics[1]!.mac);
    expect(first.nics[0]!.mac[0]).toBe(2);
  });
});

describe('the command line', () => {
  test('comes before the file', () => {
    const config = loadHostConfig({
      name: 'lab',
      env: {
        LIBOS_CONFIG: write('sysctl.net.ipv4.tcp_sack = 1\n[[nics]]\nurl = "tap:a"'),
      },
      nics: ['passt:?tcp=80,443,dhcp=false,address=192.0.2.2/24,mtu=1400', 'tap:b'],
      sysctls: ['net/ipv4/tcp_sack=0'],
      etc: folder,
    });
    expect(config.nics).toMatchObject([
      { url: { scheme: 'passt' }, dhcp: false, addresses: ['192.0.2.2/24'], mtu: 1400 },
      { url: { scheme: 'tap', target: 'b' } },
    ]);
    expect(config.nics[0]!.url.options.get('tcp')).toBe('80,443');
    expect(config.sysctl.at(-1)).toEqual(['net.ipv4.tcp_sack', '0']);
  });

  test.each([
    ['tap:a,speed=7', /--nic tap:a,speed=7: “speed=7” is no setting of a NIC \| .*,address=…/],
    ['tap:a,mtu=x', /--nic tap:a,mtu=x: mtu must be the largest IP packet .* 68 to 65535/],
    ['tap', /NIC “tap”: it has no scheme/],
  ])('refuses --nic %s', (nic, expected) => {
    expect(failure(() => loadHostConfig({ name: 'x', env: {}, nics: [nic], etc: folder }))).toMatch(
      expected,
    );
  });

  test('refuses a sysctl without a value', () => {
    const options = { name: 'x', env: {}, nics: ['tap:a'], sysctls: ['net.x'], etc: folder };
    expect(failure(() => loadHostConfig(options))).toMatch(/--sysctl net.x: .* no name and value/);
  });
});

describe('without a configuration', () => {
  test('passt: is the NIC where passt is installed, else the error says what to write', () => {
    const bin = dirname(write('#!/bin/sh', 'bin/passt'));
    const env = { HOME: join(folder, 'nobody'), PATH: bin };
    const said = failure(() => loadHostConfig({ name: 'none', env, etc: folder }));
    expect(said).toMatch(
      /ERR_LIBOS_CONFIG no configuration: neither .*none\.toml nor .*none\.toml is there, and passt is not installed \| apt install passt, or write into .*url = "tap:libos0"/,
    );
    expect(
      loadHostConfig({ name: 'none', env: { ...env, PATH: process.env['PATH'] }, etc: folder }),
    ).toMatchObject({ source: undefined, nics: [{ url: { text: 'passt:' }, dhcp: true }] });
  });
});

describe('a mistake is told with its place', () => {
  test.each([
    ['memoryMax = \n', /^ERR_LIBOS_CONFIG case.toml:\d:\d+: .* TOML 1.0/],
    ['\nspeed = 1', /case.toml:2:1: speed is not known here; allowed: kernel, memoryMax, sysctl/],
    ['[[nics]]\nmtu = 1500', /case.toml:1:3: nics\[0\]\.?u?r?l? is missing/],
    ['[[nics]]\nurl = 7', /case.toml:2:1: nics\[0\].url must be a text: a NIC’s URL/],
    [
      '[[nics]]\nurl = "wifi:x"',
      /case.toml:2:1: nics\[0\].url NIC “wifi:x”: nothing is called wifi: \(a NIC is one of tap:/,
    ],
    [
      '[[nics]]\nurl = "tap:a"\naddresses = [\n  "192.0.2.2/24",\n  "192.0.2.3/33"]',
      /case.toml:5:3: nics\[0\].addresses\[1\] must be an address with its prefix length/,
    ],
    [
      'nics = [{ url = "tap:a", mtu = 67 }]',
      /case.toml:1:26: nics\[0\].mtu must be .* 68 to 65535/,
    ],
    ['[hosts]\nexample = "x"', /case.toml:2:1: hosts.example must be an IPv4 or IPv6 address/],
    ['memoryMax = "much"', /case.toml:1:1: memoryMax must be a size, as "256 MiB"/],
    ['[[nics]]\nurl = "tap:a"\nmac = "01:00:00:00:00:01"', /:3:1: nics\[0\].mac must be an Ether/],
    ['resolvConf.servers = ["dns"]', /case.toml:1:23: resolvConf.servers\[0\] must be an IPv4/],
  ])('%j', (text, expected) => {
    expect(failure(() => load(text))).toMatch(expected);
  });

  test('all of them at once', () => {
    expect(
      failure(() => load('memoryMax = true\n[hosts]\nx = "y"\n"192.0.2.1" = 7')).split('\n'),
    ).toHaveLength(3);
  });

  test('a file that is not there', () => {
    const env = { LIBOS_CONFIG: join(folder, 'missing.toml') };
    expect(failure(() => loadHostConfig({ name: 'x', env, etc: folder }))).toMatch(
      /missing.toml: cannot be read \(ENOENT\) \| LIBOS_CONFIG names the file/,
    );
  });

  test('a name of a host that is none', () => {
    expect(failure(() => loadHostConfig({ name: '../x', env: {}, etc: folder }))).toMatch(
      /ERR_LIBOS_HOST_NAME “\.\.\/x” is no name for a host/,
    );
  });
});

test('the JSON schema for editors is the schema', async () => {
  const schema = toJsonSchema(hostConfigSchema, { errorMode: 'ignore' });
  const text = await format(JSON.stringify(schema), {
    parser: 'json',
    printWidth: 100,
  });
  await expect(text).toMatchFileSnapshot('host-config.schema.json');
});
