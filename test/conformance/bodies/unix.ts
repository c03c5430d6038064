// SPDX-License-Identifier: GPL-2.0-only
/** Unix sockets: names, kinds, descriptors and credentials that go along, and full queues. */
import {
  AF_INET,
  AF_UNIX,
  DT_SOCK,
  EPOLLIN,
  F_GETFD,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_RD,
  SHUT_WR,
  SO_PEEK_OFF,
  SO_PASSCRED,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  socketOptions,
  type Process,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { message, polled, readText, text } from './support.js';

const abstract = (name: string): SocketAddress => ({
  family: AF_UNIX,
  abstract: new TextEncoder().encode(name),
});
const path = (name: string): SocketAddress => ({ family: AF_UNIX, path: name });
const kinds = [
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
] as const;

/** The descriptors that came with a message. */
function rights(p: Process, fd: number, flags = 0): readonly number[] {
  const [control] = message(p, fd, flags | MSG_DONTWAIT).control;
  return control?.type === 'rights' ? control.fds : [];
}

body('unix-pairs', (t) => {
  const p = t.process;
  for (const [kind, type] of kinds) {
    const [a, b] = p.socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC);
    t.is(`${kind}: flags`, [p.fcntl(a, F_GETFD), p.isNonBlocking(b)], [1, true]);
    t.is(`${kind}: name`, p.getsockname(a), { family: AF_UNIX });
    t.is(`${kind}: peer`, p.getpeername(a), { family: AF_UNIX });
    t.gives(`${kind}: empty`, 'EAGAIN', () => p.read(b, new Uint8Array(1)));
    p.write(a, 'hello');
    t.is(`${kind}: poll`, [polled(p, a), polled(p, b)], ['OUT', 'IN|OUT']);
    t.is(`${kind}: bytes to read`, p.bytesToRead(b), 5);
    t.note(`${kind}: bytes unsent`, p.bytesUnsent(a) > 0);
    t.is(`${kind}: peek`, p.recv(b, new Uint8Array(3), MSG_PEEK), 3);
    t.note(`${kind}: peek with MSG_TRUNC`, p.recv(b, new Uint8Array(3), MSG_PEEK | MSG_TRUNC));
    t.is(`${kind}: read a part`, readText(p, b, 3), 'hel');
    // A stream keeps the rest, a message loses it.
    t.gives(`${kind}: read on`, kind === 'stream' ? 'ok' : 'EAGAIN', () =>
      p.read(b, new Uint8Array(9)),
    );
    t.note(`${kind}: write nothing`, [p.write(a, ''), t.try(() => p.read(b, new Uint8Array(9)))]);
    p.shutdown(a, SHUT_WR);
    t.note(`${kind}: shut for writing`, [
      polled(p, a),
      polled(p, b),
      t.try(() => p.read(b, new Uint8Array(1))),
    ]);
    t.gives(`${kind}: write then`, 'EPIPE', () => p.send(a, 'x', MSG_NOSIGNAL));
    t.is(`${kind}: the other way`, [p.write(b, 'back'), readText(p, a)], [4, 'back']);
    p.shutdown(a, SHUT_RD);
    t.note(`${kind}: shut for reading`, [
      t.try(() => p.send(b, 'x', MSG_NOSIGNAL)),
      polled(p, a),
      polled(p, b),
    ]);
    p.close(b);
    t.note(`${kind}: closed`, [
      polled(p, a),
      t.try(() => p.send(a, 'x', MSG_NOSIGNAL)),
      t.try(() => readText(p, a)),
    ]);
  }
  t.gives('of IPv4', 'EOPNOTSUPP', () => p.socketpair(AF_INET, SOCK_STREAM));
  t.note(
    'raw is dgram',
    t.try(() => p.getOption(p.socketpair(AF_UNIX, SOCK_RAW)[0], socketOptions.type)),
  );
  t.gives('a protocol', 'EPROTONOSUPPORT', () => p.socketpair(AF_UNIX, SOCK_STREAM, 17));
});

body('unix-unread-data-resets', (t) => {
  const p = t.process;
  for (const [kind, type] of kinds) {
    const [a, b] = p.socketpair(AF_UNIX, type | SOCK_NONBLOCK);
    p.write(a, 'unread');
    p.close(b);
    t.note(kind, [polled(p, a), t.try(() => readText(p, a)), t.try(() => readText(p, a))]);
  }
});

