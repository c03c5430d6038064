// SPDX-License-Identifier: GPL-2.0-only
/** What goes beside a datagram: errors of ICMP, packet information, hop limits, types of service, timestamps. */
import {
  AF_INET,
  AF_INET6,
  CLOCK_REALTIME,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_TOS,
  IP_TTL,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  MSG_CTRUNC,
  MSG_ERRQUEUE,
  SO_ERROR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOF_TIMESTAMPING_OPT_ID,
  SOF_TIMESTAMPING_OPT_TSONLY,
  SOF_TIMESTAMPING_RX_SOFTWARE,
  SOF_TIMESTAMPING_SOFTWARE,
  SOF_TIMESTAMPING_TX_SCHED,
  SOF_TIMESTAMPING_TX_SOFTWARE,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  socketOptions,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { bound, int, ipv4, ipv6, message, polled, portOf, readText } from './support.js';

/** A port where nobody listens. */
function deadPort(t: Context, local = ipv4(0)): number {
  const { fd, port } = bound(t.process, local);
  t.process.close(fd);
  return port;
}

body('icmp-port-unreachable', async (t) => {
  const p = t.process;
  for (const [which, local] of [
    ['IPv4', ipv4],
    ['IPv6', ipv6],
  ] as const) {
    const port = deadPort(t, local(0));
    const { fd } = bound(p, local(0));
    t.is(`${which}: not connected, unnoticed`, p.sendto(fd, 'x', 0, local(port)), 1);
    await t.pass(1);
    t.is(`${which}: poll`, polled(p, fd), 'OUT');
    p.connect(fd, local(port));
    t.is(`${which}: send connected`, p.send(fd, 'x'), 1);
    await t.pass(1);
    t.is(`${which}: poll connected`, polled(p, fd), 'OUT|ERR');
    t.gives(`${which}: receive`, 'ECONNREFUSED', () => p.recv(fd, new Uint8Array(1)));
    t.gives(`${which}: receive again`, 'EAGAIN', () => p.recv(fd, new Uint8Array(1)));
    p.send(fd, 'x');
    await t.pass(1);
    t.gives(`${which}: send`, 'ECONNREFUSED', () => p.send(fd, 'x'));
    t.gives(`${which}: send again`, 'ok', () => p.send(fd, 'x'));
    await t.pass(1);
    t.is(`${which}: SO_ERROR`, int(p, fd, SOL_SOCKET, SO_ERROR), 111);
  }
});

body('error-queue', async (t) => {
  const p = t.process;
  for (const [which, local, option] of [
    ['IPv4', ipv4, socketOptions.ipReceiveErrors],
    ['IPv6', ipv6, socketOptions.ipv6ReceiveErrors],
  ] as const) {
    const port = deadPort(t, local(0));
    const { fd } = bound(p, local(0));
    p.setOption(fd, option, true);
    t.gives(`${which}: empty`, 'EAGAIN', () => message(p, fd, MSG_ERRQUEUE));
    p.sendto(fd, 'lost', 0, local(port));
    await t.pass(1);
    t.is(`${which}: poll`, polled(p, fd), 'OUT|ERR');
    const error = message(p, fd, MSG_ERRQUEUE);
    const { text, flags, address, control } = error;
    t.is(
      `${which}: data`,
      [text, flags & MSG_ERRQUEUE, portOf(address) === port],
      ['lost', MSG_ERRQUEUE, true],
    );
    const six = which === 'IPv6';
    t.is(`${which}: error`, control, [
      {
        type: 'error',
        errno: 111,
        origin: six ? 3 : 2,
        icmpType: six ? 1 : 3,
        icmpCode: six ? 4 : 3,
        info: 0,
        data: 0,
        offender: local(0),
      },
    ]);
    t.gives(`${which}: receive`, 'EAGAIN', () => p.recv(fd, new Uint8Array(1)));
    t.gives(`${which}: no more`, 'EAGAIN', () => message(p, fd, MSG_ERRQUEUE));
    t.is(`${which}: poll after`, polled(p, fd), 'OUT');
  }
});

body('error-queue-of-path-mtu', (t) => {
  const p = t.process;
  const { fd } = bound(p);
  t.process.setOption(fd, socketOptions.ipReceiveErrors, true);
  p.setsockopt(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
  t.world.host.route.links.change('lo', { mtu: 1500 });
  t.gives('a datagram that does not fit', 'EMSGSIZE', () =>
    p.sendto(fd, new Uint8Array(2000), 0, ipv4(9)),
  );
  const { control } = message(p, fd, MSG_ERRQUEUE);
  t.note('the local error', control);
  p.connect(fd, ipv4(9));
  t.is('IP_MTU', p.getOption(fd, socketOptions.ipMtu), 1500);
  t.gives('IP_MTU of what is not connected', 'ENOTCONN', () =>
    p.getOption(bound(p).fd, socketOptions.ipMtu),
  );
});

body('ipv4-control', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p, ipv4(0, '0.0.0.0'));
  p.setOption(b.fd, socketOptions.ipPacketInfo, true);
  p.setOption(b.fd, socketOptions.ipReceiveTimeToLive, true);
  p.setOption(b.fd, socketOptions.ipReceiveTypeOfService, true);
  p.sendto(a.fd, 'plain', 0, ipv4(b.port));
  t.note('defaults', message(p, b.fd).control);
  p.sendmsg(a.fd, {
    data: ['a', 'bc'],
    address: ipv4(b.port),
    control: [
      { type: 'timeToLive', version: 4, value: 33 },
      { type: 'typeOfService', version: 4, value: 0x2c },
    ],
  });
  const both = message(p, b.fd);
  t.is('received', both.text, 'abc');
  t.note('control', both.control);
  p.setsockopt(a.fd, SOL_IP, IP_TTL, 9);
  p.setsockopt(a.fd, SOL_IP, IP_TOS, 0x1b);
  t.is('the options', [int(p, a.fd, SOL_IP, IP_TTL), int(p, a.fd, SOL_IP, IP_TOS)], [9, 0x1b]);
  p.sendto(a.fd, 'x', 0, ipv4(b.port, '127.0.0.7'));
  t.note('by the options', message(p, b.fd).control);
  const wild = bound(p, ipv4(0, '0.0.0.0'));
  p.sendmsg(wild.fd, {
    data: ['x'],
    address: ipv4(b.port),
    control: [{ type: 'packetInfo', interfaceIndex: 0, address: '127.0.0.5' }],
  });
  const from = message(p, b.fd).address;
  t.is(
    'the source is chosen by IP_PKTINFO',
    from !== undefined && 'address' in from && from.address,
    '127.0.0.5',
  );
  for (const [label, value] of [
    ['a hop limit of 0', 0],
    ['a hop limit of 256', 256],
    ['a hop limit of -1', -1],
  ] as const) {
    t.note(label, [
      t.try(() =>
        p.sendmsg(a.fd, {
          data: ['x'],
          address: ipv4(b.port),
          control: [{ type: 'timeToLive', version: 4, value }],
        }),
      ),
      t.try(() => p.setsockopt(a.fd, SOL_IP, IP_TTL, value)),
    ]);
  }
  t.gives('a type of service of 256', 'EINVAL', () =>
    p.sendmsg(a.fd, {
      data: ['x'],
      address: ipv4(b.port),
      control: [{ type: 'typeOfService', version: 4, value: 256 }],
    }),
  );
  t.gives('a control message of no kind', 'EINVAL', () =>
    p.sendmsg(a.fd, {
      data: ['x'],
      address: ipv4(b.port),
      control: [{ type: 'raw', level: SOL_IP, kind: 99, data: new Uint8Array(4) }],
    }),
  );
});

