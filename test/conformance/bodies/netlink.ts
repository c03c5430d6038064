// SPDX-License-Identifier: GPL-2.0-only
/** Netlink: what it refuses and in which words, and what it tells whom. */
import { AF_NETLINK, SOCK_NONBLOCK, SOCK_RAW, SOCK_STREAM } from '../../../src/posix/index.js';
import { body } from '../body.js';
import { drain, ipv4, polled } from './support.js';

/** A netlink message by its fields. */
function request(
  type: number,
  flags: number,
  payload: Uint8Array,
  lengthBytes?: number,
): Uint8Array {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, lengthBytes ?? bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, 7, true);
  bytes.set(payload, 16);
  return bytes;
}

body('netlink-errors', (t) => {
  const p = t.process;
  const ask = (message: Uint8Array, protocol = 0): unknown => {
    const fd = p.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, protocol);
    const sent = t.try(() => p.send(fd, message));
    const buffer = new Uint8Array(8192);
    const n = t.try(() => p.recv(fd, buffer));
    p.close(fd);
    if (typeof n === 'string') return [sent, n];
    const view = new DataView(buffer.buffer);
    const type = view.getUint16(4, true);
    return [sent, type, type === 2 ? view.getInt32(16, true) : 'data'];
  };
  const none = new Uint8Array(0);
  t.note('an unknown type', ask(request(9999, 5, none)));
  t.note('a control type', ask(request(1, 5, none)));
  t.note('not a request', ask(request(18, 4, new Uint8Array(16))));
  t.note('too short', ask(request(18, 5, none, 8)));
  t.note('longer than it is', ask(request(18, 5, none, 100)));
  t.note('no header', ask(Uint8Array.of(1, 2, 3)));
  t.note('get link without a name', ask(request(18, 5, new Uint8Array(16))));
  const lo = new Uint8Array(16);
  lo[4] = 1;
  t.note('get link 1', ask(request(18, 5, lo)));
  lo[4] = 99;
  t.note('get link 99', ask(request(18, 5, lo)));
  t.note('a short payload', ask(request(18, 5, new Uint8Array(4))));
  t.note(
    'delete lo',
    ask(request(17, 5, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
  );
  t.note('new link without attributes', ask(request(16, 5, new Uint8Array(16))));
  t.note('new route of no family', ask(request(24, 5, new Uint8Array(12))));
  t.note(
    'address of an unknown family',
    ask(request(20, 5, Uint8Array.of(99, 0, 0, 0, 1, 0, 0, 0))),
  );
  t.note(
    'an unknown protocol',
    t.try(() => p.socket(AF_NETLINK, SOCK_RAW, 31)),
  );
  t.note(
    'a negative protocol',
    t.try(() => p.socket(AF_NETLINK, SOCK_RAW, -1)),
  );
  t.note(
    'a stream',
    t.try(() => p.socket(AF_NETLINK, SOCK_STREAM, 0)),
  );
  const fd = p.socket(AF_NETLINK, SOCK_RAW, 0);
  t.gives('bind', 'ok', () => p.bind(fd, { family: AF_NETLINK, portId: 0, groups: 0 }));
  const name = p.getsockname(fd);
  t.is(
    'the first gets the pid as its port',
    name?.family === AF_NETLINK && name.portId === p.pid,
    true,
  );
  const other = p.socket(AF_NETLINK, SOCK_RAW, 0);
  t.gives('the same port', 'EADDRINUSE', () =>
    p.bind(other, { family: AF_NETLINK, portId: p.pid, groups: 0 }),
  );
  t.gives('another port later', 'EINVAL', () =>
    p.bind(fd, { family: AF_NETLINK, portId: 1234, groups: 0 }),
  );
  t.gives('a group that is not there', 'EINVAL', () => p.setsockopt(fd, 270, 1, 9999));
  t.gives('connect to a port that is not there', 'ok', () =>
    p.connect(other, { family: AF_NETLINK, portId: 4242, groups: 0 }),
  );
  t.note(
    'send to it',
    t.try(() => p.send(other, request(18, 5, none))),
  );
  t.gives('an address of IPv4', 'EINVAL', () => p.bind(p.socket(AF_NETLINK, SOCK_RAW, 0), ipv4(1)));
  const nobody = t.spawn();
  nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
  const theirs = nobody.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
  nobody.send(theirs, request(16, 5, new Uint8Array(16)));
  const buffer = new Uint8Array(256);
  nobody.recv(theirs, buffer);
  t.is('a change by others', new DataView(buffer.buffer).getInt32(16, true), -1);
});

body('netlink-events', async (t) => {
  const p = t.process;
  const fd = p.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
  p.bind(fd, { family: AF_NETLINK, portId: 0, groups: 1 | 0x10 });
  const types = (): number[] =>
    drain(p, fd).map(({ bytes }) =>
      new DataView(bytes.buffer, bytes.byteOffset).getUint16(4, true),
    );
  t.world.host.route.addresses.add('lo', '10.0.0.1/8');
  t.is('a new address', types(), [20]);
  t.world.host.route.links.change('lo', { mtu: 9000 });
  t.note('a changed link', types());
  t.world.host.route.addresses.remove('lo', '10.0.0.1/8');
  t.is('an address removed', types(), [21]);
  t.is('poll', polled(p, fd), 'OUT');
  await t.pass(1);
});
