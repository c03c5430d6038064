// SPDX-License-Identifier: GPL-2.0-only
/** Which binds agree with each other: wildcards of both families, SO_REUSEADDR, SO_REUSEPORT, port ranges. */
import {
  AF_INET,
  AF_INET6,
  IP_LOCAL_PORT_RANGE,
  IPV6_V6ONLY,
  SO_INCOMING_CPU,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  socketOptions,
  type Process,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { int, ipv4, ipv6, tcpListener } from './support.js';

interface Local {
  readonly name: string;
  readonly address: (port: number) => SocketAddress;
  readonly only?: boolean;
}

const locals: readonly Local[] = [
  { name: '0.0.0.0', address: (port) => ipv4(port, '0.0.0.0') },
  { name: '127.0.0.1', address: (port) => ipv4(port) },
  { name: '127.0.0.2', address: (port) => ipv4(port, '127.0.0.2') },
  { name: '::', address: (port) => ipv6(port, '::') },
  { name: '::-only', address: (port) => ipv6(port, '::'), only: true },
  { name: '::1', address: (port) => ipv6(port) },
  { name: '::ffff:0.0.0.0', address: (port) => ipv6(port, '::ffff:0.0.0.0') },
  { name: '::ffff:127.0.0.1', address: (port) => ipv6(port, '::ffff:127.0.0.1') },
];

function make(p: Process, { address, only }: Local, type: number, option: number): number {
  const fd = p.socket(Number(address(0).family), type);
  if (only === true) p.setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (option !== 0) p.setsockopt(fd, SOL_SOCKET, option, 1);
  return fd;
}

/** Every pair of addresses in both orders; `listens` makes the first of a TCP pair listen. */
function matrix(t: Context, type: number, option: number, listens: boolean): void {
  const p = t.process;
  for (const first of locals) {
    const row = locals.map((second) => {
      const one = make(p, first, type, option);
      const two = make(p, second, type, option);
      p.bind(one, first.address(4000));
      if (listens) p.listen(one);
      const outcome = t.try(() => p.bind(two, second.address(4000)));
      p.close(one);
      p.close(two);
      return `${second.name} ${outcome ?? 'ok'}`;
    });
    t.note(first.name, row);
  }
}

for (const [kind, type] of [
  ['tcp', SOCK_STREAM],
  ['udp', SOCK_DGRAM],
] as const) {
  body(`bind-wildcard-${kind}`, (t) => matrix(t, type, 0, false));
  body(`bind-wildcard-${kind}-reuseaddr`, (t) => matrix(t, type, SO_REUSEADDR, false));
  body(`bind-wildcard-${kind}-reuseport`, (t) => matrix(t, type, SO_REUSEPORT, false));
}
body('bind-wildcard-tcp-listening', (t) => matrix(t, SOCK_STREAM, SO_REUSEADDR, true));

body('bind-errors', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  t.gives('an address of nobody’s', 'EADDRNOTAVAIL', () => p.bind(fd, ipv4(4000, '10.9.8.7')));
  t.gives('IPv6 on IPv4', 'EAFNOSUPPORT', () => p.bind(fd, ipv6(4000)));
  t.gives('IPv4 on IPv6', 'EINVAL', () => p.bind(p.socket(AF_INET6, SOCK_STREAM), ipv4(4000)));
  t.gives('AF_UNSPEC with 0.0.0.0', 'ok', () =>
    p.bind(p.socket(AF_INET, SOCK_STREAM), { family: 'raw', bytes: new Uint8Array(16) }),
  );
  const odd = new Uint8Array(16);
  odd[7] = 1;
  t.gives('AF_UNSPEC with an address', 'EAFNOSUPPORT', () =>
    p.bind(fd, { family: 'raw', bytes: odd }),
  );
  t.gives('too short', 'EINVAL', () => p.bind(fd, { family: 'raw', bytes: odd.subarray(0, 8) }));
  t.note(
    'multicast',
    t.try(() => p.bind(p.socket(AF_INET, SOCK_STREAM), ipv4(4000, '224.0.0.1'))),
  );
  t.note(
    'broadcast',
    t.try(() => p.bind(p.socket(AF_INET, SOCK_DGRAM), ipv4(4002, '127.255.255.255'))),
  );
  p.bind(fd, ipv4(4000));
  t.gives('twice', 'EINVAL', () => p.bind(fd, ipv4(4001)));
  t.gives('the same', 'EADDRINUSE', () => p.bind(p.socket(AF_INET, SOCK_STREAM), ipv4(4000)));
  t.gives('the same of UDP', 'ok', () => p.bind(p.socket(AF_INET, SOCK_DGRAM), ipv4(4000)));
  const nobody = t.spawn();
  nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const theirs = nobody.socket(AF_INET, SOCK_STREAM);
  t.gives('a privileged port', 'EACCES', () => nobody.bind(theirs, ipv4(80)));
  t.gives('an ordinary one', 'ok', () => nobody.bind(theirs, ipv4(8080)));
});

body('bind-freebind', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  p.setOption(fd, socketOptions.ipFreeBind, true);
  t.gives('any address', 'ok', () => p.bind(fd, ipv4(4000, '10.9.8.7')));
  t.is('name', p.getsockname(fd), ipv4(4000, '10.9.8.7'));
});

