// SPDX-License-Identifier: GPL-2.0-only

/** NICs and wires with Linux behind them: offloads, carriers, queues, memory, death. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Simulation, type ConnectOptions } from '../../src/dce/index.js';
import type { Offload } from '../../src/host/index.js';
import { KernelPanic, type KernelWarning } from '../../src/kernel/index.js';
import { AF_INET, NR, SOCK_DGRAM, SOCK_STREAM, type Process } from '../../src/posix/index.js';
import { loadKernelOfForm } from '../helpers/virtual-host.js';

let kernel: Awaited<ReturnType<typeof loadKernelOfForm>>;
beforeAll(async () => {
  kernel = await loadKernelOfForm();
});

const addresses = ['192.0.2.1', '192.0.2.2'] as const;
const port = 5000;

async function pair(options: ConnectOptions = {}) {
  const warnings: KernelWarning[] = [];
  const simulation = new Simulation({ kernel, seed: 5, addresses: 'manual' });
  const onWarning = (warning: KernelWarning): void => void warnings.push(warning);
  const hosts = ['a', 'b'].map((name) => simulation.host(name, { onWarning }));
  const [a, b] = hosts as [(typeof hosts)[0], (typeof hosts)[0]];
  const link = simulation.connect(a, b, options);
  const nics = [...a.nics, ...b.nics];
  for (const [index, host] of hosts.entries()) {
    host.posix.route.links.change('eth0', { up: true });
    host.posix.route.addresses.add('eth0', `${addresses[index]!}/24`);
  }
  await simulation.run('1 s');
  return { simulation, a, b, link, nics, warnings };
}

type Pair = Awaited<ReturnType<typeof pair>>;

/** Sends `bytes` from a to b over TCP; gives what arrived. */
async function stream({ simulation, a, b }: Pair, bytes: Uint8Array): Promise<Uint8Array> {
  const [sender, receiver] = [a.posix.spawn(), b.posix.spawn()];
  const listener = receiver.socket(AF_INET, SOCK_STREAM);
  receiver.bind(listener, { family: AF_INET, address: '0.0.0.0', port });
  receiver.listen(listener);
  const received = (async () => {
    const { fd } = await receiver.acceptAsync(listener);
    return readAll(receiver, fd);
  })();
  const sent = (async () => {
    const socket = sender.socket(AF_INET, SOCK_STREAM);
    await sender.connectAsync(socket, { family: AF_INET, address: addresses[1], port });
    await sender.writeAsync(socket, bytes);
    sender.close(socket);
  })();
  const [, result] = await simulation.runUntil(Promise.all([sent, received]));
  sender.exit();
  receiver.exit();
  return result;
}

async function readAll(process: Process, fd: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const length = await process.readAsync(fd, chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
  }
}

