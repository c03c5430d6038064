// SPDX-License-Identifier: GPL-2.0-only

/** The configuration of a fuzzed host: what can be read and written in it, and how it is made right again. */
import { isSystemError, type PosixHost } from '../../../src/posix/index.js';
import { excludedFiles, excludedSettings } from './excluded.js';
import type { FuzzHost } from './world.js';

export interface Setting {
  readonly path: string;
  readonly value: string;
}

const directory = 4;
const loopback = 1;

/** Every setting of /proc/sys/net that can be read, with its value. */
export function listSettings(host: PosixHost): Setting[] {
  return walk(host, '/proc/sys/net', 8)
    .filter((path) => !excludedSettings.some(([part]) => path.includes(part)))
    .flatMap((path) => {
      const value = ifPossible(() => host.readFile(path));
      return value === undefined ? [] : [{ path, value }];
    });
}

/** Files of /proc and of the network's /sys that a random process opens. */
export function listFiles(host: PosixHost): string[] {
  return [
    ...walk(host, '/proc', 1),
    ...walk(host, '/proc/self', 2),
    ...walk(host, '/proc/net', 3),
    ...walk(host, '/proc/sys/net/core', 2),
    ...walk(host, '/sys/class/net', 1),
    ...walk(host, '/sys/devices/virtual/net/lo', 2),
  ].filter((path) => !(path in excludedFiles));
}

function walk(host: PosixHost, path: string, depth: number): string[] {
  const entries = ifPossible(() => host.service.readDirectory(path)) ?? [];
  return entries
    .filter(({ name }) => name !== '.' && name !== '..')
    .flatMap(({ name, type }) => {
      const inside = `${path}/${name}`;
      if (type !== directory) return [inside];
      return depth > 1 ? walk(host, inside, depth - 1) : [];
    })
    .sort();
}

export function restoreSettings(host: PosixHost, settings: readonly Setting[]): void {
  for (const { path, value } of settings) ifPossible(() => host.writeFile(path, value));
}

/** The two interfaces up with their addresses, and no other. */
export function bringUp({ posix, address, ethernet }: FuzzHost): void {
  const { links, addresses } = posix.route;
  const ours = [
    { index: loopback, name: 'lo', mtu: 65536, address: '127.0.0.1/8' },
    { index: ethernet, name: 'eth0', mtu: 1500, address: `${address}/24` },
  ];
  for (const { index, name } of links.list()) {
    const kept = ours.find((link) => link.index === index);
    if (kept === undefined) ifPossible(() => links.remove(index));
    else if (name !== kept.name)
      ifPossible(() => links.change(index, { up: false, name: kept.name }));
  }
  for (const { index, mtu, address } of ours) {
    // It may be away in a namespace, and come back with the end of that.
    ifPossible(() => {
      links.change(index, { mtu });
      links.change(index, { up: true });
      addresses.replace(index, address);
    });
  }
}

/** Some things can only be read, or only be written with what they do not say when read. */
function ifPossible<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
