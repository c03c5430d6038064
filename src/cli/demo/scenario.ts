// SPDX-License-Identifier: GPL-2.0-only

/**
 * The demonstration: two senders with different congestion control share a narrow, lossy link, and a ping goes
 * with them. It tells a reporter what happens, in the order in which it does; the command prints it and a test
 * looks at it.
 */
import {
  Simulation,
  type Os,
  type SimulatedHost,
  type TcpSeries,
  type Trace,
} from '../../dce/index.js';
import type { Kernel } from '../../kernel/index.js';
import type { LinkOptions } from '../../link/index.js';
import type { EchoReply } from '../../posix/index.js';
import { parseDurationNs } from '../../units.js';

export interface DemoOptions {
  readonly kernel: Kernel;
  readonly seed: number | string;
  /** The narrow link. */
  readonly bottleneck: LinkOptions;
  /** How long the senders send: "8 s", or nanoseconds. */
  readonly duration: string | number;
  /** Pings to each address before they do. */
  readonly pings: number;
  /** Where the capture goes. */
  readonly capturePath: string;
  /** Where the time series go; nowhere if it is not said. */
  readonly tracePath?: string | undefined;
  /** Wall time in milliseconds, from any start. */
  readonly wallMs: () => number;
}

/** One of the senders. */
export interface Flow {
  readonly host: string;
  readonly congestionControl: string;
  readonly receivedBytes: number;
  readonly goodputBitsPerSecond: number;
  /** The sender's end of it, over time. */
  readonly series: TcpSeries;
}

export interface DemoResult {
  readonly flows: readonly Flow[];
  /** Pings while the senders sent, in the order of time. */
  readonly loadedPings: readonly EchoReply[];
  readonly trace: Trace;
  /** When the senders began. */
  readonly flowsStartNs: number;
  readonly flowsEndNs: number;
  readonly virtualSeconds: number;
  /** Of the time that the senders took. */
  readonly wallSeconds: number;
  readonly events: number;
  readonly digest: string;
}

/** Times are virtual unless they say otherwise. */
export interface DemoReporter {
  booted(hosts: readonly SimulatedHost[], wallMs: number): void;
  /** The addresses of a host, without those of its loopback interface. */
  addressed(host: SimulatedHost, addresses: readonly string[]): void;
  /** A host has given itself an address, and has waited until it was sure that nobody else has it. */
  detected(host: SimulatedHost, address: string, timeNs: number): void;
  pinged(timeNs: number, reply: EchoReply): void;
  flowing(timeNs: number): void;
  ended(result: DemoResult): void;
}

/** Who sends, and with which congestion control. */
const senders = { alice: 'cubic', carol: 'bbr' } as const;
const port = 5001;
const chunkBytes = 128 * 1024;
const sampleInterval = '20 ms';
const ownAddress = 'fd00:0:0:1::a11c';

export async function runDemo(options: DemoOptions, reporter: DemoReporter): Promise<DemoResult> {
  const { kernel, seed, wallMs } = options;
  const sim = new Simulation({ kernel, seed });
  const [alice, carol, west, east, bob] = sim.hosts('alice', 'carol', 'west', 'east', 'bob');
  const access = { rate: '1 Gbit/s', delay: '1 ms' };
  sim.connect(alice, west, access);
  sim.connect(carol, west, access);
  sim.connect(west, east, options.bottleneck);
  sim.connect(east, bob, access);
  for (const host of [alice, carol]) {
    host.configure((os) => os.congestionControl(senders[host.name as keyof typeof senders]));
  }
  using capture = sim.capture({ file: options.capturePath });
  using trace = sim.trace({ every: sampleInterval });

  const startMs = wallMs();
  sim.start();
  const { hosts } = sim.topology;
  reporter.booted(hosts, wallMs() - startMs);
  for (const host of hosts) reporter.addressed(host, addressesOf(host));

  await sim.runUntil(alice.run((os) => takeAddress(os, ownAddress), { name: 'address' }));
  reporter.detected(alice, ownAddress, sim.nowNs);
  for (const version of [4, 6] as const) {
    for (let count = 1; count <= options.pings; count++) {
      const ping = alice.run((os) => os.ping('bob', { version, sequence: count }), {
        name: 'ping',
      });
      const reply = await sim.runUntil(ping);
      reporter.pinged(sim.nowNs, reply);
      if (count < options.pings) await sim.run('1 s');
    }
  }
  const result = await race(sim, trace, options, reporter, { senders: [alice, carol], bob });
  // The end of the connections is in the capture, too.
  await sim.run('1 s');
  capture[Symbol.dispose]();
  if (options.tracePath !== undefined) trace.write(options.tracePath);
  const ended = { ...result, digest: sim.digest };
  reporter.ended(ended);
  return ended;
}

