// SPDX-License-Identifier: GPL-2.0-only

/**
 * The shape of a host's configuration: one schema that checks files, gives the types and makes the JSON schema for
 * editors (host-config.schema.json, kept true by a test). Knows nothing of files.
 */
import * as v from 'valibot';
import { LibosError } from '../../errors.js';
import { ipVersion, parseMac } from '../../ip-address.js';
import { parseSizeBytes } from '../../units.js';
import { parseNicUrl } from '../nic/url.js';

/** A text that `check` does not mind; what it throws is the message. */
function text(is: string, check: (value: string) => unknown) {
  return v.pipe(
    v.string(`must be a text: ${is}`),
    v.description(is),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      try {
        if (check(dataset.value) === false) addIssue({ message: `must be ${is}` });
      } catch (error) {
        addIssue({ message: error instanceof LibosError ? withHint(error) : `must be ${is}` });
      }
    }),
  );
}

function isSize(value: string): boolean {
  try {
    parseSizeBytes(value, 'memoryMax');
    return true;
  } catch {
    return false;
  }
}

function withHint({ message, hint }: LibosError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

function whole(is: string, least: number, most: number) {
  const message = `must be ${is}: a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
    v.description(is),
  );
}

function table<Entries extends v.ObjectEntries>(entries: Entries) {
  const allowed = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'never') return `is not known here; allowed: ${allowed}`;
    return received === 'undefined' ? 'is missing' : `must be a table with: ${allowed}`;
  });
}

function list<Item extends v.GenericSchema>(item: Item) {
  return v.array(item, 'must be an array: [ … ]');
}

const yesOrNo = v.boolean('must be true or false');
const ipAddress = text('an IPv4 or IPv6 address', (value) => ipVersion(value) !== 0);
const network = text('an address with its prefix length, as "192.0.2.2/24"', (value) => {
  const [, address, length] = /^(.*)\/(\d{1,3})$/.exec(value) ?? [];
  const version = address === undefined ? 0 : ipVersion(address);
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128);
});
/** A network, or an address alone, or "default". */
const destination = text(
  'a network as "198.51.100.0/24", an address, or "default"',
  (value) => value === 'default' || ipVersion(value) !== 0 || v.is(network, value),
);
const interfaceName = text(
  'a name of 1 to 15 bytes without spaces and slashes',
  (value) => /^[^\s/%\0]{1,15}$/.test(value) && Buffer.byteLength(value) <= 15,
);

const route = table({
  to: destination,
  via: v.optional(ipAddress),
  metric: v.optional(whole('a metric', 0, 2 ** 32 - 1)),
});

const offloads = table({
  sg: v.optional(yesOrNo),
  csum: v.optional(yesOrNo),
  tso: v.optional(yesOrNo),
  uso: v.optional(yesOrNo),
  gro: v.optional(yesOrNo),
});

const nic = table({
  url: text('a NIC’s URL', parseNicUrl),
  name: v.optional(interfaceName),
  addresses: v.optional(list(network)),
  gateway: v.optional(
    v.union([ipAddress, list(ipAddress)], 'must be an IPv4 or IPv6 address, or one of each'),
  ),
  routes: v.optional(list(route)),
  dhcp: v.optional(yesOrNo),
  mtu: v.optional(whole('the largest IP packet in bytes', 68, 65_535)),
  mac: v.optional(
    text('an Ethernet address of one station, as "02:00:00:00:00:01"', (value) => {
      const bytes = parseMac(value);
      return (bytes[0]! & 1) === 0 && bytes.some((byte) => byte !== 0);
    }),
  ),
  offloads: v.optional(offloads),
  txQueueFrames: v.optional(whole('frames in flight before the queue stops', 1, 1_000_000)),
});

/** TOML's dotted keys make tables of tables. */
export interface SysctlTable {
  readonly [key: string]: string | number | boolean | SysctlTable;
}
const sysctl: v.GenericSchema<SysctlTable> = v.record(
  v.string(),
  v.union(
    [v.string(), v.number(), v.boolean(), v.lazy(() => sysctl)],
    'must be a text or a number, as /proc/sys takes it',
  ),
);

const hostName = text('a host’s name', (value) => /^[^\s#]{1,253}$/.test(value));
const hosts = v.record(
  ipAddress,
  v.union([hostName, list(hostName)], 'must be a host’s name, or an array of names'),
);

export const hostConfigSchema = v.pipe(
  table({
    kernel: v.optional(
      table({
        profile: v.optional(text('a kernel’s profile, as "full"', (value) => value !== '')),
        path: v.optional(text('a kernel’s file', (value) => value !== '')),
      }),
    ),
    memoryMax: v.optional(
      v.union(
        [whole('bytes', 0, Number.MAX_SAFE_INTEGER), text('a size, as "256 MiB"', isSize)],
        'must be bytes, or a size as "256 MiB"',
      ),
    ),
    sysctl: v.optional(sysctl),
    nics: v.optional(list(nic)),
    resolvConf: v.optional(
      table({
        servers: v.optional(list(ipAddress)),
        search: v.optional(list(hostName)),
        options: v.optional(list(text('an option of resolv.conf', (value) => /^\S+$/.test(value)))),
      }),
    ),
    hosts: v.optional(hosts),
  }),
  v.title('A libos host'),
);

/** What a configuration file says. */
export type HostConfigFile = v.InferOutput<typeof hostConfigSchema>;
export type NicConfigFile = NonNullable<HostConfigFile['nics']>[number];

/** One thing that is wrong: where in the configuration, and what. */
export interface ConfigIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with a value that was read; nothing: it is a configuration. */
export function findIssues(value: unknown): readonly ConfigIssue[] {
  return v.safeParse(hostConfigSchema, value).issues?.map(toIssue) ?? [];
}

function toIssue(issue: v.BaseIssue<unknown>): ConfigIssue {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  return { path, message: issue.message };
}

/** Context: `findIssues` found none. */
export function asHostConfig(value: unknown): HostConfigFile {
  return v.parse(hostConfigSchema, value);
}
