// SPDX-License-Identifier: GPL-2.0-only

/** tcpdump: packet sockets, filters attached to them, and the packet ring that libpcap maps. */
import { expect } from 'vitest';
import { prints, type ProgramCase } from '../case.js';
import { addresses, hostInterface } from '../network.js';

const { router, library } = addresses;

/** What tcpdump says of a ping of the router, with these arguments. */
function captures(does: string, args: string, pattern: RegExp): ProgramCase {
  return {
    program: 'tcpdump',
    does,
    async run(stage) {
      const dump = stage.start(['tcpdump', '-n', '-l', '--immediate-mode', ...args.split(' ')]);
      await dump.until(/listening on/);
      await stage.check(['ping', '-c', '2', '-i', '0.1', router.ipv4]);
      await dump.until(pattern);
      await dump.stop('SIGINT');
    },
  };
}

const exchange = new RegExp(
  `${library.ipv4} > ${router.ipv4}: ICMP echo request[^]*${router.ipv4} > ${library.ipv4}: ICMP echo reply`.replaceAll(
    '.',
    '\\.',
  ),
);

export const cases: readonly ProgramCase[] = [
  captures('a ping on the interface, filtered', `-i ${hostInterface} icmp`, exchange),
  captures('on all interfaces', '-i any icmp', exchange),
  captures('with the link’s header', `-e -i ${hostInterface} icmp`, /ethertype IPv4/),
  captures('a small buffer', `-B 512 -i ${hostInterface} icmp`, exchange),
  {
    program: 'tcpdump',
    does: 'a file, read again',
    async run(stage) {
      const file = stage.network.path('dump.pcap');
      const dump = stage.start([
        'tcpdump',
        '-i',
        hostInterface,
        '-U',
        '-c',
        '4',
        '-w',
        file,
        'icmp',
      ]);
      await dump.until(/listening on/);
      await stage.check(['ping', '-c', '2', '-i', '0.1', router.ipv4]);
      await dump.until(/4 packets captured/);
      const out = await stage.network.world.check(['tcpdump', '-n', '-r', file]);
      expect(out.match(/ICMP echo (request|reply)/g)).toHaveLength(4);
    },
  },
  prints('tcpdump', 'the list of interfaces', 'tcpdump -D', [
    new RegExp(hostInterface),
    /\blo\b/,
    /\bany\b/,
  ]),
];
