// SPDX-License-Identifier: GPL-2.0-only

/** What a host's /etc/resolv.conf and /etc/hosts say: the configuration first, then what DHCP has brought. */
import type { HostConfig, ResolvConf } from '../config/index.js';
import type { Lease } from './dhcp/client.js';

/** resolv.conf(5) reads three servers. */
const serversMax = 3;

/** `leases` in the order of the NICs. */
export function resolvConfOf(config: ResolvConf | undefined, leases: readonly Lease[]): string {
  const servers = config?.servers ?? leases.flatMap(({ nameServers }) => nameServers);
  const search = config?.search.length
    ? config.search
    : [...new Set(leases.flatMap(({ search: names }) => names))];
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
