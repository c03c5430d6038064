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

export const scenarios: Readonly<Record<string, ParallelScenario>> = { chain };
