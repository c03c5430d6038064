// SPDX-License-Identifier: GPL-2.0-only
/** Readiness: epoll in all its modes, poll and select, and what each kind of descriptor reports. */
import {
  AF_INET,
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_CLOEXEC,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
  F_GETFD,
  NR,
  POLLIN,
  POLLOUT,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { bound, eventNames, ipv4, polled, readText, tcpListener, tcpPair } from './support.js';
import type { EpollEvent } from '../../../src/posix/index.js';

const shown = (events: readonly EpollEvent[]): string[] =>
  events.map(({ events: bits, data }) => `${data}:${eventNames(bits)}`);

body('epoll-level', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const epoll = p.epollCreate(EPOLL_CLOEXEC);
  t.is('close on exec', p.fcntl(epoll, F_GETFD), 1);
  p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLRDHUP, 42);
  t.is('nothing', p.epollEvents(epoll), []);
  t.is('poll of the epoll', polled(p, epoll), '');
  p.write(client, 'abc');
  t.is('data', shown(p.epollEvents(epoll)), ['42:IN']);
  t.is('data still', shown(p.epollEvents(epoll)), ['42:IN']);
  t.is('poll of the epoll then', polled(p, epoll), 'IN');
  readText(p, server, 2);
  t.is('some left', shown(p.epollEvents(epoll)), ['42:IN']);
  readText(p, server);
  t.is('none left', p.epollEvents(epoll), []);
  p.epollControl(epoll, EPOLL_CTL_MOD, server, EPOLLOUT, 43);
  t.is('changed', shown(p.epollEvents(epoll)), ['43:OUT']);
  p.epollControl(epoll, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLRDHUP, 44);
  p.shutdown(client, SHUT_WR);
  t.is('end', shown(p.epollEvents(epoll)), ['44:IN|RDHUP']);
  p.epollControl(epoll, EPOLL_CTL_MOD, server, 0, 45);
  t.is('nothing asked', p.epollEvents(epoll), []);
  p.close(client);
  p.shutdown(server, SHUT_WR);
  t.is('HUP comes unasked', shown(p.epollEvents(epoll)), ['45:HUP']);
  p.close(server);
  t.is('a closed descriptor leaves', p.epollEvents(epoll), []);
  const waiting = p.epollWaitAsync(epoll, 8, { timeoutNs: 5e6 });
  t.is('a timeout', await t.until(waiting), []);
});

body('epoll-edge', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const epoll = p.epollCreate();
  p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLOUT | EPOLLET, 1);
  t.is('first', shown(p.epollEvents(epoll)), ['1:OUT']);
  t.is('again', p.epollEvents(epoll), []);
  p.write(client, 'abc');
  t.is('data', shown(p.epollEvents(epoll)), ['1:IN|OUT']);
  t.is('not read', p.epollEvents(epoll), []);
  readText(p, server, 1);
  t.is('part read', p.epollEvents(epoll), []);
  p.write(client, 'd');
  t.is('more data', shown(p.epollEvents(epoll)), ['1:IN|OUT']);
  p.epollControl(epoll, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLET, 1);
  t.is('MOD arms it', shown(p.epollEvents(epoll)), ['1:IN']);
  p.shutdown(client, SHUT_WR);
  t.is('end', shown(p.epollEvents(epoll)), ['1:IN']);
});

body('epoll-oneshot', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const epoll = p.epollCreate();
  p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN | EPOLLONESHOT, 1);
  p.write(client, 'abc');
  t.is('once', shown(p.epollEvents(epoll)), ['1:IN']);
  p.write(client, 'def');
  t.is('not again', p.epollEvents(epoll), []);
  t.gives('it is still there', 'EEXIST', () =>
    p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN),
  );
  p.epollControl(epoll, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLONESHOT, 2);
  t.is('armed again', shown(p.epollEvents(epoll)), ['2:IN']);
});