body('control-cut-short', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  p.setOption(b.fd, socketOptions.ipPacketInfo, true);
  for (const controlBytes of [0, 4, 12]) {
    p.sendto(a.fd, 'x', 0, ipv4(b.port));
    const { flags } = p.recvmsg(b.fd, { buffers: [new Uint8Array(2)], controlBytes });
    t.is(`${controlBytes} bytes`, flags & MSG_CTRUNC, MSG_CTRUNC);
  }
});

body('ipv6-control', (t) => {
  const p = t.process;
  const a = bound(p, ipv6(0));
  const b = bound(p, ipv6(0, '::'));
  p.setOption(b.fd, socketOptions.ipv6ReceivePacketInfo, true);
  p.setOption(b.fd, socketOptions.ipv6ReceiveHopLimit, true);
  p.setOption(b.fd, socketOptions.ipv6ReceiveTrafficClass, true);
  p.sendto(a.fd, 'x', 0, ipv6(b.port));
  t.note('defaults', message(p, b.fd).control);
  p.sendmsg(a.fd, {
    data: ['x'],
    address: ipv6(b.port),
    control: [
      { type: 'timeToLive', version: 6, value: 7 },
      { type: 'typeOfService', version: 6, value: 0x50 },
    ],
  });
  t.note('control', message(p, b.fd).control);
  p.setsockopt(a.fd, SOL_IPV6, IPV6_UNICAST_HOPS, 3);
  p.setsockopt(a.fd, SOL_IPV6, IPV6_TCLASS, 0x22);
  p.sendto(a.fd, 'x', 0, ipv6(b.port));
  t.note('by the options', message(p, b.fd).control);
  t.note(
    'hops',
    [-2, -1, 0, 255, 256].map(
      (n) => t.try(() => p.setsockopt(a.fd, SOL_IPV6, IPV6_UNICAST_HOPS, n)) ?? 'ok',
    ),
  );
  t.note(
    'classes',
    [-2, -1, 0, 255, 256].map(
      (n) => t.try(() => p.setsockopt(a.fd, SOL_IPV6, IPV6_TCLASS, n)) ?? 'ok',
    ),
  );
  t.gives('a source that is nobody’s', 'EINVAL', () =>
    p.sendmsg(a.fd, {
      data: ['x'],
      address: ipv6(b.port),
      control: [{ type: 'packetInfo', interfaceIndex: 0, address: '2001:db8::1' }],
    }),
  );
  t.note(
    'an interface that is not there',
    t.try(() =>
      p.sendmsg(a.fd, {
        data: ['x'],
        address: ipv6(b.port),
        control: [{ type: 'packetInfo', interfaceIndex: 77, address: '::' }],
      }),
    ),
  );
});

