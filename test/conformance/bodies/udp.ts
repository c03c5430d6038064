// SPDX-License-Identifier: GPL-2.0-only
/** UDP: datagrams whole, addressed and connected, what cannot be sent, many at once, and segments. */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_WR,
  SIOCOUTQ,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  SOL_UDP,
  socketOptions,
  UDP_GRO,
  UDP_SEGMENT,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { bound, int, ipv4, ipv6, message, polled, portOf, readText } from './support.js';

body('udp-send-receive', async (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  const buffer = new Uint8Array(16);
  t.is('poll', polled(p, b.fd), 'OUT');
  t.is('send', p.sendto(a.fd, 'abc', 0, ipv4(b.port)), 3);
  t.is('poll with data', polled(p, b.fd), 'IN|OUT');
  const first = p.recvfrom(b.fd, buffer);
  t.is('receive', [first.length, portOf(first.address) === a.port], [3, true]);
  t.is('send nothing', p.sendto(a.fd, '', 0, ipv4(b.port)), 0);
  t.is('poll with nothing', polled(p, b.fd), 'IN|OUT');
  t.is('bytes to read', p.bytesToRead(b.fd), 0);
  t.is('receive nothing', p.recv(b.fd, buffer), 0);
  t.gives('no more', 'EAGAIN', () => p.recv(b.fd, buffer));
  p.setNonBlocking(b.fd, false);
  const waiting = p.recvAsync(b.fd, buffer);
  await t.pass(1);
  p.sendto(a.fd, 'later', 0, ipv4(b.port));
  t.is('receive later', await t.until(waiting), 5);
  const unbound = p.socket(AF_INET, SOCK_DGRAM);
  p.sendto(unbound, 'x', 0, ipv4(b.port));
  t.is('sending binds', portOf(p.getsockname(unbound)) > 0, true);
});

body('udp-truncation', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  const send = (): number => p.sendto(a.fd, new Uint8Array(100).fill(65), 0, ipv4(b.port));
  send();
  send();
  t.is('bytes to read is of the first', p.bytesToRead(b.fd), 100);
  t.is('peek', p.recv(b.fd, new Uint8Array(10), MSG_PEEK), 10);
  t.is('peek with MSG_TRUNC', p.recv(b.fd, new Uint8Array(10), MSG_PEEK | MSG_TRUNC), 100);
  t.is('recv cuts', p.recv(b.fd, new Uint8Array(10)), 10);
  const cut = message(p, b.fd, 0, 10);
  t.is('recvmsg', [cut.length, cut.flags], [10, MSG_TRUNC]);
  send();
  const whole = message(p, b.fd, MSG_TRUNC, 10);
  t.is('recvmsg with MSG_TRUNC', [whole.length, whole.flags], [100, MSG_TRUNC]);
  send();
  t.is('MSG_WAITALL changes nothing', p.recv(b.fd, new Uint8Array(1000), MSG_WAITALL), 100);
  send();
  t.is('read nothing takes the datagram', p.read(b.fd, new Uint8Array(0)), 0);
  t.note(
    'then',
    t.try(() => p.recv(b.fd, new Uint8Array(10))),
  );
});

body('udp-errors', (t) => {
  const p = t.process;
  const { fd } = bound(p);
  t.gives('nobody to send to', 'EDESTADDRREQ', () => p.send(fd, 'x'));
  t.gives('port 0', 'EINVAL', () => p.sendto(fd, 'x', 0, ipv4(0)));
  t.gives('IPv6', 'EAFNOSUPPORT', () => p.sendto(fd, 'x', 0, ipv6(1)));
  t.gives('a short address', 'EINVAL', () =>
    p.sendto(fd, 'x', 0, { family: 'raw', bytes: Uint8Array.of(2, 0, 0, 1) }),
  );
  t.gives('65507 bytes', 'ok', () => p.sendto(fd, new Uint8Array(65507), 0, ipv4(1)));
  t.gives('65508 bytes', 'EMSGSIZE', () => p.sendto(fd, new Uint8Array(65508), 0, ipv4(1)));
  t.gives('65536 bytes', 'EMSGSIZE', () => p.sendto(fd, new Uint8Array(65536), 0, ipv4(1)));
  t.gives('MSG_OOB', 'EOPNOTSUPP', () => p.sendto(fd, 'x', MSG_OOB, ipv4(1)));
  t.gives('receive MSG_OOB', 'EAGAIN', () => p.recv(fd, new Uint8Array(1), MSG_OOB));
  t.gives('broadcast', 'EACCES', () => p.sendto(fd, 'x', 0, ipv4(1, '127.255.255.255')));
  p.setOption(fd, socketOptions.broadcast, true);
  t.gives('broadcast allowed', 'ok', () => p.sendto(fd, 'x', 0, ipv4(1, '127.255.255.255')));
  t.gives('connect to broadcast', 'EACCES', () =>
    p.connect(p.socket(AF_INET, SOCK_DGRAM), ipv4(1, '127.255.255.255')),
  );
  t.gives('no route', 'ENETUNREACH', () =>
    p.sendto(p.socket(AF_INET, SOCK_DGRAM), 'x', 0, ipv4(1, '10.1.1.1')),
  );
  t.gives('from loopback to elsewhere', 'ENETUNREACH', () =>
    p.sendto(fd, 'x', 0, ipv4(1, '10.1.1.1')),
  );
  t.gives('listen', 'EOPNOTSUPP', () => p.listen(fd));
  t.gives('accept', 'EOPNOTSUPP', () => p.accept(fd));
  t.gives('getpeername', 'ENOTCONN', () => p.getpeername(fd));
  t.gives('shutdown', 'ENOTCONN', () => p.shutdown(fd, SHUT_WR));
});

