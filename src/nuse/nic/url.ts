// SPDX-License-Identifier: GPL-2.0-only

/**
 * The URLs that choose a NIC: `scheme:target?option=value&…`. What each scheme takes is in one table, which the
 * configuration checks with and the back ends read from, so that a mistake is told before anything is opened.
 */
import { LibosError } from '../../errors.js';

/** What a scheme's URL says. `what` completes "`scheme:` …" in messages. */
interface Scheme {
  readonly what: string;
  /** What stands behind the colon; undefined: nothing may. */
  readonly target?: { readonly name: string; readonly optional?: true; readonly bytesMax?: number };
  /** What each option takes: words to choose from, or a description. */
  readonly options: Readonly<Record<string, readonly string[] | string>>;
  readonly example: string;
}

/** Linux's interface names have at most 15 bytes (IFNAMSIZ). */
const interfaceTarget = { name: 'the interface', bytesMax: 15 } as const;
const onOff = ['on', 'off'] as const;

export const nicSchemes = {
  tap: {
    what: 'a TAP interface of the machine',
    target: interfaceTarget,
    options: { offloads: onOff },
    example: 'tap:libos0',
  },
  packet: {
    what: 'an interface of the machine, shared with it through AF_PACKET',
    target: interfaceTarget,
    options: { offloads: onOff, promiscuous: onOff },
    example: 'packet:eth0',
  },
  passt: {
    what: 'a way out without root, through Debian’s passt',
    options: {
      tcp: 'ports to forward in, as passt -t takes them',
      udp: 'ports to forward in, as passt -u takes them',
      interface: 'the machine’s interface that addresses are taken from',
      address: 'an address to give instead of the machine’s',
      netmask: 'its IPv4 mask',
      gateway: 'the gateway to give',
      dns: 'the DNS server to give',
      mtu: 'bytes',
    },
    example: 'passt:?tcp=8080:80',
  },
  unix: {
    what: 'a stream socket with QEMU’s framing: another host, or a virtual machine',
    target: { name: 'the socket’s path' },
    options: { mode: ['connect', 'listen'] },
    example: 'unix:/run/lab.sock?mode=listen',
  },
  pcap: {
    what: 'files: frames to replay, and where to record',
    target: { name: 'the file to record to', optional: true },
    options: {
      replay: 'a pcap or pcapng file whose frames come in',
      record: 'a pcapng file that gets all frames',
      pace: ['times', 'fast'],
    },
    example: 'pcap:?replay=in.pcap&record=all.pcapng',
  },
  xdp: {
    what: 'queues of an interface of the machine, past its kernel (AF_XDP)',
    target: interfaceTarget,
    options: {
      queue: 'the queue’s number',
      mode: ['auto', 'zerocopy', 'copy'],
      attach: ['auto', 'native', 'generic'],
    },
    example: 'xdp:eth0?queue=0',
  },
} as const satisfies Readonly<Record<string, Scheme>>;

/** What a NIC is made of: the scheme of its URL. */
export type NicScheme = keyof typeof nicSchemes;

/** A NIC by URL, taken apart. */
export interface NicUrl {
  /** As it was written. */
  readonly text: string;
  readonly scheme: NicScheme;
  /** Interface, path; empty where there is none. */
  readonly target: string;
  readonly options: ReadonlyMap<string, string>;
}

const shape = /^([a-z][a-z0-9+.-]*):([^?]*)(?:\?(.*))?$/s;

/** Throws ERR_LIBOS_NIC_URL, which says what is wrong with the text and what is allowed. */
export function parseNicUrl(text: string): NicUrl {
  const [, scheme, target, query] = shape.exec(text) ?? [];
  if (scheme === undefined || target === undefined || !isScheme(scheme)) {
    throw malformed(
      text,
      scheme === undefined ? 'it has no scheme' : `nothing is called ${scheme}:`,
      {
        hint: `a NIC is one of ${Object.values(nicSchemes)
          .map(({ example }) => example)
          .join(', ')}`,
      },
    );
  }
  const rules: Scheme = nicSchemes[scheme];
  const decoded = decode(text, target);
  checkTarget(text, rules, decoded);
  const options = new Map<string, string>();
  for (const part of (query ?? '').split('&').filter((piece) => piece !== '')) {
    const equals = part.indexOf('=');
    const name = decode(text, equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? undefined : decode(text, part.slice(equals + 1));
    checkOption(text, rules, name, value);
    if (options.has(name)) throw malformed(text, `${name} is given twice`, rules);
    options.set(name, value!);
  }
  return { text, scheme, target: decoded, options };
}

function isScheme(text: string): text is NicScheme {
  return Object.hasOwn(nicSchemes, text);
}

function checkTarget(text: string, rules: Scheme, target: string): void {
  const { target: wanted } = rules;
  if (!wanted) {
    if (target !== '')
      throw malformed(text, `nothing belongs behind the colon, not “${target}”`, rules);
    return;
  }
  if (target === '' && wanted.optional !== true) {
    throw malformed(text, `${wanted.name} is missing`, rules);
  }
  if (wanted.bytesMax === undefined) return;
  const { length } = new TextEncoder().encode(target);
  if (length > wanted.bytesMax || /[\s/\0]/.test(target)) {
    throw malformed(
      text,
      `“${target}” is no name of an interface: 1 to ${wanted.bytesMax} bytes without spaces and slashes`,
      rules,
    );
  }
}

function checkOption(text: string, rules: Scheme, name: string, value: string | undefined): void {
  if (!Object.hasOwn(rules.options, name)) {
    const known = Object.keys(rules.options);
    throw malformed(text, `there is no option “${name}”, only ${known.join(', ')}`, rules);
  }
  const allowed = rules.options[name]!;
  if (value === undefined || value === '') {
    throw malformed(text, `the option ${name} needs a value: ${describe(allowed)}`, rules);
  }
  if (typeof allowed !== 'string' && !allowed.includes(value)) {
    throw malformed(text, `${name} is ${describe(allowed)}, not “${value}”`, rules);
  }
}

function describe(allowed: readonly string[] | string): string {
  return typeof allowed === 'string' ? allowed : allowed.join(' or ');
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw malformed(text, `“${part}” has a percent sign that no two hexadecimal digits follow`, {
      hint: 'write %25 for a percent sign',
      cause,
    });
  }
}

function malformed(
  text: string,
  why: string,
  more: Scheme | { readonly hint: string; readonly cause?: unknown },
): LibosError {
  const hint = 'hint' in more ? more.hint : `for example ${more.example}`;
  const cause = 'cause' in more ? { cause: more.cause } : {};
  return new LibosError('ERR_LIBOS_NIC_URL', `NIC “${text}”: ${why}`, { hint, ...cause });
}
