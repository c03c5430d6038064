// SPDX-License-Identifier: GPL-2.0-only

/** One TCP connection through a slow, lossy link: what arrives, and what it took. */
import { Simulation } from 'libos';

const sim = new Simulation({ seed: 1 });
const [alice, router, bob] = sim.hosts('alice', 'router', 'bob');
sim.connect(alice, router, { rate: '100 Mbit/s', delay: '5 ms' });
const bottleneck = sim.connect(router, bob, {
  rate: '10 Mbit/s',
  delay: '20 ms',
  queue: '100 packets',
  loss: 0.001,
});
alice.configure((host) => host.congestionControl('cubic'));

const receiver = bob.run(async (os) => {
  using socket = await os.listen(5001).accept();
  const startNs = os.nowNs;
  const bytes = (await socket.readAll()).length;
  return { bytes, seconds: (os.nowNs - startNs) / 1e9 };
});

const sender = alice.run(async (os) => {
  using socket = await os.connect('bob', 5001);
  await socket.write(new Uint8Array(5_000_000));
  socket.end();
  await socket.read();
  return socket.info;
});

await sim.run();
const { bytes, seconds } = receiver.result;
const { tcpi_total_retrans, tcpi_min_rtt } = sender.result;
console.log(
  `${bytes / 1e6} MB in ${seconds.toFixed(1)} s: ${((bytes * 8) / seconds / 1e6).toFixed(1)} Mbit/s`,
);
console.log(
  `round trip of ${(tcpi_min_rtt / 1e3).toFixed(1)} ms at least, ${tcpi_total_retrans} segments again`,
);
console.log(`the bottleneck lost ${bottleneck.forward.counters.droppedByLoss} frames by chance`);
