// SPDX-License-Identifier: GPL-2.0-only
/** Connecting and accepting over TCP: refused, in progress, established, twice, and what accept4 gives. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  F_GETFD,
  F_GETFL,
  O_NONBLOCK,
  SO_ACCEPTCONN,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  socketOptions,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { int, ipv4, ipv6, polled, readText, tcpListener, tcpPair } from './support.js';

body('connect-refused', async (t) => {
  const p = t.process;
  const blocking = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('blocking', 'ECONNREFUSED', p.connectAsync(blocking, ipv4(9)));
  await t.givesLater('again on the same socket', 'ECONNREFUSED', p.connectAsync(blocking, ipv4(9)));
  const late = p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  t.gives('non-blocking', 'EINPROGRESS', () => p.connect(late, ipv4(9)));
  await t.pass(2);
  t.is('poll', polled(p, late), 'IN|OUT|ERR|HUP|RDHUP');
  t.is('SO_ERROR', int(p, late, SOL_SOCKET, SO_ERROR), 111);
  t.is('SO_ERROR is cleared', int(p, late, SOL_SOCKET, SO_ERROR), 0);
  t.gives('read', 'ok', () => p.read(late, new Uint8Array(1)));
  t.gives('write', 'EPIPE', () => p.write(late, 'x'));
  t.gives('connect after the error was taken', 'ECONNABORTED', () => p.connect(late, ipv4(9)));
});

body('connect-established', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  const client = p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  t.is('poll before', polled(p, client), 'OUT|HUP');
  t.gives('in progress', 'EINPROGRESS', () => p.connect(client, ipv4(4000)));
  await t.pass(2);
  t.is('poll', polled(p, client), 'OUT');
  t.gives('the first connect after', 'ok', () => p.connect(client, ipv4(4000)));
  t.gives('the next', 'EISCONN', () => p.connect(client, ipv4(4000)));
  t.is('listener', polled(p, listener), 'IN');
  const { fd, address } = p.accept(listener);
  t.is('peer', address, p.getsockname(client));
  t.is('its name', p.getsockname(fd), ipv4(4000));
  t.is('its peer', p.getpeername(fd), p.getsockname(client));
  t.is('client’s peer', p.getpeername(client), ipv4(4000));
  t.is('listener afterwards', polled(p, listener), '');
  p.write(client, 'hello');
  t.is('read', readText(p, fd), 'hello');
  t.gives('bind a connected socket', 'EINVAL', () => p.bind(client, ipv4(4001)));
  t.gives('listen on a connected socket', 'EINVAL', () => p.listen(client));
});

body('connect-states', async (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  t.gives('getpeername', 'ENOTCONN', () => p.getpeername(fd));
  t.is('getsockname', p.getsockname(fd), ipv4(0, '0.0.0.0'));
  t.gives('shutdown', 'ENOTCONN', () => p.shutdown(fd, 1));
  t.gives('accept', 'EINVAL', () => p.accept(fd));
  t.gives('read', 'ENOTCONN', () => p.read(fd, new Uint8Array(1)));
  t.gives('write', 'EPIPE', () => p.write(fd, 'x'));
  const listener = tcpListener(p, 4000);
  t.gives('connect a listener', 'EISCONN', () => p.connect(listener, ipv4(4000)));
  t.gives('read a listener', 'ENOTCONN', () => p.read(listener, new Uint8Array(1)));
  t.gives('write to a listener', 'EPIPE', () => p.write(listener, 'x'));
  t.gives('getpeername of a listener', 'ENOTCONN', () => p.getpeername(listener));
  t.gives('listen again', 'ok', () => p.listen(listener, 1));
  t.is('SO_ACCEPTCONN', int(p, listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
  t.gives('family of IPv6', 'EAFNOSUPPORT', () => p.connect(fd, ipv6(4000)));
  t.gives('family of unix, too short', 'EINVAL', () =>
    p.connect(fd, { family: AF_UNIX, path: '/x' }),
  );
  t.gives('short address', 'EINVAL', () =>
    p.connect(fd, { family: 'raw', bytes: Uint8Array.of(2, 0, 1, 1) }),
  );
  t.gives('an address of one byte', 'EINVAL', () =>
    p.connect(fd, { family: 'raw', bytes: Uint8Array.of(2) }),
  );
  t.note(
    'port 0',
    t.try(() => p.connect(fd, ipv4(0))),
  );
  t.note(
    'broadcast',
    t.try(() => p.connect(p.socket(AF_INET, SOCK_STREAM), ipv4(1, '255.255.255.255'))),
  );
  t.note(
    'multicast',
    t.try(() => p.connect(p.socket(AF_INET, SOCK_STREAM), ipv4(1, '224.0.0.1'))),
  );
  t.gives('no route', 'ENETUNREACH', () =>
    p.connect(p.socket(AF_INET, SOCK_STREAM), ipv4(1, '10.1.1.1')),
  );
  const any = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('0.0.0.0 is this host', 'ok', p.connectAsync(any, ipv4(4000, '0.0.0.0')));
  t.is('the peer then', p.getpeername(any), ipv4(4000));
});

body('connect-dissolve', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.connect(client, { family: AF_UNSPEC });
  t.gives('getpeername', 'ENOTCONN', () => p.getpeername(client));
  t.gives('the other end', 'ECONNRESET', () => p.read(server, new Uint8Array(1)));
  await t.givesLater('connect again', 'ok', p.connectAsync(client, ipv4(4000)));
  const fresh = p.socket(AF_INET, SOCK_STREAM);
  t.gives('of a socket without a peer', 'ok', () => p.connect(fresh, { family: AF_UNSPEC }));
});

body('accept4-flags', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  p.setNonBlocking(listener);
  t.gives('nothing there', 'EAGAIN', () => p.accept(listener));
  const connect = (): Promise<void> =>
    t.until(p.connectAsync(p.socket(AF_INET, SOCK_STREAM), ipv4(4000)));
  for (const flags of [0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC]) {
    await connect();
    const { fd } = p.accept(listener, flags);
    t.is(`nonblocking with ${flags}`, p.isNonBlocking(fd), (flags & SOCK_NONBLOCK) !== 0);
    t.is(`F_GETFD with ${flags}`, p.fcntl(fd, F_GETFD), (flags & SOCK_CLOEXEC) === 0 ? 0 : 1);
  }
  await connect();
  t.gives('an unknown flag', 'EINVAL', () => p.accept(listener, 0x10));
  t.gives('the connection is still there', 'ok', () => p.accept(listener));
  t.gives('of a datagram socket', 'EOPNOTSUPP', () => p.accept(p.socket(AF_INET, SOCK_DGRAM)));
  t.gives('of a pipe', 'ENOTSOCK', () => p.accept(p.pipe()[0]));
  t.gives('of nothing', 'EBADF', () => p.accept(99));
});

body('accept-inherits-options', async (t) => {
  const p = t.process;
  const listener = p.socket(AF_INET, SOCK_STREAM);
  p.setOption(listener, socketOptions.keepAlive, true);
  p.setOption(listener, socketOptions.tcpNoDelay, true);
  p.setOption(listener, socketOptions.lingerSeconds, 7);
  p.setOption(listener, socketOptions.receiveBufferBytes, 20000);
  p.setOption(listener, socketOptions.priority, 3);
  p.bind(listener, ipv4(4000));
  p.listen(listener);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(4000)));
  const { fd } = p.accept(listener);
  t.is('keepAlive', p.getOption(fd, socketOptions.keepAlive), true);
  t.is('noDelay', p.getOption(fd, socketOptions.tcpNoDelay), true);
  t.is('linger', p.getOption(fd, socketOptions.lingerSeconds), 7);
  t.is('receive buffer', p.getOption(fd, socketOptions.receiveBufferBytes), 40000);
  t.note('priority', p.getOption(fd, socketOptions.priority));
  t.is('acceptsConnections', p.getOption(fd, socketOptions.acceptsConnections), false);
  t.is('flags', p.fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
});

body('listen-backlog', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000, 1);
  const clients: number[] = [];
  for (let i = 0; i < 4; i++) {
    const fd = p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    t.gives(`connect ${i}`, 'EINPROGRESS', () => p.connect(fd, ipv4(4000)));
    clients.push(fd);
  }
  await t.pass(5);
  t.is(
    'states',
    clients.map((fd) => polled(p, fd)),
    ['OUT', 'OUT', '', ''],
  );
  p.accept(listener);
  p.accept(listener);
  // The SYNs that found no room are sent again after a second.
  await t.pass(1300);
  t.is(
    'a second later',
    clients.map((fd) => polled(p, fd)),
    ['OUT', 'OUT', 'OUT', 'OUT'],
  );
});

body('listen-without-bind', async (t) => {
  const p = t.process;
  const listener = p.socket(AF_INET, SOCK_STREAM);
  p.listen(listener);
  const name = p.getsockname(listener);
  const port = name?.family === AF_INET ? name.port : 0;
  t.is('it has a port', port > 0, true);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('connect', 'ok', p.connectAsync(client, ipv4(port)));
  t.gives('listen on a datagram socket', 'EOPNOTSUPP', () =>
    p.listen(p.socket(AF_INET, SOCK_DGRAM)),
  );
  t.gives('listen on a pipe', 'ENOTSOCK', () => p.listen(p.pipe()[0]));
  t.gives('a negative backlog', 'ok', () => p.listen(p.socket(AF_INET6, SOCK_STREAM), -1));
});

body('listener-closed', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(4000)));
  p.close(listener);
  t.is('a connection that nobody accepted', polled(p, client), 'IN|OUT|ERR|HUP|RDHUP');
  t.gives('read', 'ECONNRESET', () => p.read(client, new Uint8Array(1)));
  const other = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('connect', 'ECONNREFUSED', p.connectAsync(other, ipv4(4000)));
});

body('listener-shutdown', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  p.setNonBlocking(listener);
  p.shutdown(listener, 0);
  t.gives('accept', 'EINVAL', () => p.accept(listener));
  t.note('poll', polled(p, listener));
  t.gives('listen again', 'ok', () => p.listen(listener));
  t.gives('accept again', 'EAGAIN', () => p.accept(listener));
  await t.pass(1);
});

body('self-connect', async (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  p.bind(fd, ipv4(4100));
  await t.givesLater('connect', 'ok', p.connectAsync(fd, ipv4(4100)));
  p.write(fd, 'me');
  t.is('read', readText(p, fd), 'me');
});
