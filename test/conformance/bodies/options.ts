// SPDX-License-Identifier: GPL-2.0-only
/** getsockopt and setsockopt: what every option of every kind of socket says to every length, and round trips. */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  SO_ERROR,
  SO_PROTOCOL,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_NETLINK,
  SOL_PACKET,
  SOL_SOCKET,
  SOL_TCP,
  SOL_UDP,
  socketOptions,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { int, tcpPair } from './support.js';

const kinds = {
  tcp: [AF_INET, SOCK_STREAM, 0],
  tcp6: [AF_INET6, SOCK_STREAM, 0],
  udp: [AF_INET, SOCK_DGRAM, 0],
  udp6: [AF_INET6, SOCK_DGRAM, 0],
  raw: [AF_INET, SOCK_RAW, 1],
  unix: [AF_UNIX, SOCK_STREAM, 0],
  packet: [AF_PACKET, SOCK_RAW, 0],
  netlink: [AF_NETLINK, SOCK_RAW, 0],
} as const;
const levels = [
  ['SOL_SOCKET', SOL_SOCKET, 0, 84],
  ['SOL_IP', SOL_IP, 0, 60],
  ['SOL_IPV6', SOL_IPV6, 0, 82],
  ['SOL_TCP', SOL_TCP, 0, 45],
  ['SOL_UDP', SOL_UDP, 0, 2],
  ['SOL_UDP', SOL_UDP, 100, 105],
  ['SOL_PACKET', SOL_PACKET, 0, 25],
  ['SOL_NETLINK', SOL_NETLINK, 0, 13],
  ['no level', 999, 0, 2],
] as const;

/** Left out: lengths that differ with the data model, and values that differ from machine to machine. */
const own: Readonly<Record<string, string>> = {
  'SOL_SOCKET 7': 'buffer sizes follow the size of a socket buffer’s header',
  'SOL_SOCKET 8': 'as above',
  'SOL_SOCKET 20': 'a time of two words',
  'SOL_SOCKET 21': 'a time of two words',
  'SOL_SOCKET 32': 'as SO_SNDBUF',
  'SOL_SOCKET 33': 'as SO_RCVBUF',
  'SOL_SOCKET 46': 'busy polling goes with the driver',
  'SOL_SOCKET 47': 'a rate of a word',
  'SOL_SOCKET 49': 'the CPU',
  'SOL_SOCKET 55': 'amounts of memory',
  'SOL_SOCKET 56': 'the NAPI instance',
  'SOL_SOCKET 57': 'a cookie',
  'SOL_SOCKET 71': 'a cookie',
  'SOL_SOCKET 73': 'amounts of memory',
  'SOL_IP 16': 'IPsec is there or not by configuration',
  'SOL_IP 17': 'as above',
  'SOL_IPV6 34': 'as above',
  'SOL_IPV6 35': 'as above',
  'SOL_TCP 10': 'the window clamp follows the memory',
  'SOL_TCP 13': 'the congestion control is a matter of configuration',
  'SOL_TCP 24': 'a time',
  'SOL_TCP 26': 'what the congestion control says',
  'SOL_TCP 38': 'TCP-AO is there or not by configuration',
  'SOL_TCP 39': 'as above',
  'SOL_TCP 40': 'as above',
  'SOL_TCP 41': 'as above',
  'SOL_TCP 42': 'as above',
  'SOL_PACKET 11': 'the size of a header with words in it',
};

function probe(t: Context, kind: keyof typeof kinds, level: number, option: number): unknown[] {
  const p = t.process;
  const [family, type, protocol] = kinds[kind];
  const make = (): number => p.socket(family, type, protocol);
  const got = make();
  const get = (lengthBytes: number): number | string => {
    const outcome = t.try(() => p.getsockopt(got, level, option, lengthBytes));
    return typeof outcome === 'string' ? outcome : outcome.byteLength;
  };
  const gets = [0, 1, 4, 64].map(get);
  const fd = make();
  const sets = [0, 1, 64, 4].map((lengthBytes) => {
    const value = new Uint8Array(lengthBytes);
    if (lengthBytes > 0) value[0] = 1;
    return t.try(() => p.setsockopt(fd, level, option, value)) ?? 'ok';
  });
  const value = t.try(() => Buffer.from(p.getsockopt(fd, level, option)).toString('hex'));
  p.close(fd);
  p.close(got);
  return [gets.join(' '), sets.join(' '), value];
}

for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
  body(`option-table-${kind}`, (t) => {
    for (const [name, level, first, last] of levels) {
      // Closing a packet socket takes native Linux a while.
      if (kind === 'packet' && level !== SOL_PACKET) continue;
      for (let option = first; option <= last; option++) {
        const label = `${name} ${option}`;
        if (own[label] === undefined) t.note(label, probe(t, kind, level, option));
      }
    }
  });
}

