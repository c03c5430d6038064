// SPDX-License-Identifier: GPL-2.0-only
/** Data over TCP: the MSG_* flags, low-water marks, full buffers, vectors, and the waits between. */
import {
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SIOCATMARK,
  SO_PEEK_OFF,
  SO_RCVLOWAT,
  SOL_SOCKET,
  socketOptions,
  TCP_CM_INQ,
  TCP_INQ,
  SOL_TCP,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { int, polled, readText, tcpPair, text } from './support.js';

body('tcp-peek', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const buffer = new Uint8Array(16);
  t.gives('nothing there', 'EAGAIN', () => p.recv(server, buffer, MSG_PEEK | MSG_DONTWAIT));
  p.write(client, 'abcdef');
  t.is('peek', p.recv(server, buffer.subarray(0, 3), MSG_PEEK), 3);
  t.is('peek more', p.recv(server, buffer, MSG_PEEK), 6);
  t.is('bytes to read', p.bytesToRead(server), 6);
  t.is('read 2', readText(p, server, 2), 'ab');
  t.is('peek the rest', text(buffer.subarray(0, p.recv(server, buffer, MSG_PEEK))), 'cdef');
  t.is('discard', p.recv(server, buffer.subarray(0, 3), MSG_TRUNC), 3);
  t.is('what is left', readText(p, server), 'f');
  t.gives('zero bytes', 'EAGAIN', () => p.recv(server, new Uint8Array(0), MSG_DONTWAIT));
});

body('tcp-peek-offset', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  t.is('none at first', int(p, server, SOL_SOCKET, SO_PEEK_OFF), -1);
  p.setsockopt(server, SOL_SOCKET, SO_PEEK_OFF, 0);
  p.write(client, 'abcdef');
  const peek = (): string => {
    const buffer = new Uint8Array(2);
    return text(buffer.subarray(0, p.recv(server, buffer, MSG_PEEK | MSG_DONTWAIT)));
  };
  t.is('peeks', [peek(), peek()], ['ab', 'cd']);
  t.is('offset', int(p, server, SOL_SOCKET, SO_PEEK_OFF), 4);
  t.is('read', readText(p, server, 3), 'abc');
  t.is('offset after reading', int(p, server, SOL_SOCKET, SO_PEEK_OFF), 1);
  t.is('peek', peek(), 'ef');
  t.gives('beyond', 'EAGAIN', peek);
});

body('tcp-waitall', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const buffer = new Uint8Array(6);
  const all = p.recvAsync(server, buffer, MSG_WAITALL);
  p.write(client, 'abc');
  await t.pass(1);
  p.write(client, 'defg');
  t.is('all', [await t.until(all), text(buffer)], [6, 'abcdef']);
  t.is('the rest', readText(p, server), 'g');
  const short = p.recvAsync(server, buffer, MSG_WAITALL);
  p.write(client, 'hi');
  await t.pass(1);
  p.close(client);
  t.is('the end cuts it short', await t.until(short), 2);
});

body('tcp-receive-low-water', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  t.is('at first', int(p, server, SOL_SOCKET, SO_RCVLOWAT), 1);
  p.setsockopt(server, SOL_SOCKET, SO_RCVLOWAT, 5);
  p.write(client, 'abc');
  t.is('poll with less', polled(p, server), 'OUT');
  t.is('a read takes it', p.recv(server, new Uint8Array(2), MSG_DONTWAIT), 2);
  p.write(client, 'defgh');
  t.is('poll with enough', polled(p, server), 'IN|OUT');
  const waiting = p.readAsync(server, new Uint8Array(100));
  t.is('read', await t.until(waiting), 6);
  p.setsockopt(server, SOL_SOCKET, SO_RCVLOWAT, 0);
  t.is('0 means 1', int(p, server, SOL_SOCKET, SO_RCVLOWAT), 1);
});

body('tcp-receive-timeout', async (t) => {
  const { server } = await tcpPair(t);
  const p = t.process;
  p.setOption(server, socketOptions.receiveTimeoutNs, 20e6);
  const before = p.clockGettime(1);
  await t.givesLater('read', 'EAGAIN', p.readAsync(server, new Uint8Array(1)));
  const after = p.clockGettime(1);
  const waitedMs =
    (after.seconds - before.seconds) * 1e3 + (after.nanoseconds - before.nanoseconds) / 1e6;
  t.is('it took 20 ms', waitedMs >= 19.9 && waitedMs < 200, true);
  t.is('the option', p.getOption(server, socketOptions.receiveTimeoutNs), 20e6);
  t.gives('a negative time of seconds is 0', 'ok', () =>
    p.setsockopt(server, SOL_SOCKET, 66, new Uint8Array(new BigInt64Array([-1n, 0n]).buffer)),
  );
  t.gives('a million microseconds', 'EDOM', () =>
    p.setsockopt(server, SOL_SOCKET, 66, new Uint8Array(new BigInt64Array([1n, 1000000n]).buffer)),
  );
  t.gives('too short', 'EINVAL', () => p.setsockopt(server, SOL_SOCKET, 66, 1));
});

