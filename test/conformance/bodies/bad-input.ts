// SPDX-License-Identifier: GPL-2.0-only
/** Calls with what no call should get: wrong descriptors, wrong kinds, wrong addresses, lengths and flags. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  NR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_RDM,
  SOCK_STREAM,
  callNumbers,
  errnoCode,
  ilp32,
  lp64,
  type Process,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { bound, ipv4, tcpListener, tcpPair } from './support.js';

const portNobodyHas = 9;

/** A raw result: a name for an errno, `waits`, or the number. */
function named(result: number): number | string {
  if (result <= -512) return 'waits';
  return result < 0 ? errnoCode(result) : result;
}

/** Calls that take a descriptor first; the rest of their arguments is zero. */
const calls = [
  'accept4',
  'bind',
  'connect',
  'dup',
  'epoll_ctl',
  'fcntl',
  'getdents64',
  'getpeername',
  'getsockname',
  'getsockopt',
  'ioctl',
  'listen',
  'pread64',
  'pwrite64',
  'read',
  'readv',
  'recvfrom',
  'recvmsg',
  'sendmsg',
  'sendto',
  'setns',
  'setsockopt',
  'shutdown',
  'timerfd_gettime',
  'timerfd_settime',
  'write',
  'writev',
] as const;

function things(p: Process): Readonly<Record<string, number>> {
  const [readEnd, writeEnd] = p.pipe(0o4000);
  return {
    'minus one': -1,
    'minus a million': -1_000_000,
    'not open': 77,
    'beyond the table': 1_000_000,
    'read end of a pipe': readEnd,
    'write end of a pipe': writeEnd,
    eventfd: p.eventfd(0, 0o4000),
    timerfd: p.timerfdCreate(1, 0o4000),
    epoll: p.epollCreate(),
    directory: p.open('.'),
    'TCP socket': p.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK),
    'UDP socket': p.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK),
    'unix socket': p.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK),
    'netlink socket': p.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK),
  };
}

for (const name of calls) {
  body(`bad-descriptor-${name}`, (t) => {
    const p = t.process;
    const number = callNumbers(t.world.kind === 'libos' ? ilp32 : lp64)[name];
    for (const [kind, fd] of Object.entries(things(p))) {
      const result = p.syscall(number, fd);
      // A new descriptor’s number says nothing.
      t.note(kind, name === 'dup' && result > 0 ? 'a descriptor' : named(result));
    }
  });
}

body('bad-addresses', async (t) => {
  const p = t.process;
  const { client, server, listener } = await tcpPair(t);
  const udp = bound(p).fd;
  const connected = bound(p).fd;
  p.connect(connected, ipv4(portNobodyHas));
  for (const fd of [client, server, listener]) p.setNonBlocking(fd);
  for (const address of [0, 8, -1, -4096]) {
    const say = (label: string, result: number): void =>
      t.note(`${label} at ${address}`, named(result));
    p.write(client, 'data');
    say('read', p.syscall(NR.read, server, address, 4));
    say('read nothing', p.syscall(NR.read, server, address, 0));
    say('write', p.syscall(NR.write, client, address, 4));
    say('write nothing', p.syscall(NR.write, client, address, 0));
    say('write too much', p.syscall(NR.write, client, address, -1));
    say('bind', p.syscall(NR.bind, udp, address, 16));
    say('bind of length 0', p.syscall(NR.bind, udp, address, 0));
    say('bind of length -1', p.syscall(NR.bind, udp, address, -1));
    say('bind of length 129', p.syscall(NR.bind, udp, address, 129));
    say('connect', p.syscall(NR.connect, udp, address, 16));
    say('sendto', p.syscall(NR.sendto, udp, 0, 0, 0, address, 16));
    say('send data', p.syscall(NR.sendto, connected, address, 4, 0, 0, 0));
    say('recvfrom', p.syscall(NR.recvfrom, server, address, 4, 0x40, 0, 0));
    say('getsockname', p.syscall(NR.getsockname, udp, address, address));
    say('getpeername', p.syscall(NR.getpeername, client, address, address));
    say('getsockopt', p.syscall(NR.getsockopt, udp, 1, 3, address, address));
    say('setsockopt', p.syscall(NR.setsockopt, udp, 1, 2, address, 4));
    say('sendmsg', p.syscall(NR.sendmsg, client, address, 0));
    say('recvmsg', p.syscall(NR.recvmsg, server, address, 0x40));
    say('sendmmsg', p.syscall(NR.sendmmsg, client, address, 1, 0));
    say('readv', p.syscall(NR.readv, server, address, 1));
    say('writev', p.syscall(NR.writev, client, address, 1));
    say('readv of none', p.syscall(NR.readv, server, address, 0));
    say('pipe2', p.syscall(NR.pipe2, address, 0));
    say('socketpair', p.syscall(NR.socketpair, AF_UNIX, SOCK_STREAM, 0, address));
    say('openat', p.syscall(NR.openat, -100, address, 0, 0));
    say('chdir', p.syscall(NR.chdir, address));
    say('uname', p.syscall(NR.uname, address));
    say('getcwd', p.syscall(NR.getcwd, address, 100));
    say('getrandom', p.syscall(NR.getrandom, address, 8, 0));
    say('signalfd4', p.syscall(NR.signalfd4, -1, address, 8, 0));
    say('accept4', p.syscall(NR.accept4, listener, address, address, 0));
    say('ioctl', p.syscall(NR.ioctl, udp, 0x541b, address));
    say('splice', p.syscall(NR.splice, client, address, udp, address, 4, 0));
  }
});