body('udp-connected', (t) => {
  const p = t.process;
  const a = bound(p, ipv4(5001));
  const b = bound(p);
  const stranger = bound(p);
  p.connect(a.fd, ipv4(b.port));
  t.is('peer', portOf(p.getpeername(a.fd)) === b.port, true);
  p.sendto(stranger.fd, 'no', 0, ipv4(a.port));
  t.gives('what strangers send is not for it', 'EAGAIN', () => p.recv(a.fd, new Uint8Array(8)));
  p.send(a.fd, 'yes');
  t.is('send', readText(p, b.fd), 'yes');
  p.sendto(a.fd, 'elsewhere', 0, ipv4(stranger.port));
  t.is('sendto goes elsewhere', readText(p, stranger.fd), 'elsewhere');
  p.connect(a.fd, ipv4(stranger.port));
  t.is('connect again', portOf(p.getpeername(a.fd)) === stranger.port, true);
  p.connect(a.fd, { family: AF_UNSPEC });
  t.gives('dissolved', 'ENOTCONN', () => p.getpeername(a.fd));
  t.is('the local port stays', portOf(p.getsockname(a.fd)) === a.port, true);
  const other = p.socket(AF_INET, SOCK_DGRAM);
  p.connect(other, ipv4(b.port));
  const name = p.getsockname(other);
  t.is(
    'connect chooses an address',
    name !== undefined && 'address' in name && name.address,
    '127.0.0.1',
  );
  p.connect(other, { family: AF_UNSPEC });
  t.is('and gives it up', p.getsockname(other), ipv4(0, '0.0.0.0'));
});

body('udp-shutdown', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  p.connect(a.fd, ipv4(b.port));
  p.connect(b.fd, ipv4(a.port));
  p.shutdown(a.fd, SHUT_WR);
  t.gives('send', 'EPIPE', () => p.send(a.fd, 'x', 0x4000));
  t.note('poll', polled(p, a.fd));
  p.shutdown(b.fd, SHUT_RD);
  p.setNonBlocking(b.fd, false);
  t.is('receive', p.recv(b.fd, new Uint8Array(1)), 0);
  t.note('poll after SHUT_RD', polled(p, b.fd));
});

body('udp-many', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  const messages = ['one', 'two', 'three'].map((data) => ({ data: [data], address: ipv4(b.port) }));
  t.is('sendmmsg', p.sendmmsg(a.fd, messages), 3);
  const slots = [1, 2, 3, 4].map(() => ({ buffers: [new Uint8Array(8)] }));
  const received = p.recvmmsg(b.fd, slots, MSG_DONTWAIT);
  t.is(
    'recvmmsg',
    received.map(({ length }) => length),
    [3, 3, 5],
  );
  t.is(
    'from',
    received.every(({ address }) => portOf(address) === a.port),
    true,
  );
  t.gives('none', 'EAGAIN', () => p.recvmmsg(b.fd, slots, MSG_DONTWAIT));
  const mixed = [
    { data: ['fine'], address: ipv4(b.port) },
    { data: [new Uint8Array(70000)], address: ipv4(b.port) },
    { data: ['never'], address: ipv4(b.port) },
  ];
  t.is('an error after some', p.sendmmsg(a.fd, mixed), 1);
  t.gives('an error at first', 'EMSGSIZE', () => p.sendmmsg(a.fd, mixed.slice(1)));
  t.is('no message', p.sendmmsg(a.fd, []), 0);
  t.is('receive', readText(p, b.fd), 'fine');
  t.gives('and no more', 'EAGAIN', () => p.recv(b.fd, new Uint8Array(8)));
});

body('udp-cork', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  p.connect(a.fd, ipv4(b.port));
  p.send(a.fd, 'one ', MSG_MORE);
  p.send(a.fd, 'two ', MSG_MORE);
  t.gives('nothing yet', 'EAGAIN', () => p.recv(b.fd, new Uint8Array(8)));
  p.send(a.fd, 'three');
  t.is('receive', readText(p, b.fd), 'one two three');
  p.setOption(a.fd, socketOptions.udpCork, true);
  p.send(a.fd, 'a');
  p.send(a.fd, 'b');
  t.gives('corked', 'EAGAIN', () => p.recv(b.fd, new Uint8Array(8)));
  p.setOption(a.fd, socketOptions.udpCork, false);
  t.is('uncorked', readText(p, b.fd), 'ab');
});