body('ipv6-dual-stack', async (t) => {
  const p = t.process;
  const six = bound(p, ipv6(0, '::'));
  const four = bound(p);
  p.sendto(four.fd, 'x', 0, ipv4(six.port));
  t.is(
    'from IPv4',
    p.recvfrom(six.fd, new Uint8Array(2)).address,
    ipv6(four.port, '::ffff:127.0.0.1'),
  );
  p.sendto(six.fd, 'back', 0, ipv6(four.port, '::ffff:127.0.0.1'));
  t.is('to IPv4', readText(p, four.fd), 'back');
  t.note(
    'an IPv4 address on IPv6',
    t.try(() => p.sendto(six.fd, 'x', 0, ipv4(four.port))),
  );
  t.gives('IPV6_V6ONLY once bound', 'EINVAL', () => p.setsockopt(six.fd, SOL_IPV6, IPV6_V6ONLY, 1));
  const only = p.socket(AF_INET6, SOCK_DGRAM);
  p.setsockopt(only, SOL_IPV6, IPV6_V6ONLY, 1);
  t.gives('a mapped address with IPV6_V6ONLY', 'ENETUNREACH', () =>
    p.sendto(only, 'x', 0, ipv6(four.port, '::ffff:127.0.0.1')),
  );
  t.note(
    'bind a mapped one',
    t.try(() => p.bind(only, ipv6(0, '::ffff:127.0.0.1'))),
  );
  const listener = p.socket(AF_INET6, SOCK_STREAM);
  p.bind(listener, ipv6(4000, '::'));
  p.listen(listener);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('TCP over IPv4 to IPv6', 'ok', p.connectAsync(client, ipv4(4000)));
  const { fd, address } = p.accept(listener);
  t.is('its name', p.getsockname(fd), ipv6(4000, '::ffff:127.0.0.1'));
  t.is('its peer', portOf(address) === portOf(p.getsockname(client)), true);
  const native = p.socket(AF_INET6, SOCK_STREAM);
  await t.givesLater('TCP over IPv6', 'ok', p.connectAsync(native, ipv6(4000)));
  t.is('name', p.getpeername(native), ipv6(4000));
});

