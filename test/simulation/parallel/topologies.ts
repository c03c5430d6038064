// SPDX-License-Identifier: GPL-2.0-only

/** Scenarios of the tests of several workers, each to be run by any number of them. */
import { Simulation, type SimulatedHost } from '../../../src/index.js';

/** What a scenario gives back, equal for any number of workers. */
export interface Outcome {
  readonly nowNs: number;
  readonly digest: string;
  readonly log: string;
  readonly reports: unknown;
  readonly counters: unknown;
  readonly values: unknown;
}

export type ParallelScenario = () => Promise<Outcome>;

function outcomeOf(sim: Simulation, values: unknown): Outcome {
  return {
    nowNs: sim.nowNs,
    digest: sim.digest,
    log: sim.log.text(),
    reports: sim.reports.list(),
    counters: sim.links.map(({ name, counters }) => [name, counters]),
    values,
  };
}

function echo(host: SimulatedHost): void {
  host.run(
    async (os) => {
      for await (const socket of os.listen(7)) void socket.echo();
    },
    { name: 'echo' },
  );
}

/** Sends so many bytes and waits until they have come back; reports when. */
function sendsTo(host: SimulatedHost, server: string, bytes: number, at = '0 s') {
  return host.run(
    async (os) => {
      using socket = await os.connect(server, 7);
      const sent = socket.write(new Uint8Array(bytes).fill(host.index));
      let received = 0;
      while (received < bytes) {
        const data = await socket.read();
        if (!data) break;
        received += data.length;
      }
      await sent;
      os.log(`${bytes} bytes came back`);
      os.report('done', { received, at: os.now });
      return received;
    },
    { name: 'client', at },
  );
}

/** A row of routers between two hosts that talk, with a bottleneck, loss and jitter. */
async function chain(): Promise<Outcome> {
  const sim = new Simulation({ seed: 5 });
  const hosts = Array.from({ length: 5 }, (_, index) => sim.host(`h${index}`));
  for (const [index, host] of hosts.slice(1).entries()) {
    sim.connect(hosts[index]!, host, {
      rate: index === 2 ? '10 Mbit/s' : '100 Mbit/s',
      delay: '2 ms',
      ...(index === 1 ? { loss: 0.01, jitter: '200 us' } : {}),
      queue: '50 packets',
    });
  }
  echo(hosts[4]!);
  const client = sendsTo(hosts[0]!, 'h4', 300_000);
  const received = await sim.runUntil(client);
  const after = sim.nowNs;
  await sim.run('1 s');
  return outcomeOf(sim, { received, after });
}

/** Two stars of hosts, each with a quick router, and a slow line between them; traffic within and across. */
async function clusters(): Promise<Outcome> {
  const sim = new Simulation({ seed: 'clusters' });
  const routers = sim.hosts('west', 'east');
  sim.connect(...routers, { rate: '20 Mbit/s', delay: '30 ms', queue: '64 kB' });
  const clients = routers.flatMap((router) =>
    [0, 1, 2].map((number) => {
      const host = sim.host(`${router.name}${number}`);
      sim.connect(host, router, { rate: '50 Mbit/s', delay: '500 us' });
      echo(host);
      return host;
    }),
  );
  const programs = [
    sendsTo(clients[0]!, 'west1', 200_000),
    sendsTo(clients[1]!, 'east1', 200_000, '100 ms'),
    sendsTo(clients[3]!, 'west2', 100_000, '150 ms'),
    sendsTo(clients[4]!, 'east2', 100_000, '200 ms'),
  ];
  // Until all clients have ended and the servers rest.
  const { reason, nowNs, waiting } = await sim.run();
  return outcomeOf(sim, { reason, nowNs, waiting, results: programs.map(({ result }) => result) });
}

/** Hosts around a switch. */
async function switched(): Promise<Outcome> {
  const sim = new Simulation({ seed: 7 });
  const lan = sim.switch('lan');
  const hosts = sim.hosts('a', 'b', 'c', 'd', 'e', 'f');
  for (const host of hosts) sim.connect(host, lan, { rate: '100 Mbit/s', delay: '100 us' });
  const trace = sim.trace({ every: '100 ms' });
  for (const host of hosts) echo(host);
  const programs = hosts.map((host, index) =>
    sendsTo(host, hosts[(index + 1) % hosts.length]!.name, 40_000, `${index} ms`),
  );
  await sim.run('2 s');
  return outcomeOf(sim, { results: programs.map(({ result }) => result), trace: trace.json() });
}

