// SPDX-License-Identifier: GPL-2.0-only
/** A process and its host: clocks, random bytes, credentials, files of procfs, sysctls, signals, kernel TLS. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  CLOCK_BOOTTIME,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  F_SETFL,
  F_SETOWN,
  GRND_NONBLOCK,
  O_NONBLOCK,
  SIGINT,
  SIGIO,
  SIGUSR1,
  SIGUSR2,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_TCP,
  TCP_ULP,
  TLS_RX,
  TLS_TX,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { bound, ipv4, message, readText, tcpListener, tcpPair } from './support.js';

body('clocks', async (t) => {
  const p = t.process;
  const ns = (clock: number): number => {
    const { seconds, nanoseconds } = p.clockGettime(clock);
    return seconds * 1e9 + nanoseconds;
  };
  const before = ns(CLOCK_MONOTONIC);
  await t.until(p.nanosleep(5e6));
  const passed = ns(CLOCK_MONOTONIC) - before;
  t.is('it slept', passed >= 5e6 && passed < 500e6, true);
  t.is('the real time is of this century', ns(CLOCK_REALTIME) > 1.7e18, true);
  t.is('boot time', ns(CLOCK_BOOTTIME) >= ns(CLOCK_MONOTONIC) - 1e9, true);
  t.is('resolution', p.clockResolution(CLOCK_MONOTONIC), { seconds: 0, nanoseconds: 1 });
  t.gives('an unknown clock', 'EINVAL', () => p.clockGettime(77));
  t.gives('its resolution', 'EINVAL', () => p.clockResolution(77));
});

body('random', (t) => {
  const p = t.process;
  const some = new Uint8Array(64);
  t.is('as many as asked', p.getrandom(some), 64);
  t.is(
    'not all zero',
    some.some((byte) => byte !== 0),
    true,
  );
  t.is('none', p.getrandom(new Uint8Array(0)), 0);
  t.gives('without waiting', 'ok', () => p.getrandom(some, GRND_NONBLOCK));
  t.gives('unknown flags', 'EINVAL', () => p.getrandom(some, 0x100));
});

body('credentials', (t) => {
  const p = t.process;
  t.is(
    'root at first',
    [p.userIds(), p.groupIds()],
    [
      { real: 0, effective: 0, saved: 0 },
      { real: 0, effective: 0, saved: 0 },
    ],
  );
  p.setGroups([5, 6]);
  p.setGroupIds({ real: 7, effective: 8, saved: 9 });
  p.setUserIds({ real: 1000, effective: 1000 });
  t.is(
    'ids',
    [p.userIds(), p.groupIds()],
    [
      { real: 1000, effective: 1000, saved: 0 },
      { real: 7, effective: 8, saved: 9 },
    ],
  );
  t.gives('others', 'EPERM', () => p.setUserIds({ effective: 5 }));
  t.gives('the saved one', 'ok', () => p.setUserIds({ effective: 0 }));
  t.gives('setgroups', 'EPERM', () => {
    p.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
    p.setGroups([1]);
  });
  t.gives('back to root', 'EPERM', () => p.setUserIds({ effective: 0 }));
  t.gives('a signal to root’s process', 'EPERM', () => p.kill(t.spawn().pid, SIGUSR1));
  t.is('umask', [p.umask(0o27), p.umask(0o22)], [0o22, 0o27]);
});

body('proc-files', async (t) => {
  const p = t.process;
  const { client } = await tcpPair(t, 4242);
  const lines = (path: string): string[] => p.readFile(path).trimEnd().split('\n');
  const established = lines('/proc/self/net/tcp').filter((line) => line.includes(':1092'));
  t.is('tcp', established.map((line) => line.trim().split(/\s+/)[3]).sort(), ['01', '01', '0A']);
  t.is(
    'sockets in use',
    /TCP: inuse (\d+) orphan (\d+) tw (\d+)/.exec(p.readFile('/proc/self/net/sockstat'))?.slice(1),
    ['3', '0', '0'],
  );
  bound(p, ipv4(5353));
  t.is('udp', lines('/proc/self/net/udp').filter((line) => line.includes(':14E9')).length, 1);
  t.is(
    'interfaces',
    lines('/proc/self/net/dev').filter((line) => line.trim().startsWith('lo:')).length,
    1,
  );
  t.note(
    'headings',
    [
      'tcp',
      'tcp6',
      'udp',
      'raw',
      'unix',
      'dev',
      'packet',
      'netlink',
      'route',
      'sockstat6',
      'snmp',
    ].map((name) => lines(`/proc/self/net/${name}`)[0]?.replace(/\s+/g, ' ').replace(/\d+/g, 'N')),
  );
  t.is('descriptors', p.readlink(`/proc/self/fd/${client}`).startsWith('socket:['), true);
  t.is('of a pipe', p.readlink(`/proc/self/fd/${p.pipe()[0]}`).startsWith('pipe:['), true);
  t.is('of an eventfd', p.readlink(`/proc/self/fd/${p.eventfd()}`), 'anon_inode:[eventfd]');
  t.is('fdinfo', p.readFile(`/proc/self/fdinfo/${p.eventfd(5)}`).includes('eventfd-count:'), true);
  t.is('pid', p.readlink('/proc/self') === String(p.pid), true);
  t.gives('not there', 'ENOENT', () => p.readFile('/proc/self/net/none'));
  t.gives('write a file that is read only', 'EACCES', () => {
    const nobody = t.spawn();
    nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
    nobody.open('/proc/sys/net/ipv4/ip_forward', 1);
  });
});

body('sysctls', (t) => {
  const p = t.process;
  const read = (name: string): string =>
    p.readFile(`/proc/sys/net/${name}`).trimEnd().replace(/\s+/g, ' ');
  const write = (name: string, value: string): string =>
    t.try(() => p.writeFile(`/proc/sys/net/${name}`, value, 1)) ?? 'ok';
  t.note(
    'defaults',
    [
      'ipv4/ip_default_ttl',
      'ipv4/ip_local_port_range',
      'ipv4/tcp_syn_retries',
      'ipv4/tcp_keepalive_time',
      'ipv4/tcp_fin_timeout',
      'ipv4/tcp_ecn',
      'ipv4/tcp_sack',
      'ipv4/tcp_timestamps',
      'ipv4/tcp_window_scaling',
      'ipv4/icmp_ratelimit',
      'ipv6/bindv6only',
      'ipv4/ip_unprivileged_port_start',
      'ipv4/tcp_fastopen',
      'ipv4/tcp_syncookies',
      'ipv4/tcp_retries2',
      'ipv4/udp_rmem_min',
    ].map((name) => [name, read(name)]),
  );
  for (const [name, value] of [
    ['ipv4/ip_default_ttl', '50'],
    ['ipv4/ip_default_ttl', '0'],
    ['ipv4/ip_default_ttl', '256'],
    ['ipv4/ip_local_port_range', '20000 30000'],
    ['ipv4/ip_local_port_range', '30000 20000'],
    ['ipv4/tcp_ecn', '3'],
    ['ipv4/ip_forward', '1'],
    ['ipv4/ip_forward', 'yes'],
    ['ipv6/bindv6only', '1'],
    ['ipv4/ping_group_range', '5 4'],
  ] as const) {
    t.note(`${name} = ${value}`, [write(name, value), read(name)]);
  }
  const fd = p.socket(AF_INET6, SOCK_DGRAM);
  t.is('bindv6only has its effect', p.getsockopt(fd, 41, 26)[0], 1);
});

body('signals', async (t) => {
  const p = t.process;
  const seen: number[] = [];
  p.onSignal(SIGUSR1, (signal) => seen.push(signal));
  p.kill(p.pid, SIGUSR1);
  await t.pass(1);
  t.is('to oneself', seen, [SIGUSR1]);
  p.blockSignals([SIGUSR1]);
  p.kill(p.pid, SIGUSR1);
  p.kill(p.pid, SIGUSR1);
  await t.pass(1);
  t.is('blocked', seen.length, 1);
  p.unblockSignals([SIGUSR1]);
  // What was pending comes with the next call, and once.
  p.kill(p.pid, 0);
  await t.pass(2);
  t.is('unblocked', seen, [SIGUSR1, SIGUSR1]);
  const [a] = p.socketpair(AF_UNIX, SOCK_STREAM);
  const waiting = p.readAsync(a, new Uint8Array(1));
  await t.pass(1);
  t.spawn().kill(p.pid, SIGUSR1);
  await t.givesLater('a wait is interrupted', 'EINTR', waiting);
  const other = t.spawn();
  const restarted: number[] = [];
  other.onSignal(SIGINT, (signal) => restarted.push(signal), { restart: true });
  const [c, d] = other.socketpair(AF_UNIX, SOCK_STREAM);
  const patient = other.readAsync(c, new Uint8Array(1));
  await t.pass(1);
  p.kill(other.pid, SIGINT);
  await t.pass(2);
  other.write(d, 'x');
  t.is('or goes on', [await t.until(patient), restarted], [1, [SIGINT]]);
  t.gives('an unknown signal', 'EINVAL', () => p.kill(p.pid, 65));
  t.gives('a negative one', 'EINVAL', () => p.kill(p.pid, -1));
  t.gives('nobody', 'ESRCH', () => p.kill(0x3ffffe, SIGUSR2));
});

body('signal-driven-io', async (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  let count = 0;
  p.onSignal(SIGIO, () => count++, { restart: true });
  p.fcntl(b.fd, F_SETOWN, p.pid);
  p.fcntl(b.fd, F_SETFL, O_NONBLOCK | 0o20000);
  p.sendto(a.fd, 'x', 0, ipv4(b.port));
  await t.pass(1);
  t.is('SIGIO', count > 0, true);
  t.is('data', readText(p, b.fd), 'x');
});

/** struct tls12_crypto_info_aes_gcm_128 with a fixed key. */
function tlsKey(version: number): Uint8Array {
  const info = new Uint8Array(40);
  new DataView(info.buffer).setUint16(0, version, true);
  new DataView(info.buffer).setUint16(2, 51, true);
  for (let i = 4; i < 32; i++) info[i] = i;
  return info;
}