body('unix-stream', async (t) => {
  const p = t.process;
  const server = p.socket(AF_UNIX, SOCK_STREAM);
  p.bind(server, abstract('svc'));
  t.is('name', p.getsockname(server), abstract('svc'));
  const other = p.socket(AF_UNIX, SOCK_STREAM);
  t.gives('a name that is taken', 'EADDRINUSE', () => p.bind(other, abstract('svc')));
  t.gives('nobody listens', 'ECONNREFUSED', () => p.connect(other, abstract('svc')));
  t.gives('no such name', 'ECONNREFUSED', () => p.connect(other, abstract('none')));
  p.listen(server, 1);
  t.gives('connect', 'ok', () => p.connect(other, abstract('svc')));
  t.gives('connect again', 'EISCONN', () => p.connect(other, abstract('svc')));
  t.is('listener', polled(p, server), 'IN');
  const { fd, address } = p.accept(server);
  t.is(
    'accepted',
    [address, p.getsockname(fd), p.getpeername(fd)],
    [{ family: AF_UNIX }, abstract('svc'), { family: AF_UNIX }],
  );
  const { pid, uid, gid } = p.getOption(fd, socketOptions.peerCredentials);
  t.is('credentials of the client', [pid === p.pid, uid, gid], [true, 0, 0]);
  t.note(
    'credentials of a listener',
    p.getOption(server, socketOptions.peerCredentials).pid === p.pid,
  );
  t.gives('sendto on a stream', 'EISCONN', () => p.sendto(other, 'x', 0, abstract('svc')));
  const more = [1, 2, 3].map(() => p.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK));
  t.is(
    'a full backlog',
    more.map((each) => t.try(() => p.connect(each, abstract('svc'))) ?? 'ok'),
    ['ok', 'ok', 'EAGAIN'],
  );
  const waiting = p.connectAsync(p.socket(AF_UNIX, SOCK_STREAM), abstract('svc'));
  await t.pass(1);
  p.accept(server);
  t.is(
    'a blocking connect waits for room',
    await t.until(waiting.then(() => 'connected')),
    'connected',
  );
  p.close(server);
  t.gives('a connection that was not accepted', 'ECONNRESET', () =>
    p.read(more[1]!, new Uint8Array(1)),
  );
  t.gives('listen unbound', 'EINVAL', () => p.listen(p.socket(AF_UNIX, SOCK_STREAM)));
  t.gives('accept on what does not listen', 'EINVAL', () => p.accept(other));
  t.gives('write unconnected', 'ENOTCONN', () =>
    p.send(p.socket(AF_UNIX, SOCK_STREAM), 'x', MSG_NOSIGNAL),
  );
  t.note(
    'read unconnected',
    t.try(() => p.read(p.socket(AF_UNIX, SOCK_STREAM), new Uint8Array(1))),
  );
});

body('unix-paths', (t) => {
  const p = t.process;
  const server = p.socket(AF_UNIX, SOCK_STREAM);
  p.bind(server, path('sock'));
  t.is('name', p.getsockname(server), path('sock'));
  const entry = p.readDirectory('.').find((each) => each.name === 'sock');
  t.is('a socket in the file system', entry?.type, DT_SOCK);
  t.gives('taken', 'EADDRINUSE', () => p.bind(p.socket(AF_UNIX, SOCK_STREAM), path('sock')));
  t.gives('twice', 'EINVAL', () => p.bind(server, path('other')));
  p.listen(server);
  const client = p.socket(AF_UNIX, SOCK_STREAM);
  t.gives('connect', 'ok', () => p.connect(client, path('sock')));
  t.is('peer', p.getpeername(client), path('sock'));
  t.gives('no such file', 'ENOENT', () => p.connect(p.socket(AF_UNIX, SOCK_STREAM), path('none')));
  p.mkdir('folder');
  t.gives('a folder', 'ECONNREFUSED', () =>
    p.connect(p.socket(AF_UNIX, SOCK_STREAM), path('folder')),
  );
  t.gives('in what is no folder', 'ENOTDIR', () =>
    p.bind(p.socket(AF_UNIX, SOCK_STREAM), path('sock/x')),
  );
  t.gives('in no folder', 'ENOENT', () => p.bind(p.socket(AF_UNIX, SOCK_STREAM), path('none/x')));
  t.gives('the wrong kind', 'EPROTOTYPE', () =>
    p.connect(p.socket(AF_UNIX, SOCK_DGRAM), path('sock')),
  );
  t.gives('open it', 'ENXIO', () => p.open('sock'));
  p.unlink('sock');
  t.gives('unlinked', 'ENOENT', () => p.connect(p.socket(AF_UNIX, SOCK_STREAM), path('sock')));
  t.gives('bind again', 'ok', () => p.bind(p.socket(AF_UNIX, SOCK_STREAM), path('sock')));
  const nobody = t.spawn();
  nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const theirs = nobody.socket(AF_UNIX, SOCK_STREAM);
  t.gives('no permission', 'EACCES', () => nobody.connect(theirs, path('sock')));
  for (const lengthBytes of [1, 2, 3, 107, 108, 109, 110, 111]) {
    const bytes = new Uint8Array(lengthBytes).fill(97);
    bytes.set([1, 0].slice(0, lengthBytes));
    const fd = p.socket(AF_UNIX, SOCK_STREAM);
    const outcome = t.try(() => p.bind(fd, { family: 'raw', bytes })) ?? 'ok';
    t.note(`an address of ${lengthBytes} bytes`, [
      outcome,
      lengthBytes === 2 ? '' : p.getsockname(fd),
    ]);
  }
});