body('epoll-errors', (t) => {
  const p = t.process;
  const epoll = p.epollCreate();
  const event = p.eventfd();
  const control =
    (operation: number, fd: number, events = EPOLLIN) =>
    (): void =>
      p.epollControl(epoll, operation, fd, events);
  t.gives('add', 'ok', control(EPOLL_CTL_ADD, event));
  t.gives('add twice', 'EEXIST', control(EPOLL_CTL_ADD, event));
  t.gives('add a duplicate', 'ok', control(EPOLL_CTL_ADD, p.dup(event)));
  t.gives('remove', 'ok', control(EPOLL_CTL_DEL, event));
  t.gives('remove twice', 'ENOENT', control(EPOLL_CTL_DEL, event));
  t.gives('change what is not there', 'ENOENT', control(EPOLL_CTL_MOD, event));
  t.gives('itself', 'EINVAL', control(EPOLL_CTL_ADD, epoll));
  t.gives('a closed descriptor', 'EBADF', control(EPOLL_CTL_ADD, 99));
  t.gives('a file', 'EPERM', control(EPOLL_CTL_ADD, p.open('.')));
  t.gives('an unknown operation', 'EINVAL', control(9, event));
  t.gives('on no epoll', 'EINVAL', () => p.epollControl(event, EPOLL_CTL_ADD, p.eventfd()));
  t.gives('on nothing', 'EBADF', () => p.epollControl(99, EPOLL_CTL_ADD, event));
  t.gives('wait on no epoll', 'EINVAL', () => p.epollEvents(event));
  t.gives('wait on nothing', 'EBADF', () => p.epollEvents(99));
  t.gives('no room', 'EINVAL', () => p.epollEvents(epoll, 0));
  t.gives('negative room', 'EINVAL', () => p.epollEvents(epoll, -1));
  t.gives('unknown flags', 'EINVAL', () => p.epollCreate(1));
  t.is(
    'epoll_ctl of a bad address',
    p.syscall(NR.epoll_ctl, epoll, EPOLL_CTL_ADD, p.eventfd(), -1),
    -14,
  );
  t.is(
    'wait at a bad address',
    (p.eventfdWrite(event, 1n), p.syscall(NR.epoll_pwait, epoll, -1, 4, 0, 0, 8)),
    -14,
  );
  const exclusive = p.eventfd();
  t.gives('exclusive', 'ok', control(EPOLL_CTL_ADD, exclusive, EPOLLIN | EPOLLEXCLUSIVE));
  t.gives('change an exclusive one', 'EINVAL', control(EPOLL_CTL_MOD, exclusive, EPOLLIN));
  t.gives(
    'exclusive and once',
    'EINVAL',
    control(EPOLL_CTL_ADD, p.eventfd(), EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT),
  );
  t.gives(
    'exclusive by MOD',
    'EINVAL',
    control(EPOLL_CTL_MOD, exclusive, EPOLLIN | EPOLLEXCLUSIVE),
  );
  t.gives(
    'exclusive epoll',
    'EINVAL',
    control(EPOLL_CTL_ADD, p.epollCreate(), EPOLLIN | EPOLLEXCLUSIVE),
  );
});

body('epoll-nested', (t) => {
  const p = t.process;
  const inner = p.epollCreate();
  const outer = p.epollCreate();
  const event = p.eventfd();
  p.epollControl(inner, EPOLL_CTL_ADD, event, EPOLLIN, 1);
  p.epollControl(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2);
  t.is('nothing', p.epollEvents(outer), []);
  p.eventfdWrite(event, 1n);
  t.is(
    'through both',
    [shown(p.epollEvents(outer)), shown(p.epollEvents(inner))],
    [['2:IN'], ['1:IN']],
  );
  t.gives('a loop', 'ELOOP', () => p.epollControl(inner, EPOLL_CTL_ADD, outer, EPOLLIN));
  let last = outer;
  const depths = [1, 2, 3, 4, 5, 6].map(() => {
    const next = p.epollCreate();
    const outcome = t.try(() => p.epollControl(next, EPOLL_CTL_ADD, last, EPOLLIN)) ?? 'ok';
    last = next;
    return outcome;
  });
  t.note('a chain', depths);
});

body('epoll-many', (t) => {
  const p = t.process;
  const epoll = p.epollCreate();
  const fds = [0, 1, 2, 3, 4].map((i) => {
    const fd = p.eventfd(1);
    p.epollControl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, i);
    return fd;
  });
  const rounds = [1, 2, 3].map(() => p.epollEvents(epoll, 2).map(({ data }) => data));
  t.is('two at a time, in turn', rounds, [
    [0, 1],
    [2, 3],
    [4, 0],
  ]);
  for (const fd of fds) p.eventfdRead(fd);
  t.is('none', p.epollEvents(epoll), []);
  p.eventfdWrite(fds[3]!, 1n);
  p.eventfdWrite(fds[1]!, 1n);
  t.is(
    'in the order of the events',
    p.epollEvents(epoll).map(({ data }) => data),
    [3, 1],
  );
});

body('epoll-duplicates', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const epoll = p.epollCreate();
  const twin = p.dup(server);
  p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN, 7);
  p.close(server);
  p.write(client, 'x');
  t.is('reported while a duplicate is open', shown(p.epollEvents(epoll)), ['7:IN']);
  t.gives('which cannot be removed by its old name', 'EBADF', () =>
    p.epollControl(epoll, EPOLL_CTL_DEL, server),
  );
  p.close(twin);
  t.is('gone with the last', p.epollEvents(epoll), []);
});

