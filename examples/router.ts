// SPDX-License-Identifier: GPL-2.0-only

/** A router between two networks, configured through rtnetlink: no `ip`, no daemon. */
import { Simulation } from '../src/index.js';
import { AF_INET, TcpServer, TcpSocket, type PosixHost } from '../src/posix/index.js';
import { configure, start, type Print } from './network.js';

async function tellAddress(server: PosixHost): Promise<void> {
  const listener = TcpServer.listen(server.spawn(), { address: '0.0.0.0', port: 80 });
  for await (const socket of listener) {
    await socket.write(`you are ${socket.remoteEndpoint!.address}`);
    socket.close();
  }
}

async function ask(client: PosixHost, address: string): Promise<string> {
  using process = client.spawn();
  using socket = await TcpSocket.connect(process, { address, port: 80 });
  return new TextDecoder().decode(await socket.readAll());
}

export async function run(print: Print): Promise<void> {
  const simulation = new Simulation({ seed: 1, addresses: 'manual' });
  const alice = simulation.host('alice');
  const router = simulation.host('router');
  const bob = simulation.host('bob');
  simulation.connect(alice, router, { delay: '5 ms' });
  simulation.connect(router, bob, { delay: '20 ms' });

  configure(alice, 'eth0', '192.0.2.10/24');
  configure(router, 'eth0', '192.0.2.1/24');
  configure(router, 'eth1', '198.51.100.1/24');
  configure(bob, 'eth0', '198.51.100.10/24');
  alice.posix.route.routes.add({ destination: 'default', gateway: '192.0.2.1' });
  bob.posix.route.routes.add({ destination: 'default', gateway: '198.51.100.1' });
  router.posix.sysctl('net.ipv4.ip_forward', 1);

  void tellAddress(bob.posix);
  print(await simulation.runUntil(ask(alice.posix, '198.51.100.10')));

  // A route can also say that there is no way: the router tells alice by ICMP.
  router.posix.route.routes.add({ destination: '203.0.113.0/24', type: unreachable });
  try {
    await simulation.runUntil(ask(alice.posix, '203.0.113.7'));
  } catch (error) {
    print(String(error instanceof Error ? error.message : error));
  }
  for (const { destination, index } of router.posix.route.routes.list({
    family: AF_INET,
    table: mainTable,
  })) {
    print(`${destination} by link ${index ?? 'none'}`);
  }
}

const unreachable = 7;
const mainTable = 254;

await start(import.meta.url, run);
