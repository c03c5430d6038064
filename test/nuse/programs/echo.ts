// SPDX-License-Identifier: GPL-2.0-only

/** Programs that ask whether somebody is there: raw, ping and packet sockets, error queues. */
import { prints, refuses, type ProgramCase } from '../case.js';
import { addresses, hostInterface } from '../network.js';

const { name, router, far } = addresses;
const allOf = (count: number): RegExp =>
  new RegExp(`${count} packets transmitted, ${count} received, 0% packet loss`);
const twoHops = (family: 'ipv4' | 'ipv6'): RegExp[] => [
  new RegExp(`^ ?1:? +${router[family].replaceAll('.', '\\.')} `, 'm'),
  new RegExp(`^ ?2:? +${far[family].replaceAll('.', '\\.')} `, 'm'),
];

export const cases: readonly ProgramCase[] = [
  prints('ping', 'IPv4', `ping -c 3 -i 0.1 ${router.ipv4}`, allOf(3)),
  prints('ping', 'IPv6', `ping -c 3 -i 0.1 ${router.ipv6}`, allOf(3)),
  prints('ping', 'a name', `ping -c 2 -i 0.1 ${name}`, [allOf(2), /www\.google\.com/]),
  prints('ping', 'a name over IPv4', `ping -4 -c 1 ${name}`, [allOf(1), /\(198\.51\.100\.1\)/]),
  prints('ping', 'a name over IPv6', `ping -6 -c 1 ${name}`, [allOf(1), /2001:db8:2::1/]),
  prints('ping', 'loopback', 'ping -c 1 127.0.0.1 && ping -c 1 ::1', allOf(1)),
  prints('ping', 'fragments', `ping -c 2 -i 0.1 -s 20000 ${far.ipv4}`, [allOf(2), /20008 bytes/]),
  prints('ping', 'a flood', `ping -f -q -c 200 ${router.ipv4}`, allOf(200)),
  prints('ping', 'from an interface', `ping -c 1 -I ${hostInterface} ${router.ipv4}`, allOf(1)),
  prints('ping', 'time stamps', `ping -c 1 -T tsonly ${router.ipv4}`, [allOf(1), /TS:/]),
  refuses('ping', 'an unreachable network', 'ping -c 1 203.0.113.1', 1, /Net Unreachable/),
  refuses('ping', 'a time to live of 1', `ping -t 1 -c 1 ${far.ipv4}`, 1, /Time to live exceeded/),
  prints(
    'ping',
    'interrupted, with its summary',
    `timeout -s INT 0.5 ping -i 0.1 ${router.ipv4}; true`,
    /packets transmitted, [1-9]/,
  ),
  prints('traceroute', 'UDP', `traceroute -w 1,0,0 -n -q 1 ${far.ipv4}`, twoHops('ipv4')),
  prints('traceroute', 'ICMP', `traceroute -w 1,0,0 -n -I -q 1 ${far.ipv4}`, twoHops('ipv4')),
  prints('traceroute', 'TCP', `traceroute -w 1,0,0 -n -T -q 1 ${far.ipv4}`, twoHops('ipv4')),
  prints('traceroute', 'IPv6', `traceroute -w 1,0,0 -6 -n -q 1 ${far.ipv6}`, twoHops('ipv6')),
  prints('tracepath', 'IPv4', `tracepath -n ${far.ipv4}`, [
    ...twoHops('ipv4'),
    /Resume: pmtu 1500 hops 2/,
  ]),
  prints('tracepath', 'IPv6', `tracepath -6 -n ${far.ipv6}`, /Resume: pmtu 1500 hops 2/),
  prints(
    'arping',
    'the router',
    `arping -c 2 -I ${hostInterface} ${router.ipv4}`,
    /Received 2 response/,
  ),
  refuses(
    'arping',
    'an address that nobody has',
    `arping -c 1 -w 1 -I ${hostInterface} 192.0.2.99`,
    1,
    /Received 0 response/,
  ),
];
