// SPDX-License-Identifier: GPL-2.0-only

/**
 * Multipath TCP over two access links of 2 Mbit/s, one short and lossy, one long and clean, with TCP over each of
 * them alone beside it: with small buffers the packets that wait for the slower path hold up the others, and goodput
 * rises with the buffers. After the experiment in "Direct Code Execution" (CoNEXT 2013).
 */
import { Simulation } from 'libos';
import type { HostCalls } from 'libos/dce';

/** Like Wi-Fi and like a mobile network. */
const links = {
  wifi: { rate: '2 Mbit/s', delay: '10 ms', loss: 0.005, queue: '50 packets' },
  mobile: { rate: '2 Mbit/s', delay: '50 ms', loss: 0.0005, queue: '100 packets' },
} as const;
const serverAddresses = { wifi: '10.1.0.2', mobile: '10.2.0.2' } as const;
const transports = ['mptcp', 'wifi', 'mobile'] as const;
export type Transport = (typeof transports)[number];

const port = 5001;
const seconds = 30;

/** What arrives in half a minute, in bits per second. */
export async function goodput(
  transport: Transport,
  bufferBytes: number,
  seed = 1,
): Promise<number> {
  const sim = new Simulation({ seed, addresses: 'ipv4' });
  const [phone, server] = sim.hosts('phone', 'server');
  sim.connect(phone, server, { ...links.wifi, addresses: ['10.1.0.1/24', '10.1.0.2/24'] });
  sim.connect(phone, server, { ...links.mobile, addresses: ['10.2.0.1/24', '10.2.0.2/24'] });

  const buffers = (os: HostCalls): void => {
    os.sysctl('net.ipv4.tcp_rmem', `4096 ${bufferBytes} ${bufferBytes}`);
    os.sysctl('net.ipv4.tcp_wmem', `4096 ${bufferBytes} ${bufferBytes}`);
  };
  phone.configure(buffers);
  server.configure(buffers);
  // The server tells of its second address, and the phone makes a subflow to it.
  server.configure((os) => os.mptcp.addEndpoint({ address: serverAddresses.mobile, signal: true }));
  phone.configure((os) => os.mptcp.setLimits({ announcementsAccepted: 1, subflows: 1 }));

  const multipath = transport === 'mptcp';
  let receivedBytes = 0;
  server.run(async (os) => {
    using listener = os.listen(port, { multipath });
    using socket = await listener.accept();
    for await (const chunk of socket) receivedBytes += chunk.byteLength;
  });
  phone.run(async (os) => {
    const address = serverAddresses[transport === 'mobile' ? 'mobile' : 'wifi'];
    using socket = await os.connect(address, port, { multipath });
    const data = new Uint8Array(16 * 1024);
    for (;;) await socket.write(data);
  });
  await sim.run(`${seconds} s`);
  return (receivedBytes * 8) / seconds;
}

const buffersBytes = [16, 32, 64, 128, 256, 512].map((kilobytes) => kilobytes * 1024);

console.log(`buffer      ${transports.map((name) => name.padStart(8)).join('')}   Mbit/s`);
for (const bufferBytes of buffersBytes) {
  const figures: string[] = [];
  for (const transport of transports) {
    figures.push(((await goodput(transport, bufferBytes)) / 1e6).toFixed(2).padStart(8));
  }
  console.log(`${String(bufferBytes / 1024).padStart(4)} KiB    ${figures.join('')}`);
}
