// SPDX-License-Identifier: GPL-2.0-only

/**
 * A relay as socat makes one: bob listens on TCP and passes what comes to a unix socket of his own, where a program
 * answers; alice only ever sees the TCP side. Both directions are web streams.
 */
import {
  TcpServer,
  TcpSocket,
  UnixServer,
  UnixSocket,
  type PosixHost,
} from '../src/posix/index.js';
import { start, twoHosts, type Print } from './network.js';

const name = '@service';

/** `socat TCP-LISTEN:8080,fork ABSTRACT-CONNECT:service` */
async function relay(host: PosixHost): Promise<void> {
  const process = host.spawn();
  for await (const outside of TcpServer.listen(process, { port: 8080 })) {
    const inside = await UnixSocket.connect(process, name);
    void Promise.all([
      outside.readable.pipeTo(inside.writable),
      inside.readable.pipeTo(outside.writable),
    ]).finally(() => {
      inside.close();
      outside.close();
    });
  }
}

/** Says all that it hears, in capitals. */
async function service(host: PosixHost): Promise<void> {
  const server = UnixServer.listen(host.spawn(), name);
  for await (const socket of server) {
    const text = new TextDecoder().decode(await socket.readAll());
    await socket.write(text.toUpperCase());
    socket.close();
  }
}

async function ask(host: PosixHost, text: string): Promise<string> {
  using process = host.spawn();
  using socket = await TcpSocket.connect(process, { address: '192.0.2.2', port: 8080 });
  await socket.write(text);
  socket.end();
  return new TextDecoder().decode(await socket.readAll());
}

export async function run(print: Print): Promise<void> {
  const { simulation, alice, bob } = await twoHosts();
  void service(bob);
  void relay(bob);
  print(await simulation.runUntil(ask(alice, 'from a wire to a unix socket')));
  print(await simulation.runUntil(ask(alice, 'and back again')));
}

await start(import.meta.url, run);
