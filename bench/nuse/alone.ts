// SPDX-License-Identifier: GPL-2.0-only

/**
 * What there is besides: TCP from a network namespace through passt's pasta, and through slirp4netns, to the same
 * peer. Both terminate TCP in a process of their own, as the broker does, but the stack that the program runs on is
 * the machine's, with its own congestion control: pasta's programs may not choose another.
 */
import { receivedBitsPerSecond, type Effort, type Throughput } from './figures.js';
import { Namespaces } from './namespaces.js';
import { cores, onCore, peerAddress } from './side.js';

const gateway = '192.0.2.254';

export async function measurePasta(effort: Effort): Promise<Throughput> {
  await using world = await peerWorld();
  // It hands this namespace's addresses and routes to the program's; what goes to the gateway comes to loopback here.
  const enter = ['pasta', '--config-net', '--quiet', '--runas', '0', '--'];
  return await measure(world, effort, gateway, (iperf) => [...enter, ...iperf]);
}

export async function measureSlirp(effort: Effort): Promise<Throughput> {
  await using world = await peerWorld();
  const net = 'program';
  await world.addNetwork(net);
  const path = `${world.folder}/net-${net}`;
  const slirp = world.start(
    onCore(cores.host, [
      ...['slirp4netns', '--configure', '--mtu=65520', '--ready-fd=1', '--netns-type=path'],
      ...[path, 'tap0'],
    ]),
  );
  await slirp.until(/1/);
  const enter = ['nsenter', `--net=${path}`, '--'];
  const throughput = await measure(world, effort, peerAddress, (iperf) => [...enter, ...iperf]);
  await slirp.stop();
  return throughput;
}

/** The peer, with an interface and a default route as a connected machine has them. */
async function peerWorld(): Promise<Namespaces> {
  const world = await Namespaces.create();
  await world.script([
    'ip link add peer0 type veth peer name other0',
    `ip addr add ${peerAddress}/24 dev peer0`,
    'ip link set peer0 up',
    'ip link set other0 up',
    `ip route add default via ${gateway}`,
  ]);
  return world;
}

async function measure(
  world: Namespaces,
  { seconds }: Effort,
  server: string,
  inside: (iperf: readonly string[]) => readonly string[],
): Promise<Throughput> {
  const flow = async (more: readonly string[]): Promise<number> => {
    const listener = world.start(onCore(cores.peer, ['iperf3', '-s', '-1', '--forceflush']));
    await listener.until(/Server listening/);
    const client = ['iperf3', '-c', server, '-t', String(seconds), '--json'];
    const command = onCore(cores.host, inside([...client, ...more]));
    const out = await world.check(command, { timeoutMs: 60_000 });
    await listener.stop();
    return receivedBitsPerSecond(out);
  };
  return { sendBitsPerSecond: await flow([]), receiveBitsPerSecond: await flow(['--reverse']) };
}
