// SPDX-License-Identifier: GPL-2.0-only

/**
 * A relay as socat makes one: bob listens on TCP and passes what comes to a unix socket of his own, where a program
 * answers; alice only ever sees the TCP side. Both directions are web streams.
 */
import { Simulation, type Os } from 'libos';
import { UnixServer, UnixSocket } from 'libos/posix';

const name = '@service';

/** `socat TCP-LISTEN:8080,fork ABSTRACT-CONNECT:service` */
async function relay(os: Os): Promise<void> {
  for await (const outside of os.listen(8080)) {
    const inside = await UnixSocket.connect(os.process, name);
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
async function service(os: Os): Promise<void> {
  for await (const socket of UnixServer.listen(os.process, name)) {
    const text = new TextDecoder().decode(await socket.readAll());
    await socket.write(text.toUpperCase());
    socket.close();
  }
}

async function ask(os: Os, text: string): Promise<string> {
  using socket = await os.connect('bob', 8080);
  await socket.write(text);
  socket.end();
  return new TextDecoder().decode(await socket.readAll());
}

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { rate: '100 Mbit/s', delay: '10 ms' });

bob.run(service);
bob.run(relay);
for (const text of ['from a wire to a unix socket', 'and back again']) {
  console.log(await sim.runUntil(alice.run((os) => ask(os, text))));
}
