// SPDX-License-Identifier: GPL-2.0-only
/**
 * What must be the same, byte for byte: a run without a stop, one that goes back to a snapshot in the middle, and a
 * fork. Each scenario has something else under way at the snapshot.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Simulation } from '../../../src/dce/index.js';
import { Capture } from '../../../src/link/index.js';
import { EPOLLIN, EPOLL_CTL_ADD, SIGUSR1, TcpSocket } from '../../../src/posix/index.js';

const snapshotAt = '2500 ms';
const detour = '900 ms';
const rest = '2 s';

interface Seen {
  readonly captureBytes: number;
  readonly captureHash: string;
  readonly series: string;
  readonly log: string;
  readonly reports: string;
  readonly digest: string;
  readonly events: number;
}

const hash = (what: string | Uint8Array): string => createHash('sha256').update(what).digest('hex');

/** What the simulation does from now on. */
async function watch(sim: Simulation): Promise<Seen> {
  const capture = Capture.toMemory({ epochMs: sim.startDateMs });
  for (const link of sim.links) capture.add(link, sim.nowNs);
  const trace = sim.trace({ every: '20 ms' });
  await sim.run(rest);
  trace[Symbol.dispose]();
  capture[Symbol.dispose]();
  return {
    captureBytes: capture.bytes.length,
    captureHash: hash(capture.bytes),
    series: hash(trace.json()),
    log: sim.log.text(),
    reports: JSON.stringify([...sim.reports]),
    digest: sim.digest,
    events: sim.engine.eventCount,
  };
}

function build(scenario: (sim: Simulation) => void): Simulation {
  const sim = new Simulation({ seed: 7, snapshots: true });
  scenario(sim);
  return sim;
}

async function sameFuture(scenario: (sim: Simulation) => void): Promise<void> {
  const straight = build(scenario);
  await straight.run(snapshotAt);
  const expected = await watch(straight);
  expect(expected.captureBytes).toBeGreaterThan(1000);
  expect(expected.log.length + expected.reports.length).toBeGreaterThan(100);

  const there = build(scenario);
  await there.run(snapshotAt);
  const snapshot = there.snapshot();
  await there.run(detour);
  for (let time = 0; time < 2; time++) {
    await there.restore(snapshot);
    expect(there.nowNs).toBe(2.5e9);
    expect(await watch(there)).toEqual(expected);
  }

  const fork = await snapshot.fork();
  expect(fork.nowNs).toBe(2.5e9);
  expect(await watch(fork)).toEqual(expected);
}