body('unix-autobind', (t) => {
  const p = t.process;
  const fd = p.socket(AF_UNIX, SOCK_DGRAM);
  p.bind(fd, { family: 'raw', bytes: Uint8Array.of(1, 0) });
  const name = p.getsockname(fd);
  t.is('five characters', name?.family === AF_UNIX && name.abstract?.byteLength, 5);
  const sender = p.socket(AF_UNIX, SOCK_DGRAM);
  p.bind(sender, abstract('sender'));
  p.sendto(sender, 'x', 0, name!);
  t.is('from', p.recvfrom(fd, new Uint8Array(1)).address, abstract('sender'));
  const binary: SocketAddress = { family: AF_UNIX, abstract: Uint8Array.of(0, 1, 0, 255) };
  const odd = p.socket(AF_UNIX, SOCK_DGRAM);
  p.bind(odd, binary);
  t.is('a name of any bytes', p.getsockname(odd), binary);
});

body('unix-datagrams', async (t) => {
  const p = t.process;
  const [a, b, c] = ['a', 'b', 'c'].map((name) => {
    const fd = p.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    p.bind(fd, abstract(name));
    return fd;
  }) as [number, number, number];
  t.gives('nobody', 'ECONNREFUSED', () => p.sendto(a, 'x', 0, abstract('nobody')));
  t.gives('unconnected', 'ENOTCONN', () => p.send(a, 'x', MSG_NOSIGNAL));
  p.connect(b, abstract('a'));
  t.gives('b listens to a only', 'EPERM', () => p.sendto(c, 'x', 0, abstract('b')));
  t.gives('c to a', 'ok', () => p.sendto(c, 'x', 0, abstract('a')));
  p.connect(a, abstract('b'));
  t.note(
    'what was queued of others is dropped',
    t.try(() => p.read(a, new Uint8Array(1))),
  );
  let count = 0;
  let outcome: number | string = 0;
  while (typeof outcome === 'number' && count < 10000) {
    outcome = t.try(() => p.send(a, 'fill', MSG_DONTWAIT));
    count++;
  }
  t.is('a full queue', [outcome, count > 10], ['EAGAIN', true]);
  t.is('poll', polled(p, a), '');
  p.setNonBlocking(a, false);
  const waiting = p.sendAsync(a, 'late');
  await t.pass(1);
  while (typeof t.try(() => p.read(b, new Uint8Array(4))) === 'number');
  t.is('a blocking send', await t.until(waiting), 4);
  t.is('it came', readText(p, b), 'late');
  const shut = p.socket(AF_UNIX, SOCK_DGRAM);
  p.shutdown(shut, SHUT_WR);
  t.note(
    'unconnected and shut',
    t.try(() => p.send(shut, 'x', MSG_NOSIGNAL)),
  );
  t.gives('too long', 'EMSGSIZE', () => p.sendto(c, new Uint8Array(1_000_000), 0, abstract('a')));
  p.close(b);
  t.gives('the peer is gone', 'ECONNREFUSED', () => p.send(a, 'x'));
});