body('udp-segments', (t) => {
  const p = t.process;
  const receive = (fd: number): number | string => t.try(() => p.recv(fd, new Uint8Array(65535)));
  for (const family of [AF_INET, AF_INET6]) {
    const local = family === AF_INET ? ipv4 : ipv6;
    const a = bound(p, local(0));
    const b = bound(p, local(0));
    const to = local(b.port);
    const send = (lengthBytes: number, segmentBytes: number): number | string =>
      t.try(() =>
        p.sendmsg(a.fd, {
          data: [new Uint8Array(lengthBytes)],
          address: to,
          control: [{ type: 'segmentSize', bytes: segmentBytes }],
        }),
      );
    const which = `family ${family}`;
    t.is(`${which}: 2500 by 1000`, send(2500, 1000), 2500);
    t.is(`${which}: received`, [receive(b.fd), receive(b.fd), receive(b.fd)], [1000, 1000, 500]);
    t.gives(`${which}: no more`, 'EAGAIN', () => p.recv(b.fd, new Uint8Array(9)));
    for (const [lengthBytes, segmentBytes] of [
      [1, 1],
      [1, 2],
      [1000, 1000],
      [1000, 2000],
      [0, 100],
      [128, 1],
      [129, 1],
      [65000, 32000],
      [65508, 32000],
      [3000, 65535],
      [1000, 0],
    ] as const) {
      const sent = send(lengthBytes, segmentBytes);
      const got: (number | string)[] = [];
      for (let one = receive(b.fd); typeof one === 'number'; one = receive(b.fd)) got.push(one);
      t.note(`${which}: ${lengthBytes} by ${segmentBytes}`, [sent, got.length, got[0], got.at(-1)]);
    }
    p.setsockopt(b.fd, SOL_UDP, UDP_GRO, 1);
    p.setsockopt(a.fd, SOL_UDP, UDP_SEGMENT, 1000);
    t.is(`${which}: option`, int(p, a.fd, SOL_UDP, UDP_SEGMENT), 1000);
    p.sendto(a.fd, new Uint8Array(2500), 0, to);
    const whole = message(p, b.fd);
    t.is(
      `${which}: received whole`,
      [whole.length, whole.control],
      [2500, [{ type: 'segmentSize', bytes: 1000 }]],
    );
    t.gives(`${which}: a segment of 65536`, 'EINVAL', () =>
      p.setsockopt(a.fd, SOL_UDP, UDP_SEGMENT, 65536),
    );
    t.gives(`${which}: a negative one`, 'EINVAL', () =>
      p.setsockopt(a.fd, SOL_UDP, UDP_SEGMENT, -1),
    );
  }
});

body('udp-receive-buffer', (t) => {
  const p = t.process;
  const a = bound(p);
  const b = bound(p);
  p.setOption(b.fd, socketOptions.receiveBufferBytes, 4000);
  t.is('the option', p.getOption(b.fd, socketOptions.receiveBufferBytes), 8000);
  for (let i = 0; i < 100; i++) p.sendto(a.fd, new Uint8Array(1000), 0, ipv4(b.port));
  let count = 0;
  while (typeof t.try(() => p.recv(b.fd, new Uint8Array(1000))) === 'number') count++;
  t.is('some were dropped', count > 0 && count < 20, true);
  p.setOption(b.fd, socketOptions.receiveOverflowCount, true);
  t.is('nothing left in the sender', p.ioctlInt(a.fd, SIOCOUTQ), 0);
  t.note(
    'send buffer of 1',
    (p.setsockopt(a.fd, SOL_SOCKET, SO_SNDBUF, 1), int(p, a.fd, SOL_SOCKET, SO_SNDBUF) < 10000),
  );
});

body('udp-multicast', (t) => {
  const p = t.process;
  const group = '239.1.2.3';
  const member = bound(p, ipv4(0, '0.0.0.0'));
  const other = bound(p, ipv4(0, '0.0.0.0'));
  p.setOption(member.fd, socketOptions.ipAddMembership, { group, interfaceIndex: 1 });
  const join = (address: string, interfaceIndex: number) => (): void =>
    p.setOption(member.fd, socketOptions.ipAddMembership, { group: address, interfaceIndex });
  t.gives('twice', 'EADDRINUSE', join(group, 1));
  t.gives('not multicast', 'EINVAL', join('10.1.1.1', 1));
  t.gives('no such interface', 'ENODEV', join(group, 99));
  const sender = bound(p);
  p.setsockopt(sender.fd, 0, 32, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0));
  t.is('send', p.sendto(sender.fd, 'all', 0, ipv4(member.port, group)), 3);
  t.is('receive', readText(p, member.fd), 'all');
  t.gives('nobody else', 'EAGAIN', () => p.recv(other.fd, new Uint8Array(1)));
  p.setOption(member.fd, socketOptions.ipDropMembership, { group, interfaceIndex: 1 });
  t.gives('drop twice', 'EADDRNOTAVAIL', () =>
    p.setOption(member.fd, socketOptions.ipDropMembership, { group, interfaceIndex: 1 }),
  );
  p.sendto(sender.fd, 'gone', 0, ipv4(member.port, group));
  t.gives('after leaving', 'EAGAIN', () => p.recv(member.fd, new Uint8Array(1)));
});