body('tcp-full-buffer', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.setNonBlocking(client);
  const block = new Uint8Array(65536);
  let sent = 0;
  let outcome: number | string = 0;
  while (typeof outcome === 'number') {
    outcome = t.try(() => p.write(client, block));
    if (typeof outcome === 'number') sent += outcome;
  }
  t.is('at last', outcome, 'EAGAIN');
  t.is('poll when full', polled(p, client), '');
  let read = 0;
  while (read < sent) {
    read += await t.until(p.readAsync(server, block));
    await t.pass(0);
  }
  t.is('all arrives', read, sent);
  await t.pass(300);
  t.is('poll when empty', polled(p, client), 'OUT');
  t.is('unsent', p.bytesUnsent(client), 0);
});

body('tcp-blocking-write', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const total = 3_000_000;
  const data = new Uint8Array(total);
  for (let i = 0; i < total; i++) data[i] = (i * 7) & 0xff;
  const writing = p.writeAsync(client, data);
  const buffer = new Uint8Array(50_000);
  let read = 0;
  let wrong = 0;
  while (read < total) {
    const n = await t.until(p.readAsync(server, buffer));
    for (let i = 0; i < n; i += 997) if (buffer[i] !== (((read + i) * 7) & 0xff)) wrong++;
    read += n;
  }
  t.is('read', [read, wrong], [total, 0]);
  t.is('written', await t.until(writing), total);
});

body('tcp-vectors', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  t.is('writev', p.writev(client, ['ab', '', 'cde']), 5);
  const parts = [new Uint8Array(1), new Uint8Array(0), new Uint8Array(2), new Uint8Array(9)];
  t.is('readv', p.readv(server, parts), 5);
  t.is('parts', parts, ['a', '', 'bc', 'de\0\0\0\0\0\0\0']);
  t.is('no vector', p.writev(client, []), 0);
  t.gives('1025 vectors', 'EINVAL', () => p.writev(client, new Array<string>(1025).fill('x')));
  t.gives('1025 in sendmsg', 'EMSGSIZE', () =>
    p.sendmsg(client, { data: new Array<string>(1025).fill('x') }),
  );
  t.is('1024 vectors', p.writev(client, new Array<string>(1024).fill('x')), 1024);
});

body('tcp-more', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.send(client, 'held', MSG_MORE);
  t.is('MSG_MORE holds it back', polled(p, server), 'OUT');
  p.send(client, ' now');
  t.is('read', readText(p, server), 'held now');
  p.setOption(client, socketOptions.tcpCork, true);
  p.write(client, 'corked');
  t.is('TCP_CORK holds it back', polled(p, server), 'OUT');
  t.is('unsent', p.bytesUnsent(client), 6);
  p.setOption(client, socketOptions.tcpCork, false);
  t.is('read after', readText(p, server), 'corked');
});

body('tcp-inq', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.setsockopt(server, SOL_TCP, TCP_INQ, 1);
  p.write(client, 'abcdefgh');
  const first = p.recvmsg(server, { buffers: [new Uint8Array(3)], controlBytes: 64 });
  const inq = { type: 'raw', level: SOL_TCP, kind: TCP_CM_INQ };
  t.is('first', first.control, [{ ...inq, data: '\x05\0\0\0' }]);
  p.close(client);
  const rest = p.recvmsg(server, { buffers: [new Uint8Array(9)], controlBytes: 64 });
  t.is('with the end after it', rest.control, [{ ...inq, data: '\x01\0\0\0' }]);
  const end = p.recvmsg(server, { buffers: [new Uint8Array(9)], controlBytes: 64 });
  t.note('at the end', [end.length, end.control]);
  t.gives('wrong length', 'EINVAL', () => p.setsockopt(server, SOL_TCP, TCP_INQ, Uint8Array.of(1)));
  t.gives('wrong value', 'EINVAL', () => p.setsockopt(server, SOL_TCP, TCP_INQ, 2));
});

body('tcp-recvmsg', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.write(client, 'abcdef');
  const buffers = [new Uint8Array(2), new Uint8Array(3)];
  const message = p.recvmsg(server, { buffers, controlBytes: 64 });
  t.is('message', [message.length, message.flags, message.control], [5, 0, []]);
  t.is('a stream gives no address', message.address, undefined);
  t.is('recvfrom', p.recvfrom(server, new Uint8Array(9)), { length: 1, address: undefined });
  t.is('at mark', p.ioctlInt(server, SIOCATMARK), 0);
});
