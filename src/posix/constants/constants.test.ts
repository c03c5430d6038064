// SPDX-License-Identifier: GPL-2.0-only
/** Every constant has the number that the kernel's headers give it, under both data models. */
import { describe, expect, test } from 'vitest';
import { availableHeaders, compile } from '../../../test/helpers/uapi-headers.js';
import { errnoTable } from '../errno-table.js';
import * as diag from '../netlink/constants/diag.js';
import * as link from '../netlink/constants/link.js';
import * as message from '../netlink/constants/message.js';
import * as mptcp from '../netlink/constants/mptcp.js';
import * as qdisc from '../netlink/constants/qdisc.js';
import * as route from '../netlink/constants/route.js';
import { ilp32, lp64 } from '../struct/data-model.js';
import { callNumbers, widthDependentCalls } from '../syscall-numbers.js';
import * as files from './files.js';
import * as interfaces from './interface.js';
import * as ip from './ip.js';
import * as poll from './poll.js';
import * as processes from './process.js';
import * as socket from './socket.js';

const base = [
  'linux/socket.h',
  'linux/types.h',
  'linux/if.h',
  'asm/byteorder.h',
  'linux/in.h',
  'linux/in6.h',
];
const groups: readonly [Record<string, number>, readonly string[]][] = [
  [
    socket,
    [
      'asm/socket.h',
      'linux/net_tstamp.h',
      'linux/time.h',
      'linux/errqueue.h',
      'linux/netlink.h',
      'linux/if_packet.h',
    ],
  ],
  [
    ip,
    [
      'linux/ip.h',
      'linux/tcp.h',
      'linux/udp.h',
      'linux/icmp.h',
      'linux/icmpv6.h',
      'linux/tls.h',
      'linux/mptcp.h',
    ],
  ],
  [files, ['asm/fcntl.h', 'linux/fcntl.h', 'linux/stat.h', 'linux/fs.h', 'linux/mount.h']],
  [poll, ['asm/poll.h', 'linux/eventpoll.h']],
  [
    processes,
    ['linux/signal.h', 'linux/sched.h', 'linux/time.h', 'asm/resource.h', 'linux/random.h'],
  ],
  [
    interfaces,
    [
      'asm/ioctl.h',
      'linux/if_arp.h',
      'linux/if_ether.h',
      'asm/ioctls.h',
      'linux/sockios.h',
      'linux/if_tun.h',
      'linux/if_tunnel.h',
    ],
  ],
  [message, ['linux/netlink.h', 'linux/genetlink.h']],
  [mptcp, ['linux/mptcp.h']],
  [
    route,
    [
      'linux/rtnetlink.h',
      'linux/if_addr.h',
      'linux/fib_rules.h',
      'linux/neighbour.h',
      'linux/nexthop.h',
      'linux/net_namespace.h',
      'linux/lwtunnel.h',
      'linux/mpls_iptunnel.h',
    ],
  ],
  [
    link,
    [
      'linux/if_link.h',
      'linux/if_ether.h',
      'linux/if_bridge.h',
      'linux/if_vlan.h',
      'linux/veth.h',
      'linux/if_tunnel.h',
    ],
  ],
  [qdisc, ['linux/rtnetlink.h', 'linux/pkt_sched.h', 'linux/pkt_cls.h']],
  [
    diag,
    [
      'linux/sock_diag.h',
      'linux/inet_diag.h',
      'linux/unix_diag.h',
      'linux/netlink_diag.h',
      'linux/packet_diag.h',
    ],
  ],
];
const include = (list: readonly string[]): string =>
  [...base, ...list].map((name) => `#include <${name}>\n`).join('');
/** Kernel-internal or libc names that the user-space headers lack. */
const notInHeaders =
  /^(AF|SOL|MSG|SHUT|SOCK|EFD|SFD|TFD|DT|IN|SPLICE)_|^(SOMAXCONN|SCM_(RIGHTS|CREDENTIALS|PIDFD))$/;

describe.each(availableHeaders().filter(({ complete }) => complete))(
  '$name headers, $model',
  (headers) => {
    test.each(groups.map(([constants, list]) => ({ constants, list, last: list.at(-1) })))(
      'constants of … $last',
      ({ constants, list }) => {
        const claims = Object.entries(constants)
          .filter(([name]) => !notInHeaders.test(name))
          .map(([name, value]) => `_Static_assert((long long)(${name}) == ${value}LL, "${name}");`);
        expect(compile(headers, include(list) + claims.join('\n'))).toEqual([]);
      },
    );

    test('errno', () => {
      const claims = errnoTable.map(
        ([name, value]) => `_Static_assert(${name} == ${value}, "${name}");`,
      );
      expect(compile(headers, `#include <asm/errno.h>\n${claims.join('\n')}`)).toEqual([]);
    });

    test('system calls', () => {
      const model = headers.model === 'ilp32' ? ilp32 : lp64;
      const claims = Object.entries(callNumbers(model)).map(([name, value]) => {
        const checks = headerNames(name, headers.model).map(
          (c) => `\n#elif defined(${c})\n_Static_assert(${c} == ${value}, "${name}");`,
        );
        return `#if 0${checks.join('')}\n#else\n_Static_assert(0, "${name} is no system call");\n#endif`;
      });
      expect(compile(headers, `#include <asm/unistd.h>\n${claims.join('\n')}`)).toEqual([]);
    });
  },
);

/** What the headers may call a system call, the likeliest first. */
function headerNames(name: string, model: 'ilp32' | 'lp64'): readonly string[] {
  const plain = [`__NR_${name}`, `__NR3264_${name}`];
  if (!(name in widthDependentCalls) || model === 'lp64') return plain;
  const base = name.replace(/^new|64$/, '');
  const wide = [`${base}_time64`, `${base}64`, `${base}64_64`, `l${name}`, 'mmap2'];
  return [...wide.map((each) => `__NR_${each}`), ...plain];
}

test('the numbers that libc defines are its own', () => {
  expect([socket.AF_INET6, socket.SOCK_CLOEXEC, socket.MSG_NOSIGNAL, socket.SOL_TCP]).toEqual([
    10, 0o2000000, 0x4000, 6,
  ]);
});