body('unix-seqpacket', (t) => {
  const p = t.process;
  const [a, b] = p.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK);
  p.write(a, 'first');
  p.write(a, 'second');
  const peeked = message(p, b, MSG_PEEK);
  t.is('peek', peeked.text, 'first');
  t.note('flags', peeked.flags);
  const cut = message(p, b, 0, 2);
  t.is('cut', [cut.text, cut.flags & MSG_TRUNC], ['fi', MSG_TRUNC]);
  t.is('next', readText(p, b), 'second');
  t.note(
    'to an address',
    t.try(() => p.sendto(a, 'x', 0, abstract('y'))),
  );
});

body('unix-peek-offset', (t) => {
  const p = t.process;
  for (const [kind, type] of kinds) {
    const [a, b] = p.socketpair(AF_UNIX, type | SOCK_NONBLOCK);
    p.setsockopt(b, SOL_SOCKET, SO_PEEK_OFF, 1);
    p.write(a, 'abc');
    p.write(a, 'def');
    const peek = (): string => {
      const buffer = new Uint8Array(2);
      const n = t.try(() => p.recv(b, buffer, MSG_PEEK));
      return typeof n === 'number' ? text(buffer.subarray(0, n)) : n;
    };
    t.note(kind, [peek(), peek(), peek(), readText(p, b, 2), peek()]);
  }
});

body('scm-rights', (t) => {
  const p = t.process;
  for (const [kind, type] of kinds) {
    const [a, b] = p.socketpair(AF_UNIX, type | SOCK_NONBLOCK);
    const [readEnd, writeEnd] = p.pipe();
    const send = (fds: readonly number[], data = '!'): number =>
      p.sendmsg(a, { data: [data], control: [{ type: 'rights', fds }] });
    send([readEnd, writeEnd]);
    p.close(readEnd);
    p.close(writeEnd);
    const fds = rights(p, b, MSG_CMSG_CLOEXEC);
    t.is(`${kind}: two came`, fds.length, 2);
    p.write(fds[1]!, 'through');
    t.is(`${kind}: they work`, [readText(p, fds[0]!), p.fcntl(fds[0]!, F_GETFD)], ['through', 1]);
    t.gives(`${kind}: a wrong descriptor`, 'EBADF', () => send([999]));
    t.gives(`${kind}: one wrong of two`, 'EBADF', () => send([fds[0]!, -1]));
    t.note(
      `${kind}: none`,
      t.try(() => send([])),
    );
    while (typeof t.try(() => p.read(b, new Uint8Array(9))) === 'number');
    t.note(`${kind}: with no data`, [
      t.try(() => send([fds[0]!], '')),
      t.try(() => rights(p, b).length),
    ]);
    t.gives(`${kind}: 253`, 'ok', () => send(new Array<number>(253).fill(fds[0]!)));
    t.gives(`${kind}: 254`, 'EINVAL', () => send(new Array<number>(254).fill(fds[0]!)));
    t.note(
      `${kind}: cut`,
      (() => {
        const { control, flags } = p.recvmsg(b, { buffers: [new Uint8Array(4)], controlBytes: 24 });
        return [control.length, flags & MSG_CTRUNC];
      })(),
    );
    send([fds[0]!]);
    const none = p.recvmsg(b, { buffers: [new Uint8Array(4)], controlBytes: 0 });
    t.is(`${kind}: no room`, [none.control, none.flags & MSG_CTRUNC], [[], MSG_CTRUNC]);
    send([fds[0]!]);
    const peeked = rights(p, b, MSG_PEEK);
    t.is(`${kind}: peeking duplicates`, [peeked.length, rights(p, b).length], [1, 1]);
    p.close(b);
    p.close(a);
  }
});

body('scm-rights-stream-boundary', (t) => {
  const p = t.process;
  const [a, b] = p.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  p.write(a, 'plain');
  p.sendmsg(a, { data: ['with'], control: [{ type: 'rights', fds: [a] }] });
  p.write(a, 'after');
  const received = [message(p, b), message(p, b)];
  t.note(
    'messages',
    received.map(({ text: data, control }) => [data, control.length]),
  );
});