body('ipv6-scope', async (t) => {
  const p = t.process;
  const link = 'fe80::1234';
  t.world.host.route.addresses.add('lo', { address: `${link}/64`, flags: 2 });
  // Its route comes with a work item.
  await t.pass(20);
  const fd = p.socket(AF_INET6, SOCK_DGRAM);
  t.gives('a link-local address without scope', 'EINVAL', () => p.bind(fd, ipv6(5000, link)));
  t.note(
    'a scope that is not there',
    t.try(() => p.bind(fd, ipv6(5000, link, 99))),
  );
  t.gives('with scope', 'ok', () => p.bind(fd, ipv6(5000, link, 1)));
  t.is('name', p.getsockname(fd), ipv6(5000, link, 1));
  const other = p.socket(AF_INET6, SOCK_DGRAM);
  t.note(
    'send without scope',
    t.try(() => p.sendto(other, 'x', 0, ipv6(5000, link))),
  );
  t.is('send', p.sendto(other, 'x', 0, ipv6(5000, link, 1)), 1);
  const { address } = p.recvfrom(fd, new Uint8Array(2));
  t.is('the sender’s scope', address?.family === AF_INET6 && address.scopeId, 1);
  t.gives('nobody’s address', 'EADDRNOTAVAIL', () =>
    p.bind(p.socket(AF_INET6, SOCK_DGRAM), ipv6(5000, '2001:db8::9')),
  );
  t.note(
    'no route',
    t.try(() => p.sendto(other, 'x', 0, ipv6(1, '2001:db8::9'))),
  );
});

body('receive-timestamps', async (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  const near = (seconds: number): boolean =>
    Math.abs(seconds - p.clockGettime(CLOCK_REALTIME).seconds) <= 1;
  for (const option of ['timestamp', 'timestampNs'] as const) {
    p.setOption(b.fd, socketOptions[option], true);
    p.sendto(a.fd, 'x', 0, ipv4(b.port));
    const [stamp] = message(p, b.fd).control;
    t.is(option, stamp?.type === 'timestamp' && near(stamp.time.seconds), true);
    p.setOption(b.fd, socketOptions[option], false);
  }
  p.setOption(
    b.fd,
    socketOptions.timestamping,
    SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE,
  );
  // A work item of Linux’s turns it on.
  await t.pass(20);
  p.sendto(a.fd, 'x', 0, ipv4(b.port));
  const [stamp] = message(p, b.fd).control;
  t.is('timestamping', stamp?.type === 'timestamping' && near(stamp.software.seconds), true);
});

body('transmit-timestamps', async (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  const flags =
    SOF_TIMESTAMPING_TX_SCHED |
    SOF_TIMESTAMPING_TX_SOFTWARE |
    SOF_TIMESTAMPING_SOFTWARE |
    SOF_TIMESTAMPING_OPT_ID |
    SOF_TIMESTAMPING_OPT_TSONLY;
  p.setOption(a.fd, socketOptions.timestamping, flags);
  for (let i = 0; i < 2; i++) p.sendto(a.fd, 'stamped', 0, ipv4(b.port));
  await t.pass(2);
  t.is('poll', polled(p, a.fd), 'OUT|ERR');
  const seen: unknown[] = [];
  while (polled(p, a.fd) === 'OUT|ERR') {
    const { control, length } = message(p, a.fd, MSG_ERRQUEUE);
    const error = control.find(({ type }) => type === 'error');
    const stamp = control.find(({ type }) => type === 'timestamping');
    seen.push([length, error, stamp?.type === 'timestamping' && stamp.software.seconds > 1]);
  }
  t.note('stamps', seen);
  t.note(
    'unknown flags',
    t.try(() => p.setOption(a.fd, socketOptions.timestamping, 1 << 30)),
  );
});

body('ipv4-only-sockets', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  t.note(
    'IPV6 level on IPv4',
    t.try(() => int(p, fd, SOL_IPV6, IPV6_V6ONLY)),
  );
  const six = p.socket(AF_INET6, SOCK_STREAM);
  t.note(
    'IP level on IPv6',
    t.try(() => int(p, six, SOL_IP, IP_TTL)),
  );
  t.note(
    'setting it',
    t.try(() => p.setsockopt(six, SOL_IP, IP_TTL, 7)),
  );
});
