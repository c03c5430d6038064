// SPDX-License-Identifier: GPL-2.0-only

/** Programs that look names up: by sockets of their own, and inside the C library. */
import { prints, type ProgramCase } from '../case.js';
import { addresses } from '../network.js';

const { name, router } = addresses;

export const cases: readonly ProgramCase[] = [
  prints('dig', 'an address', `dig +short ${name}`, /^198\.51\.100\.1$/m),
  prints('dig', 'an IPv6 address', `dig +short AAAA ${name}`, /^2001:db8:2::1$/m),
  prints('dig', 'a name of an address', 'dig +short -x 198.51.100.1', /^www\.google\.com\.$/m),
  prints('dig', 'over TCP', `dig +tcp +short ${name}`, /^198\.51\.100\.1$/m),
  prints('dig', 'a server over IPv6', `dig +short @${router.ipv6} ${name}`, /^198\.51\.100\.1$/m),
  prints('dig', 'a name that is not there', 'dig nowhere.example', /status: (REFUSED|NXDOMAIN)/),
  prints('host', 'a name', `host ${name}`, [
    /www\.google\.com has address 198\.51\.100\.1/,
    /www\.google\.com has IPv6 address 2001:db8:2::1/,
  ]),
  prints('getent', 'a name inside the C library', `getent ahosts ${name}`, [
    /^198\.51\.100\.1 +STREAM/m,
    /^2001:db8:2::1 +STREAM/m,
  ]),
  prints(
    'python3',
    'getaddrinfo',
    `python3 -c 'import socket; print(sorted({a[4][0] for a in socket.getaddrinfo("${name}", 80)}))'`,
    /\['198\.51\.100\.1', '2001:db8:2::1'\]/,
  ),
];
