// SPDX-License-Identifier: GPL-2.0-only

/** The addresses and settings of the hosts `a`, `r` and `b`, the same on both sides. */

/** By host and device. */
export const macs: Readonly<Record<string, string>> = {
  'a eth0': '02:00:00:00:00:01',
  'r eth0': '02:00:00:00:00:02',
  'r eth1': '02:00:00:00:00:03',
  'w eth0': '02:00:00:00:00:04',
  'w eth1': '02:00:00:00:00:05',
  'w br0': '02:00:00:00:00:07',
  'b eth0': '02:00:00:00:00:06',
};

export interface AddressedDevice {
  readonly host: 'a' | 'r' | 'b';
  readonly device: 'eth0' | 'eth1';
  /** Of a network of 24 bits. */
  readonly address: string;
  /** Known from the beginning: no ARP is on the path, so both sides number the same frames. */
  readonly neighbours: readonly (readonly [address: string, mac: string])[];
}

export const addresses: readonly AddressedDevice[] = [
  {
    host: 'a',
    device: 'eth0',
    address: '10.0.0.1',
    neighbours: [['10.0.0.2', macs['r eth0']!]],
  },
  {
    host: 'r',
    device: 'eth0',
    address: '10.0.0.2',
    neighbours: [['10.0.0.1', macs['a eth0']!]],
  },
  {
    host: 'r',
    device: 'eth1',
    address: '10.0.1.1',
    neighbours: [
      ['10.0.1.2', macs['b eth0']!],
      ['10.0.1.3', macs['w br0']!],
    ],
  },
  {
    host: 'b',
    device: 'eth0',
    address: '10.0.1.2',
    neighbours: [['10.0.1.1', macs['r eth1']!]],
  },
];

/** Linux sizes its buffers by the machine's memory at boot: here they are what a machine of 16 GiB has. */
export const bufferSysctls: readonly (readonly [name: string, value: string])[] = [
  ['net.ipv4.tcp_rmem', '4096 131072 6291456'],
  ['net.ipv4.tcp_wmem', '4096 16384 4194304'],
];

/** Of the whole kernel, not of a network namespace. */
export const globalSysctls: readonly (readonly [name: string, value: string])[] = [
  ['net.ipv4.tcp_mem', '65536 131072 262144'],
];

/** Where flows go. Cross traffic ends before losses are drawn: in the oracle that is in `w`. */
export const targets = { a: '10.0.0.1', b: '10.0.1.2', w: '10.0.1.3' } as const;
export const portOfFlow = (index: number): number => 5000 + index;

export const pingSysctl = ['net.ipv4.ping_group_range', '0 1000'] as const;