body('scm-rights-of-closed-sockets', async (t) => {
  const p = t.process;
  // Cycles: sockets that hold each other, unreachable from anywhere. They must go when the last descriptor does.
  const sockets = (): number => {
    const fd = p.open('/proc/net/unix');
    const buffer = new Uint8Array(65536);
    let all = '';
    for (let n = p.read(fd, buffer); n > 0; n = p.read(fd, buffer))
      all += text(buffer.subarray(0, n));
    p.close(fd);
    return all.split('\n').filter((line) => line !== '').length;
  };
  const before = sockets();
  const give = (through: number, fd: number): number =>
    p.sendmsg(through, { data: ['!'], control: [{ type: 'rights', fds: [fd] }] });
  for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
    // itself
    const [a, b] = p.socketpair(AF_UNIX, type);
    give(a, b);
    p.close(a);
    p.close(b);
    // each other
    const [c, d] = p.socketpair(AF_UNIX, type);
    const [e, f] = p.socketpair(AF_UNIX, type);
    give(c, f);
    give(e, d);
    // a chain
    const [g, h] = p.socketpair(AF_UNIX, type);
    give(g, e);
    for (const fd of [c, d, e, f, g, h]) p.close(fd);
  }
  // Collecting starts when a socket is closed that could hold others.
  for (let i = 0; i < 3; i++) {
    const [a, b] = p.socketpair(AF_UNIX, SOCK_STREAM);
    give(a, a);
    p.close(a);
    p.close(b);
    await t.pass(20);
  }
  t.is('all are gone', sockets() - before, 0);
});

body('scm-rights-limit', (t) => {
  const p = t.process;
  const [a, b] = p.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const { hard } = p.getLimit(7);
  p.setLimit(7, { soft: 8n, hard });
  const fds: number[] = [];
  for (let fd = t.try(() => p.eventfd()); typeof fd === 'number'; fd = t.try(() => p.eventfd()))
    fds.push(fd);
  t.gives('no more descriptors', 'EMFILE', () => p.eventfd());
  p.sendmsg(a, { data: ['!'], control: [{ type: 'rights', fds: [a, b] }] });
  const { control, flags } = message(p, b);
  t.note('received when the table is full', [control.length, flags & MSG_CTRUNC]);
  p.close(fds.at(-1)!);
  p.sendmsg(a, { data: ['!'], control: [{ type: 'rights', fds: [a, b] }] });
  const some = message(p, b);
  const [first] = some.control;
  t.note('with room for one', [
    first?.type === 'rights' && first.fds.length,
    some.flags & MSG_CTRUNC,
  ]);
});

body('scm-credentials', (t) => {
  const p = t.process;
  for (const [kind, type] of kinds) {
    const [a, b] = p.socketpair(AF_UNIX, type | SOCK_NONBLOCK);
    p.setOption(b, socketOptions.passCredentials, true);
    p.write(a, 'x');
    const own = { type: 'credentials', pid: p.pid, uid: 0, gid: 0 } as const;
    t.is(
      `${kind}: of the sender`,
      JSON.stringify(message(p, b).control) === JSON.stringify([own]),
      true,
    );
    const send = (change: Partial<typeof own>): number =>
      p.sendmsg(a, { data: ['y'], control: [{ ...own, ...change }] });
    t.gives(`${kind}: a wrong pid`, 'ESRCH', () => send({ pid: 0x7ffffff }));
    t.gives(`${kind}: root may name any user`, 'ok', () => send({ uid: 77 as never }));
    t.is(
      `${kind}: user`,
      message(p, b).control.map((each) => each.type === 'credentials' && each.uid),
      [77],
    );
    const child = p.fork();
    child.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
    t.gives(`${kind}: others may not`, 'EPERM', () =>
      child.sendmsg(a, { data: ['y'], control: [{ ...own, pid: child.pid }] }),
    );
    child.write(a, 'z');
    const [theirs] = message(p, b).control;
    t.is(
      `${kind}: of a child`,
      theirs?.type === 'credentials' && [theirs.pid === child.pid, theirs.uid],
      [true, 1000],
    );
    child.exit();
    t.is(`${kind}: the option`, p.getsockopt(b, SOL_SOCKET, SO_PASSCRED)[0], 1);
  }
});

body('unix-across-processes', async (t) => {
  const p = t.process;
  const [a, b] = p.socketpair(AF_UNIX, SOCK_STREAM);
  const child = p.fork();
  p.close(b);
  child.close(a);
  const waiting = p.readAsync(a, new Uint8Array(8));
  child.write(b, 'from it');
  t.is('read', await t.until(waiting), 7);
  const epoll = p.epollCreate();
  p.epollControl(epoll, 1, a, EPOLLIN, 5);
  const end = p.epollWaitAsync(epoll);
  child.exit();
  t.note('its exit', await t.until(end));
  t.is('end of the stream', readText(p, a), '');
});