const data = Uint8Array.from({ length: 700_001 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
const none: Record<Offload, boolean> = {
  sg: false,
  csum: false,
  tso: false,
  uso: false,
  gro: false,
};

describe('TCP arrives whole', () => {
  test.each<[string, ConnectOptions]>([
    ['over an ideal wire with all offloads', {}],
    ['over an ideal wire without any', { offloads: none }],
    ['split by the wire', { rate: '1 Gbit/s', delay: '1 ms' }],
    ['split by Linux', { rate: '1 Gbit/s', delay: '1 ms', offloads: { tso: false } }],
    ['with checksums by Linux', { rate: '1 Gbit/s', delay: '1 ms', offloads: none }],
    ['through a queue that overflows', { rate: '20 Mbit/s', delay: '2 ms', queue: 10 }],
    ['in frames of 9,000 bytes', { mtu: 9000, rate: '1 Gbit/s' }],
    ['in frames of 576 bytes', { mtu: 576, rate: '100 Mbit/s' }],
  ])('%s', async (_, options) => {
    const both = await pair(options);
    const received = await stream(both, data);
    expect(Buffer.compare(received, data)).toBe(0);
    expect(both.warnings).toEqual([]);
    if (options.queue === 10) {
      expect(both.link.forward.counters.droppedByQueue).toBeGreaterThan(0);
    }
  });
});

describe('frames on the wire', () => {
  test.each([
    ['in kernels', {}],
    ['of no offloads', { offloads: { sg: false, tso: false } }],
    ['on a wire with a delay', { delay: '1 ms' }],
  ])(
    'observers see the same frames in memory as copied: %s',
    async (_, options: ConnectOptions) => {
      const snapBytes = 80;
      const seenBy = async (inMemory: boolean): Promise<string[]> => {
        const both = await pair(options);
        const seen: string[] = [];
        const show = (direction: string, timeNs: number, length: number, bytes: Uint8Array): void =>
          void seen.push(`${direction} ${timeNs} ${length} ${Buffer.from(bytes).toString('hex')}`);
        let shown = 0;
        both.link.observe({
          snapBytes,
          onFrame: (_end, ...frame) => show(...frame),
          ...(inMemory && {
            onFrameInMemory: (direction, timeNs, length, memory, at) => {
              shown++;
              const { buffer } = memory;
              show(
                direction,
                timeNs,
                length,
                new Uint8Array(buffer, at, Math.min(length, snapBytes)),
              );
            },
          }),
        });
        await stream(both, data);
        expect(shown > 0).toBe(inMemory);
        return seen;
      };
      const copied = await seenBy(false);
      expect(copied.length).toBeGreaterThan(10);
      expect(await seenBy(true)).toEqual(copied);
    },
  );

  test('the wire splits a frame into the very packets that Linux would have made', async () => {
    const payloads = async (options: ConnectOptions): Promise<string[]> => {
      const both = await pair({ rate: '1 Gbit/s', delay: '1 ms', ...options });
      const seen: string[] = [];
      both.link.ends[1].observe({
        snapBytes: Infinity,
        onFrame: (_end, direction, _timeNs, _lengthBytes, bytes) => {
          const isTcp = bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 6;
          if (direction === 'in' && isTcp) seen.push(Buffer.from(bytes).toString('hex'));
        },
      });
      await stream(both, data);
      return seen;
    };
    const byWire = await payloads({});
    const byLinux = await payloads({ offloads: { tso: false } });
    expect(byWire.length).toBeGreaterThan(480);
    // The first burst is the same in both: nothing that timing could change has happened yet.
    expect(byWire.slice(0, 12)).toEqual(byLinux.slice(0, 12));
  });

  test('UDP datagrams of every size around the MTU arrive as they were sent', async () => {
    const { simulation, a, b } = await pair({ rate: '100 Mbit/s' });
    const [sender, receiver] = [a.posix.spawn(), b.posix.spawn()];
    const to = receiver.socket(AF_INET, SOCK_DGRAM);
    receiver.bind(to, { family: AF_INET, address: '0.0.0.0', port });
    const from = sender.socket(AF_INET, SOCK_DGRAM);
    const buffer = new Uint8Array(65_536);
    for (const size of [0, 1, 17, 18, 1471, 1472, 1473, 9000, 65_507]) {
      const datagram = data.subarray(0, size);
      sender.sendto(from, datagram, 0, { family: AF_INET, address: addresses[1], port });
      const { length } = await simulation.runUntil(receiver.recvfromAsync(to, buffer));
      expect(Buffer.compare(buffer.subarray(0, length), datagram)).toBe(0);
    }
  });
});

describe('ends', () => {
  test('without a wire there is no carrier, with one there is', async () => {
    const { a, link } = await pair();
    const carrier = (): string => a.posix.readFile('/sys/class/net/eth0/carrier').trim();
    expect(carrier()).toBe('1');
    link.disconnect();
    expect(carrier()).toBe('0');
  });

  test('frames in flight when a wire goes and a NIC is destroyed harm nobody', async () => {
    const { simulation, a, link, nics, warnings } = await pair({
      delay: '10 ms',
      rate: '1 Mbit/s',
    });
    const process = a.posix.spawn();
    const socket = process.socket(AF_INET, SOCK_DGRAM);
    for (let count = 0; count < 20; count++) {
      process.sendto(socket, data.subarray(0, 1000), 0, {
        ...{ family: AF_INET, address: addresses[1], port },
      });
    }
    await simulation.run('15 ms');
    link.disconnect();
    for (const nic of nics) nic.destroy();
    await simulation.run('1 s');
    expect(warnings).toEqual([]);
    expect(a.posix.route.links.list().map(({ name }) => name)).toEqual(['lo']);
  });

  test('a host that dies takes nobody with it', async () => {
    const { simulation, a, b, warnings } = await pair({ delay: '1 ms' });
    // There is no such task.
    expect(() => b.kernel.syscall(0xfffffff0, NR.getpid)).toThrow(KernelPanic);
    const process = a.posix.spawn();
    const socket = process.socket(AF_INET, SOCK_DGRAM);
    process.sendto(socket, 'anyone?', 0, { family: AF_INET, address: addresses[1], port });
    await simulation.run('5 s');
    expect(a.kernel.death).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  test('a NIC that Linux refuses is an error with its name', async () => {
    const { a } = await pair();
    expect(() => a.addNic({ mtu: 20 })).toThrow(/a: Linux refuses the NIC eth1/);
  });
});