body('option-errors', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  t.gives('closed', 'EBADF', () => p.getsockopt(99, SOL_SOCKET, SO_TYPE));
  t.gives('no socket', 'ENOTSOCK', () => p.getsockopt(p.eventfd(), SOL_SOCKET, SO_TYPE));
  t.gives('no socket to set', 'ENOTSOCK', () => p.setsockopt(p.eventfd(), SOL_SOCKET, 2, 1));
  t.gives('an unknown option', 'ENOPROTOOPT', () => p.getsockopt(fd, SOL_SOCKET, 9999));
  t.gives('an unknown option to set', 'ENOPROTOOPT', () => p.setsockopt(fd, SOL_SOCKET, 9999, 1));
  t.gives('what cannot be set', 'ENOPROTOOPT', () => p.setsockopt(fd, SOL_SOCKET, SO_TYPE, 1));
  t.gives('SO_ERROR cannot be set', 'ENOPROTOOPT', () => p.setsockopt(fd, SOL_SOCKET, SO_ERROR, 1));
  t.is('type', int(p, fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  t.is('protocol', int(p, fd, SOL_SOCKET, SO_PROTOCOL), 6);
});

body('option-permissions', (t) => {
  const nobody = t.spawn();
  nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const fd = nobody.socket(AF_INET, SOCK_STREAM);
  t.gives('SO_MARK', 'EPERM', () => nobody.setOption(fd, socketOptions.mark, 1));
  t.gives('SO_PRIORITY 6', 'ok', () => nobody.setOption(fd, socketOptions.priority, 6));
  t.gives('SO_PRIORITY 7', 'EPERM', () => nobody.setOption(fd, socketOptions.priority, 7));
  t.gives('SO_RCVBUFFORCE', 'EPERM', () => nobody.setsockopt(fd, SOL_SOCKET, 33, 100000));
  t.gives('SO_DEBUG', 'EACCES', () => nobody.setsockopt(fd, SOL_SOCKET, 1, 1));
  t.gives('IP_TRANSPARENT', 'EPERM', () => nobody.setOption(fd, socketOptions.ipTransparent, true));
  t.gives('SO_BINDTODEVICE once', 'ok', () =>
    nobody.setOption(fd, socketOptions.bindToDevice, 'lo'),
  );
  t.gives('SO_BINDTODEVICE again', 'EPERM', () =>
    nobody.setOption(fd, socketOptions.bindToDevice, ''),
  );
  t.gives('a raw socket', 'EPERM', () => nobody.socket(AF_INET, SOCK_RAW, 1));
  t.gives('a packet socket', 'EPERM', () => nobody.socket(AF_PACKET, SOCK_RAW, 0));
  t.gives('a network namespace', 'EPERM', () => nobody.unshare(0x40000000));
});

body('tcp-options', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  t.is('no delay', p.getOption(client, socketOptions.tcpNoDelay), false);
  p.setOption(client, socketOptions.tcpNoDelay, true);
  t.is('no delay, set', p.getOption(client, socketOptions.tcpNoDelay), true);
  t.note('maximum segment', p.getOption(client, socketOptions.tcpMaxSegmentBytes));
  for (const value of [-1, 0, 1, 47, 48, 87, 88, 1460, 32767, 32768]) {
    t.note(
      `maximum segment ${value}`,
      t.try(() =>
        p.setOption(p.socket(AF_INET, SOCK_STREAM), socketOptions.tcpMaxSegmentBytes, value),
      ) ?? 'ok',
    );
  }
  const counted = [
    ['tcpKeepIdleSeconds', [0, 1, 32767, 32768]],
    ['tcpKeepIntervalSeconds', [0, 1, 32767, 32768]],
    ['tcpKeepCount', [0, 1, 127, 128]],
    ['tcpUserTimeoutMs', [-1, 0, 5000]],
    ['tcpDeferAcceptSeconds', [-1, 0, 1, 5, 100]],
    ['tcpNotSentLowWaterBytes', [0, 16384]],
  ] as const;
  for (const [name, values] of counted) {
    const option = socketOptions[name];
    for (const value of values) {
      const fd = p.socket(AF_INET, SOCK_STREAM);
      const outcome = t.try(() => p.setOption(fd, option, value)) ?? 'ok';
      t.note(`${name} ${value}`, [outcome, p.getOption(fd, option)]);
    }
  }
  t.gives('an unknown congestion control', 'ENOENT', () =>
    p.setOption(client, socketOptions.tcpCongestion, 'none-such'),
  );
  p.setOption(client, socketOptions.tcpCongestion, 'reno');
  t.is('congestion control', p.getOption(client, socketOptions.tcpCongestion), 'reno');
  t.gives('an unknown upper layer', 'ENOENT', () =>
    p.setOption(client, socketOptions.tcpUpperLayer, 'none-such'),
  );
  p.write(client, 'hello');
  const info = p.getOption(server, socketOptions.tcpInfo);
  t.is('state', info.tcpi_state, 1);
  t.note('info', [
    info.tcpi_options,
    info.tcpi_rcv_mss,
    info.tcpi_advmss,
    info.tcpi_pmtu,
    info.tcpi_retransmits,
    info.tcpi_segs_in,
    info.tcpi_data_segs_in,
  ]);
  t.note(
    'buffer round trips',
    [2000, 4608, 10000, 100000].map((size) => {
      const fd = p.socket(AF_INET, SOCK_STREAM);
      p.setOption(fd, socketOptions.receiveBufferBytes, size);
      return p.getOption(fd, socketOptions.receiveBufferBytes) >= 2 * size;
    }),
  );
  t.is(
    'linger',
    [undefined, 0, 5].map((seconds) => {
      p.setOption(client, socketOptions.lingerSeconds, seconds);
      return p.getOption(client, socketOptions.lingerSeconds) ?? 'off';
    }),
    ['off', 0, 5],
  );
});