body('tls', async (t) => {
  const p = t.process;
  const probe = await tcpPair(t, 4500);
  t.needs(
    'kernel TLS',
    t.try(() => p.setsockopt(probe.client, SOL_TCP, TCP_ULP, 'tls')) !== 'ENOENT',
  );
  const { client, server } = await tcpPair(t);
  t.gives('on a listener', 'ENOTCONN', () =>
    p.setsockopt(tcpListener(p, 4001), SOL_TCP, TCP_ULP, 'tls'),
  );
  t.gives('TLS_TX before the layer', 'ENOPROTOOPT', () =>
    p.setsockopt(client, 282, TLS_TX, tlsKey(0x303)),
  );
  for (const fd of [client, server]) p.setsockopt(fd, SOL_TCP, TCP_ULP, 'tls');
  t.gives('the layer twice', 'EEXIST', () => p.setsockopt(client, SOL_TCP, TCP_ULP, 'tls'));
  t.gives('a short key', 'EINVAL', () => p.setsockopt(client, 282, TLS_TX, new Uint8Array(3)));
  t.gives('an unknown version', 'EINVAL', () => p.setsockopt(client, 282, TLS_TX, tlsKey(0x302)));
  p.setsockopt(client, 282, TLS_TX, tlsKey(0x303));
  t.gives('a second key', 'EBUSY', () => p.setsockopt(client, 282, TLS_TX, tlsKey(0x303)));
  p.write(client, 'secret');
  t.is('a record', p.bytesToRead(server), 6 + 5 + 8 + 16);
  p.setsockopt(server, 282, TLS_RX, tlsKey(0x303));
  t.is(
    'read',
    t.try(() => readText(p, server)),
    'secret',
  );
  p.write(client, 'one');
  p.write(client, 'two');
  t.is(
    'records join',
    t.try(() => readText(p, server)),
    'onetwo',
  );
  p.sendmsg(client, {
    data: ['alert'],
    control: [{ type: 'raw', level: 282, kind: 1, data: Uint8Array.of(21) }],
  });
  t.gives('a control record without room for its type', 'EIO', () =>
    p.read(server, new Uint8Array(16)),
  );
  const received = t.try(() => message(p, server));
  const got = typeof received === 'string' ? received : [received.text, received.control];
  t.is('a control record', got, ['alert', [{ type: 'raw', level: 282, kind: 2, data: '\x15' }]]);
  p.close(client);
  t.is(
    'the end',
    t.try(() => readText(p, server)),
    '',
  );
});

body('nothing-is-left', async (t) => {
  const p = t.process;
  const { client } = await tcpPair(t);
  p.write(client, 'x');
  const child = p.fork();
  child.socket(AF_INET, SOCK_STREAM);
  child.exit();
  t.is('no wait is left', t.world.host.waitCount, 0);
});