/** Fifty hosts in a tree with links of all delays, some none; each sends datagrams to another. */
async function fifty(): Promise<Outcome> {
  const sim = new Simulation({ seed: 50 });
  const hosts = Array.from({ length: 50 }, (_, index) => sim.host(`n${index}`));
  for (const [index, host] of hosts.entries()) {
    if (index === 0) continue;
    const delay = index % 7 === 0 ? 0 : `${((index * 37) % 11) + 1} ms`;
    sim.connect(host, hosts[Math.floor((index - 1) / 3)]!, { delay, rate: '10 Mbit/s' });
  }
  for (const host of hosts) {
    host.run(
      async (os) => {
        using socket = os.udp(9);
        for (let count = 0; ; count++) {
          const { data, from } = await socket.receive();
          os.log(`${count}: ${data.length} bytes from ${from?.address}`);
        }
      },
      { name: 'sink', service: true },
    );
    host.run(
      async (os) => {
        using socket = os.udp();
        const to = os.resolve(`n${(host.index * 7 + 3) % 50}`);
        for (let count = 0; count < 5; count++) {
          await socket.send(new Uint8Array(100 + host.index), { address: to, port: 9 });
          await os.sleep(`${1 + (host.index % 5)} ms`);
        }
      },
      { name: 'source', at: `${host.index} ms` },
    );
  }
  const { reason } = await sim.run();
  return outcomeOf(sim, reason);
}

/** A scenario that interferes: links change and fail, a host crashes and comes back, programs fail. */
async function eventful(): Promise<Outcome> {
  const sim = new Simulation({ seed: 'eventful' });
  const [a, b, c] = sim.hosts('a', 'b', 'c');
  const near = sim.connect(a, b, { rate: '10 Mbit/s', delay: '5 ms' });
  const far = sim.connect(b, c, { rate: '10 Mbit/s', delay: '10 ms', jitter: '2 ms' });
  const trace = sim.trace({ every: '50 ms' });
  c.run(
    async (os) => {
      for await (const socket of os.listen(7)) void socket.echo();
    },
    { name: 'echo', restart: true },
  );
  const first = sendsTo(a, 'c', 150_000);
  const failing = a.run(
    async (os) => {
      await os.sleep('321 ms');
      throw new TypeError('as it was asked to');
    },
    { name: 'failing' },
  );
  sim.at('200 ms', () => near.down());
  sim.at('450 ms', () => {
    near.up();
    far.forward.set({ rate: '2 Mbit/s' });
  });
  a.run(
    async (os) => {
      await os.sleep('50 ms');
      a.run((again) => again.report('started by a program', again.host.name), { name: 'inner' });
    },
    { name: 'outer' },
  );
  const failed = await sim.runUntil(failing).catch((error: unknown) => error as Error);
  const failedNs = sim.nowNs;
  void sim.sleep('1 s').then(() => far.set({ delay: '12 ms' }));
  await sim.runUntil(first);
  const firstNs = sim.nowNs;
  c.crash();
  await sim.run('100 ms');
  c.reboot();
  const second = sendsTo(a, 'c', 20_000, `${sim.nowNs} ns`);
  await sim.runUntil(second);
  return outcomeOf(sim, {
    failed: { name: failed.name, message: failed.message },
    failedNs,
    firstNs,
    states: [first, failing, second].map(({ state }) => state),
    trace: trace.json(),
  });
}

/** The scenario acts when nothing else happens, at the very moment when a program ends, and stops hosts. */
async function quiet(): Promise<Outcome> {
  const sim = new Simulation({ seed: 'quiet' });
  const [a, b, c] = sim.hosts('a', 'b', 'c');
  const link = sim.connect(a, b, { delay: '1 ms' });
  sim.connect(b, c, { delay: '1 ms' });
  const said: unknown[] = [];
  const sleeper = (host: SimulatedHost, until: string) =>
    host.run(async (os) => os.sleep(until), { name: `until ${until}` });
  const first = sleeper(b, '1 s');
  const second = sleeper(a, '4 s');
  for (const time of ['0 s', '1 s', '1 s', '2 s', '3 s', '4 s', '5 s']) {
    sim.at(time, () => said.push([time, sim.nowNs, link.isUp]));
  }
  sim.at('2 s', () => link.down());
  sim.at('3 s', () => b.crash());
  await sim.runUntil(first);
  said.push(sim.nowNs);
  await sim.runUntil(second);
  said.push(sim.nowNs);
  await sim.run('10 s');
  return outcomeOf(sim, said);
}

export const scenarios: Readonly<Record<string, ParallelScenario>> = {
  chain,
  clusters,
  switched,
  fifty,
  eventful,
  quiet,
};
