// SPDX-License-Identifier: GPL-2.0-only

/** A packet sniffer: prints every frame that passes bob's interface, as a program on bob sees it. */
import { Simulation, type Os } from 'libos';
import { ETH_P_ALL, formatIp, formatMac } from 'libos/posix';

const etherTypes: Readonly<Record<number, string>> = {
  0x0800: 'IPv4',
  0x0806: 'ARP',
  0x86dd: 'IPv6',
};
const outgoing = 4;
const tcp = 6;

async function sniff(os: Os): Promise<void> {
  const socket = os.packet({ interface: 'eth0', protocol: ETH_P_ALL, promiscuous: true });
  for await (const { data, source } of socket) {
    console.log(`${source?.packetType === outgoing ? 'out' : 'in '} ${describe(data)}`);
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

const sim = new Simulation({ seed: 1, addresses: 'ipv4' });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { rate: '100 Mbit/s', delay: '10 ms' });

bob.run(sniff);
bob.run(async (os) => {
  using socket = await os.listen(80, { address: '0.0.0.0' }).accept();
  await socket.readAll();
});
alice.run(async (os) => {
  using socket = await os.connect('bob', 80);
  await socket.write('hello');
});
await sim.run('1 s');
