// SPDX-License-Identifier: GPL-2.0-only

/** A host's configuration with everything decided: what files, options and defaults come to. */
import { createHash } from 'node:crypto';
import type { Offload } from '../../host/index.js';
import { parseMac } from '../../ip-address.js';
import { parseNicUrl, type NicUrl } from '../nic/url.js';
import type { HostConfigFile, NicConfigFile, SysctlTable } from './schema.js';

/** A host's configuration with everything decided: what files, options and defaults come to. */
export interface HostConfig {
  readonly name: string;
  /** The file that it comes from; undefined: none. */
  readonly source: string | undefined;
  readonly kernel: { readonly profile?: string; readonly path?: string };
  /** Bytes or "256 MiB"; undefined: the kernel's default. */
  readonly memoryMax: number | string | undefined;
  /** In the order in which they are to be set, e.g. ["net.ipv4.tcp_sack", "0"]. */
  readonly sysctl: readonly (readonly [name: string, value: string])[];
  readonly nics: readonly NicConfig[];
  /** Undefined: what DHCP says, else nothing. */
  readonly resolvConf: ResolvConf | undefined;
  /** Names by address. */
  readonly hosts: readonly (readonly [address: string, names: readonly string[]])[];
}

/** A NIC of the configuration, with everything decided. */
export interface NicConfig {
  /** The interface's in the host. */
  readonly name: string;
  readonly url: NicUrl;
  /** With prefix lengths, of both families. */
  readonly addresses: readonly string[];
  /** One of a family at most. */
  readonly gateways: readonly string[];
  readonly routes: readonly RouteConfig[];
  readonly dhcp: boolean;
  /** Bytes; undefined: what the other side has, else 1500. */
  readonly mtu: number | undefined;
  readonly mac: Uint8Array;
  readonly offloads: Partial<Record<Offload, boolean>>;
  readonly txQueueFrames: number | undefined;
}

/** A route: `to` is a prefix or "default", `via` an address. */
export interface RouteConfig {
  readonly to: string;
  readonly via?: string;
  readonly metric?: number;
}

/** What programs read as /etc/resolv.conf: resolv.conf(5). */
export interface ResolvConf {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** `machine` is a text that no other machine has: MAC addresses are derived from it. */
export function completeConfig(
  name: string,
  source: string | undefined,
  file: HostConfigFile,
  machine: string,
): HostConfig {
  const names = nicNames(file.nics ?? []);
  return {
    name,
    source,
    kernel: withoutUndefined(file.kernel ?? {}),
    memoryMax: file.memoryMax,
    sysctl: flatten(file.sysctl ?? {}, ''),
    nics: (file.nics ?? []).map((nic, index) => completeNic(nic, names[index]!, name, machine)),
    resolvConf: file.resolvConf && {
      servers: [],
      search: [],
      options: [],
      ...withoutUndefined(file.resolvConf),
    },
    hosts: Object.entries(file.hosts ?? {}).map(([address, hostNames]) => [
      address,
      typeof hostNames === 'string' ? [hostNames] : hostNames,
    ]),
  };
}

/** The names that were given, and eth0, eth1 … between them. */
function nicNames(nics: readonly NicConfigFile[]): readonly string[] {
  const taken = new Set(nics.map(({ name }) => name));
  let next = 0;
  return nics.map(({ name }) => {
    if (name !== undefined) return name;
    while (taken.has(`eth${next}`)) next++;
    return `eth${next++}`;
  });
}

function completeNic(
  nic: NicConfigFile,
  name: string,
  hostName: string,
  machine: string,
): NicConfig {
  const url = parseNicUrl(nic.url);
  const { addresses = [], gateway = [] } = nic;
  return {
    name,
    url,
    addresses,
    gateways: typeof gateway === 'string' ? [gateway] : gateway,
    routes: (nic.routes ?? []).map((route) => withoutUndefined(route)),
    // passt is the one that always has a DHCP server behind it.
    dhcp: nic.dhcp ?? (url.scheme === 'passt' && addresses.length === 0),
    mtu: nic.mtu,
    mac: nic.mac === undefined ? derivedMac(`${machine}/${hostName}/${name}`) : parseMac(nic.mac),
    offloads: withoutUndefined(nic.offloads ?? {}),
    txQueueFrames: nic.txQueueFrames,
  };
}

/** Locally administered, and the same at each start, so that neighbours and DHCP servers know it again. */
function derivedMac(seed: string): Uint8Array {
  const hash = createHash('sha256').update(seed).digest();
  return Uint8Array.of(0x02, ...hash.subarray(0, 5));
}

function flatten(table: SysctlTable, prefix: string): [string, string][] {
  return Object.entries(table).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    if (typeof value === 'object') return flatten(value, `${name}.`);
    const text = typeof value === 'boolean' ? Number(value) : value;
    return [[name, String(text)]];
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** With `exactOptionalPropertyTypes` a key that is there has a value. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Defined<T>;
}