/** Lets the senders send, and pings meanwhile. */
async function race(
  sim: Simulation,
  trace: Trace,
  { duration, wallMs }: DemoOptions,
  reporter: DemoReporter,
  hosts: { readonly senders: readonly SimulatedHost[]; readonly bob: SimulatedHost },
): Promise<Omit<DemoResult, 'digest'>> {
  const durationNs = parseDurationNs(duration, 'duration');
  hosts.bob.run(serve, { name: 'server', service: true });
  const flowsStartNs = sim.nowNs;
  reporter.flowing(flowsStartNs);
  const startMs = wallMs();
  const startEvents = sim.engine.eventCount;
  const sending = hosts.senders.map((host) =>
    host.run((os) => send(os, 'bob', durationNs), { name: 'sender' }),
  );
  const pinging = hosts.senders[0]!.run((os) => pingFor(os, 'bob', durationNs), { name: 'pings' });
  const sent: Sent[] = [];
  for (const program of sending) sent.push(await sim.runUntil(program));
  const loadedPings = await sim.runUntil(pinging);
  const flows = hosts.senders.map((host, index) => ({
    host: host.name,
    congestionControl: senders[host.name as keyof typeof senders],
    receivedBytes: sent[index]!.receivedBytes,
    goodputBitsPerSecond: (sent[index]!.receivedBytes * 8e9) / sent[index]!.durationNs,
    series: trace.connection({ host: host.name, remotePort: port }),
  }));
  return {
    ...{ flows, loadedPings, trace, flowsStartNs, flowsEndNs: sim.nowNs },
    virtualSeconds: (sim.nowNs - flowsStartNs) / 1e9,
    wallSeconds: (wallMs() - startMs) / 1000,
    events: sim.engine.eventCount - startEvents,
  };
}

/** Counts what comes, and tells the sender at the end. */
async function serve(os: Os): Promise<void> {
  for await (const socket of os.listen(port)) {
    void (async () => {
      let total = 0;
      for await (const chunk of socket) total += chunk.length;
      await socket.write(`${total}`);
      socket.close();
    })();
  }
}

interface Sent {
  readonly receivedBytes: number;
  /** Until the receiver had it all, and the sender heard of it. */
  readonly durationNs: number;
}

/** Sends for a time. */
async function send(os: Os, to: string, durationNs: number): Promise<Sent> {
  const startNs = os.nowNs;
  using socket = await os.connect(to, port);
  const chunk = new Uint8Array(chunkBytes);
  while (os.nowNs < startNs + durationNs) await socket.write(chunk);
  socket.end();
  const receivedBytes = Number(new TextDecoder().decode(await socket.readAll()));
  return { receivedBytes, durationNs: os.nowNs - startNs };
}

async function pingFor(os: Os, to: string, durationNs: number): Promise<EchoReply[]> {
  const endNs = os.nowNs + durationNs;
  const replies: EchoReply[] = [];
  while (os.nowNs < endNs) {
    replies.push(await os.ping(to));
    await os.sleep('100 ms');
  }
  return replies;
}

/** Gives an interface an IPv6 address, and waits for Linux to have asked the neighbours whether it is taken. */
async function takeAddress(os: Os, address: string): Promise<void> {
  // A simulation that plans its addresses has it off: it knows that nobody else has them.
  for (const setting of ['accept_dad', 'dad_transmits'])
    os.sysctl(`net.ipv6.conf.eth0.${setting}`, 1);
  const { addresses } = os.route;
  addresses.add('eth0', `${address}/64`);
  const isTentative = (): boolean =>
    addresses.list({ link: 'eth0' }).some((each) => each.address === address && each.tentative);
  while (isTentative()) await os.sleep('10 ms');
}

function addressesOf({ posix, nics }: SimulatedHost): string[] {
  return nics.flatMap(({ name }) =>
    posix.route.addresses
      .list({ link: name })
      .filter(({ address }) => !address.startsWith('fe80:'))
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
  );
}
