// SPDX-License-Identifier: GPL-2.0-only

/**
 * The demonstration: two hosts, a wire, addresses, pings, a TCP transfer, a capture. It tells a reporter what
 * happens, in the order in which it does; the command prints it and a test looks at it.
 */
import type { Kernel } from '../../kernel/index.js';
import { Simulation, type SimulatedHost } from '../../dce/index.js';
import { Capture } from '../../link/index.js';
import { ping, type EchoReply } from './ping.js';
import { transfer } from './transfer.js';

export interface DemoOptions {
  readonly kernel: Kernel;
  readonly seed: number | string;
  readonly rate: string;
  readonly delay: string;
  /** How much TCP moves. */
  readonly transferBytes: number;
  readonly pings: number;
  /** Where the capture goes. */
  readonly capturePath: string;
  /** Wall time in milliseconds, from any start. */
  readonly wallMs: () => number;
}

export interface TransferReport {
  readonly timeNs: number;
  readonly bytes: number;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly events: number;
}

/** Times are virtual unless they say otherwise. */
export interface DemoReporter {
  booted(host: SimulatedHost, wallMs: number): void;
  wired(): void;
  /** The addresses can be used: for IPv6, nobody else has them. */
  addressed(host: SimulatedHost, timeNs: number, addresses: readonly string[]): void;
  pinged(timeNs: number, reply: EchoReply): void;
  transferred(report: TransferReport): void;
}

const addressesOf = {
  alice: { ipv4: '192.0.2.1', ipv6: '2001:db8::1' },
  bob: { ipv4: '192.0.2.2', ipv6: '2001:db8::2' },
} as const;

export async function runDemo(options: DemoOptions, reporter: DemoReporter): Promise<void> {
  const { kernel, seed, rate, delay, wallMs } = options;
  const simulation = new Simulation({ kernel, seed, addresses: 'manual' });
  const boot = (name: keyof typeof addressesOf): SimulatedHost => {
    const startMs = wallMs();
    const host = simulation.host(name);
    reporter.booted(host, wallMs() - startMs);
    return host;
  };
  const alice = boot('alice');
  const bob = boot('bob');
  const link = simulation.connect(alice, bob, { rate, delay });
  using capture = Capture.toFile(options.capturePath, { epochMs: simulation.startDateMs });
  capture.add(link);
  for (const host of [alice, bob]) configure(host);
  reporter.wired();
  await simulation.runUntil(
    Promise.all(
      [alice, bob].map(async (host) => {
        const addresses = await usableAddresses(simulation, host);
        reporter.addressed(host, simulation.nowNs, addresses);
      }),
    ),
  );
  await pingBoth(simulation, alice, options.pings, reporter);
  await moveData(simulation, alice, bob, options, reporter);
  // The end of the connection is in the capture too.
  await simulation.run('1 s');
}

function configure(host: SimulatedHost): void {
  const { ipv4, ipv6 } = addressesOf[host.name as keyof typeof addressesOf];
  const { links, addresses } = host.posix.route;
  links.change('eth0', { up: true });
  addresses.add('eth0', `${ipv4}/24`);
  addresses.add('eth0', `${ipv6}/64`);
}

/** Duplicate address detection: Linux asks the neighbours and waits, in virtual time. */
async function usableAddresses(
  simulation: Simulation,
  host: SimulatedHost,
): Promise<readonly string[]> {
  for (;;) {
    const addresses = host.posix.route.addresses.list({ link: 'eth0' });
    if (!addresses.some(({ tentative }) => tentative)) {
      return addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
    }
    await simulation.sleep('10 ms');
  }
}

async function pingBoth(
  simulation: Simulation,
  from: SimulatedHost,
  count: number,
  reporter: DemoReporter,
): Promise<void> {
  const process = from.posix.spawn();
  for (const address of [addressesOf.bob.ipv4, addressesOf.bob.ipv6]) {
    for (let sequence = 1; sequence <= count; sequence++) {
      const reply = await simulation.runUntil(ping(from, process, address, sequence));
      reporter.pinged(simulation.nowNs, reply);
      if (sequence < count) await simulation.run('1 s');
    }
  }
  process.exit();
}

async function moveData(
  simulation: Simulation,
  from: SimulatedHost,
  to: SimulatedHost,
  { transferBytes, wallMs }: DemoOptions,
  reporter: DemoReporter,
): Promise<void> {
  const startMs = wallMs();
  const startEvents = simulation.engine.eventCount;
  const { bytes, durationNs } = await simulation.runUntil(
    transfer(from, to, addressesOf.bob.ipv4, transferBytes),
  );
  reporter.transferred({
    timeNs: simulation.nowNs,
    bytes,
    virtualSeconds: durationNs / 1e9,
    wallSeconds: (wallMs() - startMs) / 1000,
    events: simulation.engine.eventCount - startEvents,
  });
}