body('epoll-wake', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const epoll = p.epollCreate();
  p.epollControl(epoll, EPOLL_CTL_ADD, server, EPOLLIN, 1);
  const waiting = p.epollWaitAsync(epoll);
  await t.pass(1);
  p.write(client, 'x');
  t.is('woken', shown(await t.until(waiting)), ['1:IN']);
  const event = p.eventfd();
  readText(p, server);
  const late = p.epollWaitAsync(epoll);
  p.eventfdWrite(event, 1n);
  p.epollControl(epoll, EPOLL_CTL_ADD, event, EPOLLIN, 2);
  t.is('by what was added', shown(await t.until(late)), ['2:IN']);
});

body('poll-table', async (t) => {
  const p = t.process;
  const { client, server, listener } = await tcpPair(t);
  const [readEnd, writeEnd] = p.pipe(0o4000);
  const lonely = p.pipe();
  const orphan = p.pipe();
  p.close(lonely[0]);
  p.close(orphan[1]);
  const refused = p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  t.try(() => p.connect(refused, ipv4(9)));
  const gone = p.socketpair(AF_UNIX, SOCK_STREAM);
  p.close(gone[1]);
  await t.pass(1);
  const full = p.eventfd();
  const closed = p.eventfd();
  p.eventfdWrite(full, 0xfffffffffffffffen);
  const table: Readonly<Record<string, number>> = {
    'new TCP socket': p.socket(AF_INET, SOCK_STREAM),
    'TCP listener': listener,
    'TCP connected': client,
    'TCP accepted': server,
    'TCP refused': refused,
    'UDP socket': bound(p).fd,
    'unix stream, new': p.socket(AF_UNIX, SOCK_STREAM),
    'unix dgram, new': p.socket(AF_UNIX, SOCK_DGRAM),
    'unix seqpacket, new': p.socket(AF_UNIX, SOCK_SEQPACKET),
    'unix stream, peer gone': gone[0],
    'pipe, read end': readEnd,
    'pipe, write end': writeEnd,
    'pipe, no reader': lonely[1],
    'pipe, no writer': orphan[0],
    'eventfd 0': p.eventfd(),
    'eventfd 1': p.eventfd(1),
    'eventfd full': full,
    timerfd: p.timerfdCreate(1),
    epoll: p.epollCreate(),
    signalfd: p.signalfd([10]),
    inotify: p.inotifyInit(),
    directory: p.open('.'),
    'closed descriptor': closed,
    'negative descriptor': -5,
  };
  p.close(closed);
  for (const [name, fd] of Object.entries(table)) t.note(name, polled(p, fd));
  const all = Object.values(table);
  t.note(
    'all at once',
    p.poll(all.map((fd) => ({ fd, events: POLLIN | POLLOUT }))).map(eventNames),
  );
  const valid = all.filter((fd) => fd >= 0 && fd !== closed);
  const sets = p.select({ read: valid, write: valid, except: valid });
  const names = Object.keys(table).filter((name) => valid.includes(table[name]!));
  const named = (fds: readonly number[]): string[] => fds.map((fd) => names[valid.indexOf(fd)]!);
  t.note('select', [named(sets.read), named(sets.write), named(sets.except)]);
  t.gives('select a closed one', 'EBADF', () => p.select({ read: [closed] }));
});

body('poll-waits', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const before = p.clockGettime(1);
  t.is(
    'a timeout',
    await t.until(p.pollAsync([{ fd: server, events: POLLIN }], { timeoutNs: 10e6 })),
    [0],
  );
  const after = p.clockGettime(1);
  const ms =
    (after.seconds - before.seconds) * 1e3 + (after.nanoseconds - before.nanoseconds) / 1e6;
  t.is('it took 10 ms', ms >= 9.9 && ms < 200, true);
  const waiting = p.pollAsync([
    { fd: 99, events: POLLIN },
    { fd: server, events: POLLIN },
  ]);
  t.is('a closed one is reported at once', (await t.until(waiting)).map(eventNames), ['NVAL', '']);
  const both = p.pollAsync([
    { fd: client, events: POLLIN },
    { fd: server, events: POLLIN },
  ]);
  await t.pass(1);
  p.write(client, 'x');
  t.is('woken', (await t.until(both)).map(eventNames), ['', 'IN']);
  const select = p.selectAsync({ read: [client, server] });
  t.is('select', (await t.until(select)).read, [server]);
});

body('listener-wake', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  const waiting = p.acceptAsync(listener);
  await t.pass(1);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(4000)));
  const { fd } = await t.until(waiting);
  p.write(fd, 'hello');
  t.is('read', readText(p, client), 'hello');
});
