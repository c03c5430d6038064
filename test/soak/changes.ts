// SPDX-License-Identifier: GPL-2.0-only

/** What comes and goes in the soak test: devices, network namespaces, the carrier of a link; and timers, kept to the nanosecond. */
import type { Os } from '../../src/dce/index.js';
import {
  CLOCK_MONOTONIC,
  routeClient,
  TcpServer,
  TcpSocket,
  UdpSocket,
  type netlink,
  type Process,
} from '../../src/posix/index.js';
import { pause, type Mix } from './traffic.js';

const second = 1e9;
/** A timer of Linux fires no earlier than asked for, and no later than this. */
const latestNs = 1e6;

/** Over which some of the devices lie. */
const below = 'eth0';

const devices: readonly ((link: number) => netlink.NewLink)[] = [
  () => ({ name: 'soak0', kind: 'dummy' }),
  () => ({ name: 'soak0', kind: 'veth', peer: { name: 'soak1' } }),
  () => ({ name: 'soak0', kind: 'bridge' }),
  () => ({ name: 'soak0', kind: 'ifb' }),
  (link) => ({ name: 'soak0', kind: 'vlan', link, data: { id: 7 } }),
  (link) => ({ name: 'soak0', kind: 'macvlan', link }),
  (link) => ({ name: 'soak0', kind: 'vxlan', data: { id: 7, group: '239.1.1.1', link } }),
  () => ({ name: 'soak0', kind: 'gre', data: { local: '10.0.1.2', remote: '10.0.1.1' } }),
];

/** A device after the other: up, with addresses, a route, a neighbour and a queueing discipline, and gone. */
export async function changeDevices(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const { route } = os;
  for (let round = 0; !mix.stopping; round++) {
    const device = devices[round % devices.length]!;
    route.links.add({ ...device(route.links.indexOf(below)), up: true });
    route.addresses.add('soak0', '198.51.100.1/24');
    route.addresses.add('soak0', '2001:db8::1/64');
    route.routes.add({ destination: '203.0.113.0/24', gateway: '198.51.100.2' });
    route.trafficControl.replaceQdisc('soak0', { kind: 'fq_codel' });
    await pause(os, mix, intervalNs);
    route.links.remove('soak0');
    mix.counts.links++;
    await pause(os, mix, intervalNs);
  }
}

/** A namespace after the other, with a connection over a pair of devices into it; half of them end with it open. */
export async function changeNamespaces(os: Os, mix: Mix, intervalNs: number): Promise<void> {
  const { route } = os;
  const outside = os.posix.spawn();
  for (let round = 0; !mix.stopping; round++) {
    const inside = os.posix.spawn({ newNetwork: true });
    route.links.add({ name: 'ns0', kind: 'veth', peer: { name: 'ns1' } });
    route.links.change('ns1', { namespacePid: inside.pid });
    route.links.change('ns0', { up: true });
    route.addresses.add('ns0', '192.0.2.1/24');
    const within = routeClient(inside);
    within.links.change('lo', { up: true });
    within.links.change('ns1', { up: true });
    within.addresses.add('ns1', '192.0.2.2/24');
    await talk(inside, outside, round % 2 === 0);
    inside.exit();
    mix.counts.namespaces++;
    await pause(os, mix, intervalNs);
  }
  outside.exit();
}

/** A namespace's devices go with it. */
async function talk(inside: Process, outside: Process, leavesOpen: boolean): Promise<void> {
  using server = TcpServer.listen(outside, { address: '192.0.2.1', port: 7 });
  const client = await TcpSocket.connect(inside, { address: '192.0.2.1', port: 7 });
  const accepted = await server.accept();
  await client.write('hello');
  await accepted.read(5);
  UdpSocket.open(inside, { port: 9 });
  accepted.close();
  if (!leavesOpen) client.close();
}

/** Pulls a cable out for a while. */
export async function cutLink(
  link: { down(): void; up(): void },
  os: Os,
  mix: Mix,
  intervalNs: number,
): Promise<void> {
  for (let nextNs = os.nowNs + intervalNs; !mix.stopping;) {
    await pause(os, mix, second);
    if (os.nowNs < nextNs) continue;
    nextNs += intervalNs;
    link.down();
    await os.sleep(3 * second);
    link.up();
  }
}

/** A timerfd that fires each second all the time: not one expiration may be missing. */
export async function countSeconds(os: Os, mix: Mix): Promise<void> {
  const process = os.posix.spawn();
  const fd = process.timerfdCreate(CLOCK_MONOTONIC);
  const startNs = os.nowNs;
  process.timerfdSet(fd, { valueNs: second, intervalNs: second });
  const buffer = new Uint8Array(8);
  let seconds = 0;
  while (!mix.stopping) {
    await process.readAsync(fd, buffer);
    seconds += Number(new DataView(buffer.buffer).getBigUint64(0, true));
    const lateNs = os.nowNs - startNs - seconds * second;
    if (lateNs < 0 || lateNs > latestNs) throw new Error(`second ${seconds} is ${lateNs} ns late`);
    mix.counts.timers++;
  }
  process.exit();
}

/** Timers of many lengths, one after the other. */
export async function waitByTimer(os: Os, mix: Mix, longestNs: number): Promise<void> {
  const process = os.posix.spawn();
  const fd = process.timerfdCreate(CLOCK_MONOTONIC);
  const buffer = new Uint8Array(8);
  while (!mix.stopping) {
    const valueNs = 1 + Math.floor(mix.random.nextFraction() ** 3 * longestNs);
    const dueNs = os.nowNs + valueNs;
    process.timerfdSet(fd, { valueNs, intervalNs: 0 });
    await process.readAsync(fd, buffer);
    const lateNs = os.nowNs - dueNs;
    if (lateNs < 0 || lateNs > latestNs)
      throw new Error(`a timer of ${valueNs} ns: ${lateNs} late`);
    mix.counts.timers++;
  }
  process.exit();
}