// Each runs four times.
describe('the future from a snapshot is the same', { timeout: 90_000 }, () => {
  test('in the middle of bulk TCP with loss, reordering and duplicates', () =>
    sameFuture((sim) => {
      const [a, router, b] = sim.hosts('a', 'router', 'b');
      sim.connect(a, router, { rate: '20 Mbit/s', delay: '5 ms', jitter: '1 ms' });
      sim.connect(router, b, {
        ...{ rate: '4 Mbit/s', delay: '20 ms', queue: '20 packets' },
        ...{ loss: { gilbertElliott: { loss: 0.01, burst: 3 } }, duplicate: 0.01, corrupt: 0.001 },
        reorder: { probability: 0.01, hold: '3 ms' },
      });
      b.run(
        async (os) => {
          for await (const socket of os.listen(7)) {
            let total = 0;
            for await (const chunk of socket) {
              total += chunk.length;
              os.report('received', total);
            }
          }
        },
        { service: true },
      );
      a.run(async (os) => {
        using socket = await os.connect('b', 7);
        const data = Uint8Array.from({ length: 30_000 }, (_, i) => i * 7);
        for (;;) await socket.write(data);
      });
    }));

  test('with programs asleep, in accept, in epoll, in signal handlers and in timeouts', () =>
    sameFuture((sim) => {
      const [a, b] = sim.hosts('a', 'b');
      sim.connect(a, b, { delay: '3 ms' });
      b.run(
        async (os) => {
          for await (const socket of os.listen(7)) {
            void (async () => {
              for await (const chunk of socket) await socket.write(chunk);
              os.log('closed');
            })();
          }
        },
        { service: true, name: 'echo' },
      );
      a.run(
        async (os) => {
          for (let i = 0; ; i++) {
            using socket = await os.connect('b', 7);
            await socket.write(`hello ${i}`);
            os.log(new TextDecoder().decode(await socket.read()));
            await os.sleep('350 ms');
          }
        },
        { name: 'client' },
      );
      a.run(
        async (os) => {
          const { process } = os;
          const [read, write] = process.pipe();
          const epoll = process.epollCreate();
          process.epollControl(epoll, EPOLL_CTL_ADD, read, EPOLLIN);
          process.onSignal(SIGUSR1, () => os.log('signal'));
          os.spawn(
            async (child) => {
              for (let i = 0; ; i++) {
                await child.sleep('410 ms');
                child.report('child', i);
              }
            },
            { name: 'child' },
          );
          void (async () => {
            for (;;) {
              await os.sleep('270 ms');
              process.write(write, 'x');
              process.kill(process.pid, SIGUSR1);
            }
          })();
          for (;;) {
            try {
              const ready = await process.epollWaitAsync(epoll, 4, { timeoutNs: 1e8 });
              if (ready.length > 0) process.read(read, new Uint8Array(8));
              os.report('ready', ready.length);
            } catch (error) {
              os.report('interrupted', String(error));
            }
          }
        },
        { name: 'epoll' },
      );
    }));

  test('of many hosts behind a switch with full queues, some with drifting clocks', () =>
    sameFuture((sim) => {
      const lan = sim.switch('lan');
      const hosts = sim.hosts('h0', 'h1', 'h2', 'h3', 'h4');
      for (const host of hosts) sim.connect(host, lan, { rate: '1 Mbit/s', queue: '10 packets' });
      hosts[1].clock.set({ driftPpm: 20_000 });
      hosts[0].run(
        async (os) => {
          let count = 0;
          for await (const { data } of os.udp(9))
            if (++count % 20 === 0) os.log('got', { count, bytes: data.length });
        },
        { service: true },
      );
      for (const host of hosts.slice(1)) {
        host.run(async (os) => {
          const socket = os.udp();
          for (;;) {
            await socket.send(new Uint8Array(700), { address: 'h0', port: 9 });
            await os.sleep('10 ms');
          }
        });
      }
    }));

  test('on the air, in the middle of a handover, over MPTCP and IPv6', () =>
    sameFuture((sim) => {
      const [phone, server] = sim.hosts('phone', 'server');
      const air = sim.wireless('air', { rate: '11 Mbit/s' });
      const lan = sim.hub('lan');
      const near = sim.accessPoint('near', air, { x: 0, y: 0 });
      const far = sim.accessPoint('far', air, { x: 120, y: 0 });
      for (const node of [near, far, server]) sim.connect(node, lan, { delay: '10 us' });
      const radio = sim.connect(phone, air);
      server.run(
        async (os) => {
          for await (const socket of os.listen(7, { multipath: true })) {
            let total = 0;
            for await (const chunk of socket) os.report('total', (total += chunk.length));
          }
        },
        { service: true },
      );
      phone.run(async (os) => {
        const address = os.resolve('server', { version: 6 });
        using socket = await TcpSocket.connect(os.process, { address, port: 7, multipath: true });
        for (;;) {
          await socket.write(new Uint8Array(3000));
          await os.sleep('20 ms');
        }
      });
      for (const [time, x] of [['2480 ms', 110] as const, ['3500 ms', 10] as const]) {
        sim.at(time, (each) => {
          each.counterpart(air).station(each.counterpart(radio)).moveTo({ x, y: 0 });
        });
      }
    }));

  test('of hosts that have crashed, rebooted, and will', () =>
    sameFuture((sim) => {
      const [a, b, c] = sim.hosts('a', 'b', 'c');
      sim.connect(a, b, { delay: '1 ms' });
      sim.connect(b, c, { delay: '1 ms' });
      b.configure((os) => os.congestionControl('reno'));
      c.run(
        async (os) => {
          os.log('up');
          for await (const { data } of os.udp(9)) os.report('got', data.length);
        },
        { restart: true, service: true },
      );
      a.run(async (os) => {
        const socket = os.udp();
        for (let i = 0; ; i++) {
          await socket
            .send(new Uint8Array(i % 900), { address: 'c', port: 9 })
            .catch(() => undefined);
          await os.sleep('40 ms');
        }
      });
      sim.at('1 s', (each) => each.counterpart(c).reboot({ after: '300 ms' }));
      sim.at('2400 ms', (each) => each.counterpart(c).reboot({ after: '500 ms' }));
      sim.at('3500 ms', (each) => each.counterpart(b).crash());
    }));
});
