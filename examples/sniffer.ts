// SPDX-License-Identifier: GPL-2.0-only

/** A packet sniffer: prints every frame that passes bob's interface, as a program on bob sees it. */
import {
  ETH_P_ALL,
  formatIp,
  formatMac,
  PacketSocket,
  TcpServer,
  TcpSocket,
  type PosixHost,
} from '../src/posix/index.js';
import { start, twoHosts, type Print } from './network.js';

const etherTypes: Readonly<Record<number, string>> = {
  0x0800: 'IPv4',
  0x0806: 'ARP',
  0x86dd: 'IPv6',
};
const outgoing = 4;
const tcp = 6;

async function sniff(host: PosixHost, print: Print): Promise<void> {
  const socket = PacketSocket.open(host.spawn(), {
    interface: 'eth0',
    protocol: ETH_P_ALL,
    promiscuous: true,
  });
  for await (const { data, source } of socket) {
    print(`${source?.packetType === outgoing ? 'out' : 'in '} ${describe(data)}`);
  }
}

function describe(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const type = view.getUint16(12);
  if (type !== 0x0800)
    return `${etherTypes[type] ?? type} from ${formatMac(frame.subarray(6, 12))}`;
  const from = formatIp(frame.subarray(26, 30));
  const to = formatIp(frame.subarray(30, 34));
  if (frame[23] !== tcp) return `IPv4 ${from} > ${to}, protocol ${frame[23]!}`;
  const transport = 14 + (frame[14]! & 0xf) * 4;
  const flags = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'].filter(
    (_, bit) => (frame[transport + 13]! & (1 << bit)) !== 0,
  );
  const payload = view.getUint16(16) - (transport - 14) - (frame[transport + 12]! >> 4) * 4;
  const ports = `:${view.getUint16(transport)} > ${to}:${view.getUint16(transport + 2)}`;
  return `TCP ${from}${ports} ${flags.join(' ')}, ${payload} bytes`;
}

async function serve(host: PosixHost): Promise<void> {
  const server = TcpServer.listen(host.spawn(), { address: '0.0.0.0', port: 80 });
  const socket = await server.accept();
  await socket.readAll();
  socket.close();
}

async function talk(host: PosixHost): Promise<void> {
  const socket = await TcpSocket.connect(host.spawn(), { address: '192.0.2.2', port: 80 });
  await socket.write('hello');
  socket.close();
}

export async function run(print: Print): Promise<void> {
  const { simulation, alice, bob } = await twoHosts();
  void sniff(bob, print);
  await simulation.runUntil(Promise.all([serve(bob), talk(alice)]));
  await simulation.run('1 s');
}

await start(import.meta.url, run);
