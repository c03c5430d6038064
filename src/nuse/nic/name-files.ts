// SPDX-License-Identifier: GPL-2.0-only

/** What a host's /etc/resolv.conf and /etc/hosts say: the configuration first, then what DHCP and routers have brought. */
import type { HostConfig, ResolvConf } from '../config/index.js';

/** resolv.conf(5) reads three servers. */
const serversMax = 3;

/** What the network says of names, of all NICs in their order. */
export interface LearnedNames {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

export function resolvConfOf(config: ResolvConf | undefined, learned: LearnedNames): string {
  const servers = config?.servers ?? learned.servers;
  const search = config?.search.length ? config.search : [...new Set(learned.search)];
  const lines = [...new Set(servers)].slice(0, serversMax).map((server) => `nameserver ${server}`);
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  if (config?.options.length) lines.push(`options ${config.options.join(' ')}`);
  if (servers.length === 0) {
    lines.unshift('# No name server is known: write [resolvConf] servers = ["…"], or use DHCP.');
  }
  return `${lines.join('\n')}\n`;
}

export function hostsFileOf({ hosts }: HostConfig): string {
  const lines = [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    ...hosts.map(([address, names]) => `${address} ${names.join(' ')}`),
  ];
  return `${lines.join('\n')}\n`;
}
