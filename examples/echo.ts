// SPDX-License-Identifier: GPL-2.0-only

/** An echo server and its clients, over TCP, with the comfortable sockets. */
import { TcpServer, TcpSocket, type PosixHost } from '../src/posix/index.js';
import { start, twoHosts, type Print } from './network.js';

async function serve(host: PosixHost): Promise<void> {
  const server = TcpServer.listen(host.spawn(), { port: 7 });
  for await (const socket of server) void echo(socket);
}

async function echo(socket: TcpSocket): Promise<void> {
  for await (const chunk of socket) await socket.write(chunk);
  socket.close();
}

async function ask(host: PosixHost, text: string): Promise<string> {
  using process = host.spawn();
  using socket = await TcpSocket.connect(process, { address: '192.0.2.2', port: 7 });
  await socket.write(text);
  socket.end();
  return new TextDecoder().decode(await socket.readAll());
}

export async function run(print: Print): Promise<void> {
  const { simulation, alice, bob } = await twoHosts();
  void serve(bob);
  const texts = ['hello', 'over', 'real', 'TCP'];
  const answers = Promise.all(texts.map((text) => ask(alice, text)));
  print((await simulation.runUntil(answers)).join(' '));
  print(`${simulation.nowNs / 1e6} ms of virtual time`);
}

await start(import.meta.url, run);