body('reuseaddr-conflict', (t) => {
  const p = t.process;
  const make = (family: number, reuse: boolean): number => {
    const fd = p.socket(family, SOCK_STREAM);
    if (reuse) p.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return fd;
  };
  const first = make(AF_INET, true);
  p.bind(first, ipv4(4000, '0.0.0.0'));
  const second = make(AF_INET, true);
  t.gives('bind both', 'ok', () => p.bind(second, ipv4(4000, '0.0.0.0')));
  t.gives('listen', 'ok', () => p.listen(first));
  t.gives('listen on the other', 'EADDRINUSE', () => p.listen(second));
  t.gives('bind beside a listener', 'EADDRINUSE', () =>
    p.bind(make(AF_INET, true), ipv4(4000, '0.0.0.0')),
  );
  p.close(first);
  t.gives('listen afterwards', 'ok', () => p.listen(second));
  t.gives('listen on IPv6', 'EADDRINUSE', () => {
    const fd = make(AF_INET6, true);
    p.bind(fd, ipv6(4000, '::'));
    p.listen(fd);
  });
});

body('reuseaddr-time-wait', async (t) => {
  const p = t.process;
  const listener = p.socket(AF_INET, SOCK_STREAM);
  p.setOption(listener, socketOptions.reuseAddress, true);
  p.bind(listener, ipv4(4000));
  p.listen(listener);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.until(p.connectAsync(client, ipv4(4000)));
  const { fd } = p.accept(listener);
  p.close(listener);
  p.close(fd);
  p.close(client);
  await t.pass(1);
  const again = p.socket(AF_INET, SOCK_STREAM);
  t.gives('bind', 'EADDRINUSE', () => p.bind(again, ipv4(4000)));
  p.setOption(again, socketOptions.reuseAddress, true);
  t.gives('with SO_REUSEADDR', 'ok', () => p.bind(again, ipv4(4000)));
});

body('reuseport-spreads', async (t) => {
  const p = t.process;
  const listeners = [1, 2].map(() => {
    const fd = p.socket(AF_INET, SOCK_STREAM);
    p.setOption(fd, socketOptions.reusePort, true);
    p.bind(fd, ipv4(4000));
    p.listen(fd, 64);
    p.setNonBlocking(fd);
    return fd;
  });
  for (let i = 0; i < 32; i++) {
    await t.until(p.connectAsync(p.socket(AF_INET, SOCK_STREAM), ipv4(4000)));
  }
  const counts = listeners.map((fd) => {
    let count = 0;
    while (typeof t.try(() => p.accept(fd)) !== 'string') count++;
    return count;
  });
  t.is(
    'all were accepted',
    counts.reduce((sum, count) => sum + count, 0),
    32,
  );
  t.is(
    'both had some',
    counts.every((count) => count > 0),
    true,
  );
  const other = t.spawn();
  other.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const theirs = other.socket(AF_INET, SOCK_STREAM);
  other.setOption(theirs, socketOptions.reusePort, true);
  t.gives('another user', 'EADDRINUSE', () => other.bind(theirs, ipv4(4000)));
});

body('ip-local-port-range', (t) => {
  const p = t.process;
  const range = (low: number, high: number): number => (high << 16) | low;
  for (const [family, type] of [
    [AF_INET, SOCK_STREAM],
    [AF_INET, SOCK_DGRAM],
    [AF_INET6, SOCK_STREAM],
    [AF_INET6, SOCK_DGRAM],
  ] as const) {
    const which = `${family} ${type}`;
    const any = family === AF_INET ? ipv4(0) : ipv6(0);
    const make = (low: number, high: number): number => {
      const fd = p.socket(family, type);
      p.setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, range(low, high));
      return fd;
    };
    const bound = (low: number, high: number): unknown => {
      const fd = make(low, high);
      const outcome = t.try(() => p.bind(fd, any));
      if (outcome !== undefined) return outcome;
      const name = p.getsockname(fd);
      return name !== undefined && 'port' in name ? name.port : 'no port';
    };
    const fd = p.socket(family, type);
    t.is(`${which}: at first`, int(p, fd, SOL_IP, IP_LOCAL_PORT_RANGE), 0);
    for (const [low, high] of [
      [40000, 39999],
      [0x1_ffff & 0xffff, 1],
    ] as const) {
      t.gives(`${which}: ${low} to ${high}`, 'EINVAL', () => make(low, high));
    }
    t.gives(`${which}: 2 bytes`, 'EINVAL', () =>
      p.setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, new Uint8Array(2)),
    );
    t.note(
      `${which}: 8 bytes`,
      t.try(() => p.setsockopt(fd, SOL_IP, IP_LOCAL_PORT_RANGE, new Uint8Array(8))),
    );
    t.is(`${which}: one port`, bound(40100, 40100), 40100);
    t.gives(`${which}: it is taken`, 'EADDRINUSE', () => {
      if (bound(40100, 40100) === 'EADDRINUSE') p.bind(make(40100, 40100), any);
    });
    const others = [bound(40101, 40103), bound(40101, 40103), bound(40101, 40103)];
    // TCP leaves ports of the other parity to connect(2).
    t.note(`${which}: three ports`, others.sort());
    t.is(`${which}: outside the system’s range`, Number(bound(20000, 20000)) > 30000, true);
    t.is(`${which}: low end only`, Number(bound(60000, 0)) >= 60000, true);
  }
});

body('so-incoming-cpu', async (t) => {
  const p = t.process;
  const listener = tcpListener(p, 4000);
  t.note('at first', int(p, listener, SOL_SOCKET, SO_INCOMING_CPU));
  p.setsockopt(listener, SOL_SOCKET, SO_INCOMING_CPU, 0);
  t.is('set', int(p, listener, SOL_SOCKET, SO_INCOMING_CPU), 0);
  const client = p.socket(AF_INET, SOCK_STREAM);
  await t.givesLater('connect', 'ok', p.connectAsync(client, ipv4(4000)));
});