body('bad-lengths', async (t) => {
  const p = t.process;
  const { client, server } = await tcpPair(t);
  const udp = bound(p).fd;
  const at = p.port.alloc(4096);
  const { view, base } = p.port.memory;
  const length = (value: number): number => {
    view.setInt32(at - base + 2048, value, true);
    return at + 2048;
  };
  for (const value of [-1, -0x80000000, 0, 1, 2, 3, 16, 4096]) {
    const kept = (result: number): unknown => [
      named(result),
      p.port.memory.view.getInt32(at - base + 2048, true),
    ];
    t.note(`getsockname with ${value}`, kept(p.syscall(NR.getsockname, udp, at, length(value))));
    t.note(`getpeername with ${value}`, kept(p.syscall(NR.getpeername, client, at, length(value))));
    t.note(
      `getsockopt with ${value}`,
      kept(p.syscall(NR.getsockopt, udp, 1, 3, at, length(value))),
    );
    t.note(`setsockopt with ${value}`, named(p.syscall(NR.setsockopt, udp, 1, 2, at, value)));
    t.note(
      `listen with ${value}`,
      named(p.syscall(NR.listen, p.socket(AF_INET, SOCK_STREAM), value)),
    );
    t.note(
      `recvfrom with ${value}`,
      kept(p.syscall(NR.recvfrom, udp, at, 4, 0x40, at + 64, length(value))),
    );
    t.note(`signalfd4 with ${value}`, named(p.syscall(NR.signalfd4, -1, at, value, 0)));
    t.note(
      `ppoll with ${value}`,
      value >= 4096 || value < 0
        ? named(
            p.syscall(
              callNumbers(t.world.kind === 'libos' ? ilp32 : lp64).ppoll,
              8,
              value,
              0,
              0,
              0,
            ),
          )
        : 'not asked',
    );
  }
  t.note('a vector of 1025', named(p.syscall(NR.readv, server, at, 1025)));
  t.note('a vector of -1', named(p.syscall(NR.readv, server, at, -1)));
  p.port.free(at);
});

body('socket-table', (t) => {
  // Without SOCK_SEQPACKET, which is SCTP’s and there or not by configuration.
  const types = [0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, 6, 10, 11, 15];
  for (const [name, family] of Object.entries({
    AF_INET,
    AF_INET6,
    AF_UNIX,
    AF_NETLINK,
    AF_PACKET,
  })) {
    for (const protocol of [0, 1, 6, 17, 58, 255, 256, -1]) {
      const outcomes = types.map((type) => make(t, family, type, protocol));
      t.note(`${name} with ${protocol}`, outcomes.join(' '));
    }
  }
  t.note(
    'families',
    [-1, 0, 3, 9, 14, 22, 45, 46, 47, 99, 0x7fffffff].map((family) =>
      make(t, family, SOCK_STREAM, 0),
    ),
  );
  t.note(
    'flags',
    [SOCK_NONBLOCK, SOCK_CLOEXEC, 0x10, 0x100000, -1].map((flags) =>
      make(t, AF_INET, SOCK_STREAM | flags, 0),
    ),
  );
});

function make(t: Context, family: number, type: number, protocol: number): string {
  const fd = t.try(() => t.process.socket(family, type, protocol));
  if (typeof fd === 'string') return fd;
  t.process.close(fd);
  return 'ok';
}

body('bad-message', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const udp = bound(p);
  const to = ipv4(udp.port);
  const control = (data: Uint8Array) => ({
    data: ['x'],
    address: to,
    control: [{ type: 'raw', level: 1, kind: 1, data } as const],
  });
  t.note(
    'descriptors over UDP',
    t.try(() => p.sendmsg(udp.fd, control(new Uint8Array(4)))),
  );
  t.note(
    'descriptors over TCP',
    t.try(() => p.sendmsg(client, { ...control(new Uint8Array(4)) })),
  );
  t.note(
    'an empty message',
    t.try(() => p.sendmsg(udp.fd, { data: [], address: to })),
  );
  t.note(
    'without address',
    t.try(() => p.sendmsg(udp.fd, { data: ['x'] })),
  );
  t.note(
    'no buffers',
    t.try(() => p.recvmsg(udp.fd, { buffers: [] }).length),
  );
  for (const flags of [
    0x1, 0x4, 0x10, 0x80, 0x200, 0x800, 0x10000, 0x20000, 0x100000, 0x2000000, 0x20000000,
    0x40000000,
  ]) {
    t.note(`send with ${flags.toString(16)}`, [
      t.try(() => p.send(client, 'y', flags)),
      t.try(() => p.sendto(udp.fd, 'y', flags, to)),
    ]);
    const take = (fd: number): number | string =>
      t.try(() => p.recv(fd, new Uint8Array(1), flags | 0x40));
    t.note(`receive with ${flags.toString(16)}`, [take(server), take(udp.fd)]);
  }
});

body('after-exit', (t) => {
  const p = t.process;
  const child = p.fork();
  const fd = child.eventfd();
  child.exit();
  t.gives('a call', 'ESRCH', () => child.write(fd, new Uint8Array(8)));
  t.gives('exit again', 'ok', () => child.exit());
  t.gives('fork', 'ESRCH', () => child.fork());
  t.is('it is gone', t.world.host.processes.includes(child), false);
  t.is('a listener of a dead process', tcpListener(p, 4000) > 0, true);
});
