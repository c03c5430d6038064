// SPDX-License-Identifier: GPL-2.0-only
/** More of TCP: over IPv6, deferred accepts, fast open, zero copy, simultaneous users of one socket. */
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_FASTOPEN,
  MSG_ZEROCOPY,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  socketOptions,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import {
  bound,
  ipv4,
  ipv6,
  message,
  polled,
  portOf,
  readText,
  tcpListener,
  tcpPair,
} from './support.js';

body('tcp-ipv6', async (t) => {
  const p = t.process;
  const listener = p.socket(AF_INET6, SOCK_STREAM);
  p.bind(listener, ipv6(4000));
  p.listen(listener);
  const client = p.socket(AF_INET6, SOCK_STREAM);
  await t.givesLater('connect', 'ok', p.connectAsync(client, ipv6(4000)));
  const { fd, address } = p.accept(listener);
  t.is('peer', address, p.getsockname(client));
  t.is('names', [p.getsockname(fd), p.getpeername(client)], [ipv6(4000), ipv6(4000)]);
  p.write(client, 'six');
  t.is('read', readText(p, fd), 'six');
  p.shutdown(client, SHUT_WR);
  t.is('end', [readText(p, fd), polled(p, fd)], ['', 'IN|OUT|RDHUP']);
  const refused = p.socket(AF_INET6, SOCK_STREAM);
  await t.givesLater('refused', 'ECONNREFUSED', p.connectAsync(refused, ipv6(9)));
  t.gives('no route', 'ENETUNREACH', () =>
    p.connect(p.socket(AF_INET6, SOCK_STREAM), ipv6(1, '2001:db8::1')),
  );
  t.gives('an IPv4 address, which is too short', 'EINVAL', () =>
    p.connect(p.socket(AF_INET6, SOCK_STREAM), ipv4(1)),
  );
});

body('tcp-defer-accept', async (t) => {
  const p = t.process;
  const listener = p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  p.setOption(listener, socketOptions.tcpDeferAcceptSeconds, 5);
  p.bind(listener, ipv4(4000));
  p.listen(listener);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(4000)));
  t.is('connected', polled(p, client), 'OUT');
  t.gives('nothing to accept', 'EAGAIN', () => p.accept(listener));
  p.write(client, 'data');
  await t.pass(2);
  t.is('with data', polled(p, listener), 'IN');
  t.is('read', readText(p, p.accept(listener).fd), 'data');
});

body('tcp-fast-open', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  p.setOption(listener, socketOptions.tcpFastOpen, 5);
  const client = p.socket(AF_INET, SOCK_STREAM);
  const sent = t.try(() => p.sendto(client, 'early', MSG_FASTOPEN, ipv4(4000)));
  t.note('without a cookie', sent);
  await t.pass(2);
  const { fd } = p.accept(listener);
  await t.pass(2);
  t.note(
    'data',
    t.try(() => p.recv(fd, new Uint8Array(16), MSG_DONTWAIT)),
  );
  t.note(
    'again',
    t.try(() => p.sendto(client, 'x', MSG_FASTOPEN, ipv4(4000))),
  );
  const lazy = p.socket(AF_INET, SOCK_STREAM);
  p.setOption(lazy, socketOptions.tcpFastOpenConnect, true);
  t.note(
    'a lazy connect',
    t.try(() => p.connect(lazy, ipv4(4000))),
  );
});

body('zero-copy', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  t.gives('no notification yet', 'EAGAIN', () => message(p, client, MSG_ERRQUEUE));
  p.setOption(client, socketOptions.zeroCopy, true);
  t.is(
    'send',
    t.try(() => p.send(client, 'without a copy', MSG_ZEROCOPY)),
    14,
  );
  t.is(
    'read',
    t.try(() => p.recv(server, new Uint8Array(64), MSG_DONTWAIT)),
    14,
  );
  await t.pass(5);
  const said = t.try(() => message(p, client, MSG_ERRQUEUE));
  t.note('notification', typeof said === 'string' ? said : said.control);
});

body('udp-ipv6-multicast', (t) => {
  const p = t.process;
  const group = 'ff02::1234';
  const member = bound(p, ipv6(0, '::'));
  const join = (address: string, interfaceIndex: number) => (): void =>
    p.setOption(member.fd, socketOptions.ipv6JoinGroup, { group: address, interfaceIndex });
  t.gives('join', 'ok', join(group, 1));
  t.gives('twice', 'EADDRINUSE', join(group, 1));
  t.gives('not multicast', 'EINVAL', join('::1', 1));
  t.gives('no such interface', 'ENODEV', join(group, 99));
  const sender = bound(p, ipv6(0));
  const to = ipv6(member.port, group, 1);
  t.gives('without a route', 'ENETUNREACH', () => p.sendto(sender.fd, 'all', 0, to));
  t.world.host.route.routes.add({ destination: 'ff02::/16', index: 1, table: 255, type: 5 });
  t.is('send', p.sendto(sender.fd, 'all', 0, to), 3);
  t.note(
    'receive',
    t.try(() => readText(p, member.fd)),
  );
  p.setOption(member.fd, socketOptions.ipv6LeaveGroup, { group, interfaceIndex: 1 });
  t.gives('leave twice', 'EADDRNOTAVAIL', () =>
    p.setOption(member.fd, socketOptions.ipv6LeaveGroup, { group, interfaceIndex: 1 }),
  );
  t.is('ports', portOf(p.getsockname(sender.fd)) > 0, true);
});

body('two-readers', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const child = p.fork();
  const [mine, theirs] = [new Uint8Array(3), new Uint8Array(3)];
  const first = p.readAsync(server, mine);
  await t.pass(1);
  const second = child.readAsync(server, theirs);
  await t.pass(1);
  p.write(client, 'abcdef');
  t.is('each gets its part', [await t.until(first), await t.until(second)], [3, 3]);
  t.is('all was read', [Buffer.from(mine).toString(), Buffer.from(theirs).toString()].sort(), [
    'abc',
    'def',
  ]);
});
