// SPDX-License-Identifier: GPL-2.0-only
/** How TCP connections end: half close, reset, linger, EPIPE and SIGPIPE. */
import {
  MSG_NOSIGNAL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIGPIPE,
  SO_ERROR,
  SOL_SOCKET,
  socketOptions,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { int, polled, readText, tcpPair } from './support.js';

const state = (t: Context, fd: number): number =>
  t.process.getOption(fd, socketOptions.tcpInfo).tcpi_state;

body('half-close', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.write(client, 'last');
  p.shutdown(client, SHUT_WR);
  t.is('server', polled(p, server), 'IN|OUT|RDHUP');
  t.is('client', polled(p, client), 'OUT');
  t.is('states', [state(t, client), state(t, server)], [4, 8]);
  t.is('read', readText(p, server), 'last');
  t.is('end', readText(p, server), '');
  t.is('end again', readText(p, server), '');
  p.write(server, 'answer');
  t.is('the other way', readText(p, client), 'answer');
  t.gives('write', 'EPIPE', () => p.write(client, 'x'));
  t.gives('shutdown again', 'ok', () => p.shutdown(client, SHUT_WR));
  p.shutdown(server, SHUT_WR);
  t.is('client at the end', polled(p, client), 'IN|OUT|HUP|RDHUP');
  t.is('server at the end', polled(p, server), 'IN|OUT|HUP|RDHUP');
  t.is('the end', readText(p, client), '');
  t.gives('shutdown of a closed connection', 'ENOTCONN', () => p.shutdown(client, SHUT_RDWR));
  t.gives('getpeername of it', 'ENOTCONN', () => p.getpeername(server));
});

body('shutdown-read', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.shutdown(server, SHUT_RD);
  t.is('poll', polled(p, server), 'IN|OUT|RDHUP');
  t.is('read', readText(p, server), '');
  p.write(client, 'still');
  t.is('data comes nevertheless', readText(p, server), 'still');
  t.is('then the end', readText(p, server), '');
  t.is('the peer does not notice', polled(p, client), 'OUT');
  t.gives('a wrong how', 'EINVAL', () => p.shutdown(server, 3));
  t.gives('a negative how', 'EINVAL', () => p.shutdown(server, -1));
});

body('shutdown-both', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.shutdown(client, SHUT_RDWR);
  t.is('client', polled(p, client), 'IN|OUT|HUP|RDHUP');
  t.is('server', polled(p, server), 'IN|OUT|RDHUP');
  t.is('read', readText(p, client), '');
  p.write(server, 'unheard');
  t.is('what the server reads', readText(p, server), '');
  t.note(
    'what the client reads',
    t.try(() => readText(p, client)),
  );
  t.note('the server afterwards', polled(p, server));
});

body('reset-by-linger-0', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.write(client, 'lost');
  p.setOption(client, socketOptions.lingerSeconds, 0);
  p.close(client);
  t.is('poll', polled(p, server), 'IN|OUT|ERR|HUP|RDHUP');
  t.is('SO_ERROR', int(p, server, SOL_SOCKET, SO_ERROR), 104);
  t.note(
    'read after the error was taken',
    t.try(() => readText(p, server)),
  );
  t.gives('write', 'EPIPE', () => p.write(server, 'x'));
});

body('reset-read-first', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.write(client, 'lost');
  p.setOption(client, socketOptions.lingerSeconds, 0);
  p.close(client);
  t.is('what came before the reset', readText(p, server), 'lost');
  t.gives('read', 'ECONNRESET', () => p.read(server, new Uint8Array(9)));
  t.is('read again', readText(p, server), '');
  t.gives('getpeername', 'ENOTCONN', () => p.getpeername(server));
});

body('reset-by-unread-data', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.write(server, 'unread');
  p.close(client);
  t.gives('read', 'ECONNRESET', () => p.read(server, new Uint8Array(9)));
});

body('write-to-closed', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const signals: number[] = [];
  p.onSignal(SIGPIPE, (signal) => signals.push(signal), { restart: true });
  p.close(server);
  t.is('poll', polled(p, client), 'IN|OUT|RDHUP');
  t.gives('the first write is answered by a reset', 'ok', () => p.write(client, 'x'));
  await t.pass(1);
  t.is('poll after it', polled(p, client), 'IN|OUT|ERR|HUP|RDHUP');
  // Data after a FIN is answered with a reset, which a reader of the end of the stream sees as EPIPE.
  t.gives('write', 'EPIPE', () => p.write(client, 'x'));
  t.gives('write again', 'EPIPE', () => p.write(client, 'x'));
  await t.pass(1);
  t.is('signals', signals, [SIGPIPE, SIGPIPE]);
  t.gives('with MSG_NOSIGNAL', 'EPIPE', () => p.send(client, 'x', MSG_NOSIGNAL));
  await t.pass(1);
  t.is('no further signal', signals.length, 2);
  t.is('read', readText(p, client), '');
});

body('close-while-waiting', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const waiting = p.readAsync(server, new Uint8Array(4));
  await t.pass(1);
  p.write(client, 'data');
  t.is('the reader', await t.until(waiting), 4);
  const end = p.readAsync(server, new Uint8Array(4));
  await t.pass(1);
  p.close(client);
  t.is('the end', await t.until(end), 0);
});

body('fork-keeps-connection', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const child = p.fork();
  p.close(server);
  t.is('the child has it still', polled(p, client), 'OUT');
  child.write(server, 'child');
  t.is('read', readText(p, client), 'child');
  child.exit();
  t.is('exit closes it', readText(p, client), '');
});

body('exit-resets-unread', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const child = p.fork();
  p.close(server);
  p.write(client, 'unread');
  child.exit();
  t.gives('read', 'ECONNRESET', () => p.read(client, new Uint8Array(1)));
});

body('linger-close', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  p.setOption(client, socketOptions.lingerSeconds, 5);
  p.write(client, 'all of it');
  await t.until(p.closeAsync(client));
  t.is('read', readText(p, server), 'all of it');
  t.is('end', readText(p, server), '');
  t.gives('the descriptor is gone', 'EBADF', () => p.read(client, new Uint8Array(1)));
});
