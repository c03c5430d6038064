// SPDX-License-Identifier: GPL-2.0-only

/** A router between two networks: nobody configures it, but somebody can. */
import { Simulation, type Os } from 'libos';
import { AF_INET } from 'libos/posix';

const unreachable = 7;
const mainTable = 254;

const sim = new Simulation({ seed: 1 });
const [alice, router, bob] = sim.hosts('alice', 'router', 'bob');
sim.connect(alice, router, { delay: '5 ms', addresses: ['192.0.2.10/24', '192.0.2.1/24'] });
sim.connect(router, bob, { delay: '20 ms', addresses: ['198.51.100.1/24', '198.51.100.10/24'] });
// A route can also say that there is no way: the router tells alice by ICMP.
router.configure(({ route }) => {
  route.routes.add({ destination: '203.0.113.0/24', type: unreachable });
});

bob.run(async function server(os) {
  for await (const socket of os.listen(80, { address: '0.0.0.0' })) {
    await socket.write(`you are ${socket.remoteEndpoint!.address}`);
    socket.close();
  }
});

async function ask(os: Os, host: string): Promise<string> {
  using socket = await os.connect(host, 80);
  return new TextDecoder().decode(await socket.readAll());
}

console.log(await sim.runUntil(alice.run((os) => ask(os, 'bob'))));
const failure = alice.run((os) =>
  ask(os, '203.0.113.7').catch((error: unknown) => (error as Error).message),
);
console.log(await sim.runUntil(failure));
for (const { destination, index } of router.posix.route.routes.list({
  family: AF_INET,
  table: mainTable,
})) {
  console.log(`${destination} by link ${index ?? 'none'}`);
}
