// SPDX-License-Identifier: GPL-2.0-only

/** Finds a host's configuration file, reads it, and lays the command line's options over it. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { LibosError } from '../../errors.js';
import { completeConfig, type HostConfig } from './host-config.js';
import { asHostConfig, findIssues, type ConfigIssue, type HostConfigFile } from './schema.js';
import { readToml, type TomlDocument } from './toml.js';

/** Which configuration is loaded, and what the command line says on top of it. */
export interface LoadOptions {
  /** The host's name. */
  readonly name: string;
  /** NIC URLs from the command line: they replace those of the file. */
  readonly nics?: readonly string[];
  /** "name=value" each, set after those of the file. */
  readonly sysctls?: readonly string[];
  /** Default: `process.env`. LIBOS_CONFIG, XDG_CONFIG_HOME, HOME and PATH count. */
  readonly env?: Readonly<Partial<Record<string, string>>>;
  /** Default: /etc. */
  readonly etc?: string;
}

const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/**
 * The configuration of a host. Throws ERR_LIBOS_CONFIG, ERR_LIBOS_NIC_URL or ERR_LIBOS_HOST_NAME, each with the
 * file and line where there is one, and with what is allowed there.
 */
export function loadHostConfig(options: LoadOptions): HostConfig {
  const { name, env = process.env, etc = '/etc' } = options;
  if (!namePattern.test(name)) {
    throw new LibosError('ERR_LIBOS_HOST_NAME', `“${name}” is no name for a host`, {
      hint: 'letters, digits, “.”, “_” and “-”, 64 at most, not with “.” or “-” first',
    });
  }
  const places = searchPlaces(name, env, etc);
  const path = env['LIBOS_CONFIG'] ?? places.find((place) => existsSync(place));
  const file = path === undefined ? {} : readConfig(path);
  const overridden = override(file, options);
  if (overridden.nics === undefined) overridden.nics = [defaultNic(env, places, path)];
  return completeConfig(name, path, overridden, machineId(etc));
}

function searchPlaces(
  name: string,
  env: NonNullable<LoadOptions['env']>,
  etc: string,
): readonly string[] {
  const own = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config');
  return [join(own, 'libos', `${name}.toml`), join(etc, 'libos', `${name}.toml`)];
}

/** Reads and checks one file. */
export function readConfig(path: string): HostConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new LibosError('ERR_LIBOS_CONFIG', `${path}: cannot be read (${code ?? message})`, {
      hint: 'LIBOS_CONFIG names the file; without it, ~/.config/libos/NAME.toml and /etc/libos/NAME.toml are looked for',
      cause,
    });
  }
  const document = readToml(text, path);
  const issues = findIssues(document.value);
  if (issues.length > 0) throw wrong(issues, document);
  return asHostConfig(document.value);
}

function wrong(issues: readonly ConfigIssue[], document: TomlDocument): LibosError {
  const lines = issues.map(
    ({ path, message }) => `${document.place(path)}: ${formatPath(path)} ${message}`,
  );
  return new LibosError('ERR_LIBOS_CONFIG', lines.join('\n'));
}

/** As "nics[0].mtu". */
export function formatPath(path: ConfigIssue['path']): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const quoted = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
    return text === '' ? quoted : `${text}.${quoted}`;
  }, '');
}

function override(
  file: HostConfigFile,
  { nics = [], sysctls = [] }: LoadOptions,
): { -readonly [K in keyof HostConfigFile]: HostConfigFile[K] } {
  const config = { ...file };
  if (nics.length > 0) config.nics = nics.map((url) => nicOption(url));
  for (const text of sysctls) {
    const [, name, value] = /^([^=\s]+)\s*=\s*(.+)$/.exec(text.trim()) ?? [];
    if (name === undefined || value === undefined) {
      throw new LibosError('ERR_LIBOS_CONFIG', `--sysctl ${text}: that is no name and value`, {
        hint: 'for example --sysctl net.ipv4.tcp_congestion_control=bbr',
      });
    }
    config.sysctl = { ...config.sysctl, [name.replaceAll('/', '.')]: value };
  }
  const issues = findIssues(config);
  if (issues.length > 0) {
    const lines = issues.map(({ message }) => message);
    throw new LibosError('ERR_LIBOS_CONFIG', lines.join('\n'));
  }
  return config;
}

/**
 * "URL", or "URL,address=…,gateway=…,dhcp=true,mtu=…,mac=…,name=…": what a file would say about the NIC.
 * `address` and `gateway` may be there several times.
 */
function nicOption(text: string): NonNullable<HostConfigFile['nics']>[number] {
  const [url, ...settings] = text.split(/,(?=\w+=)/);
  const nic: Record<string, unknown> = { url };
  for (const setting of settings) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(setting) ?? [];
    if (key === undefined || value === undefined || !Object.hasOwn(nicSettings, key)) {
      throw new LibosError(
        'ERR_LIBOS_CONFIG',
        `--nic ${text}: “${setting}” is no setting of a NIC`,
        {
          hint: `behind the URL may stand ${Object.keys(nicSettings)
            .map((name) => `,${name}=…`)
            .join(' ')}; a configuration file takes more`,
        },
      );
    }
    nicSettings[key as keyof typeof nicSettings](nic, value);
  }
  const issues = findIssues({ nics: [nic] });
  if (issues.length > 0) {
    const lines = issues.map(({ path, message }) => `${formatPath(path.slice(2))} ${message}`);
    throw new LibosError('ERR_LIBOS_CONFIG', `--nic ${text}: ${lines.join('; ')}`);
  }
  return asHostConfig({ nics: [nic] }).nics![0]!;
}

type Setter = (nic: Record<string, unknown>, value: string) => void;
const append =
  (key: string): Setter =>
  (nic, value) =>
    void (nic[key] = [...((nic[key] as unknown[] | undefined) ?? []), value]);
const set =
  (key: string, convert: (value: string) => unknown = (value) => value): Setter =>
  (nic, value) =>
    void (nic[key] = convert(value));
const yesOrNo = (value: string): unknown =>
  value === 'true' || value === 'false' ? value === 'true' : value;

const nicSettings = {
  address: append('addresses'),
  gateway: append('gateway'),
  dhcp: set('dhcp', yesOrNo),
  mtu: set('mtu', Number),
  mac: set('mac'),
  name: set('name'),
} satisfies Record<string, Setter>;

/** Without a configuration: the way out that needs no root. */
function defaultNic(
  env: NonNullable<LoadOptions['env']>,
  places: readonly string[],
  path: string | undefined,
): { url: string } {
  if (findProgram('passt', env) !== undefined) return { url: 'passt:' };
  const where = path ?? places[0]!;
  throw new LibosError(
    'ERR_LIBOS_CONFIG',
    path === undefined
      ? `no configuration: neither ${places.join(' nor ')} is there, and passt is not installed`
      : `${path}: it names no NIC, and passt, which is the default, is not installed`,
    { hint: `apt install passt, or write into ${where}:  [[nics]]  url = "tap:libos0"` },
  );
}

/** Where a program is, as a shell finds it. */
export function findProgram(
  program: string,
  env: Readonly<Partial<Record<string, string>>> = process.env,
): string | undefined {
  const folders = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function machineId(etc: string): string {
  try {
    return `${readFileSync(join(etc, 'machine-id'), 'utf8').trim()}/${process.getuid?.() ?? 0}`;
  } catch {
    // Some containers have none; then hosts of the same name on one network need a `mac` each.
    return '';
  }
}
