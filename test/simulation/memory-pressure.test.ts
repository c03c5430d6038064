// SPDX-License-Identifier: GPL-2.0-only

/**
 * Memory that runs out while a host is at work, by one use of it after the other: Linux's own answer, nothing that
 * hangs or dies, and all of it back when what took it has gone. In both forms.
 */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_RAW,
  isSystemError,
  netlink,
  O_CREAT,
  O_RDWR,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  TcpServer,
  TcpSocket,
  UdpSocket,
  type Process,
} from '../../src/posix/index.js';
import { setUpNetfilter } from '../fuzz/frames/netfilter.js';
import {
  loadKernel,
  virtualNativeHost,
  virtualWasmHost,
  type VirtualHost,
} from '../helpers/virtual-host.js';

const second = 1e9;
const memoryMax = '9 MiB';
/** More KiB than that are no chance. */
const kept = 256;

const forms = {
  wasm: () => virtualWasmHost(1, loadKernel(), { memoryMax }),
  native: () => Promise.resolve(virtualNativeHost(1, { memoryMax })),
} as const;

/** Calls until Linux has no more; what it says then. */
function untilRefused(call: () => void, mostCalls = 200_000): string {
  for (let calls = 0; calls < mostCalls; calls++) {
    try {
      call();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (isSystemError(error) || error instanceof netlink.NetlinkError) return String(code);
      throw error;
    }
  }
  return 'nothing';
}

function kilobytes({ host }: VirtualHost, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(host.readFile('/proc/meminfo'))![1]);
}

/** Kernel objects that nothing can have back. */
function inUse(world: VirtualHost): number {
  world.host.writeFile('/proc/sys/vm/drop_caches', '3\n');
  return kilobytes(world, 'SUnreclaim');
}

/** Twice, because the first time also fills caches: after the second nothing may be left of it. */
async function twice(world: VirtualHost, exhaust: () => Promise<void>): Promise<void> {
  const rest: number[] = [];
  for (let round = 0; round < 2; round++) {
    await exhaust();
    rest.push(inUse(world));
  }
  expect(rest[1]! - rest[0]!, `KiB of kernel objects, after ${rest[0]!}`).toBeLessThan(kept);
}

async function expectToWork(world: VirtualHost): Promise<void> {
  const process = world.host.spawn();
  using server = TcpServer.listen(process, { address: '127.0.0.1', port: 7 });
  using client = await world.until(TcpSocket.connect(process, { address: '127.0.0.1', port: 7 }));
  using accepted = await world.until(server.accept());
  await world.until(client.write(new Uint8Array(20_000)));
  client.end();
  expect(await world.until(accepted.readAll())).toHaveLength(20_000);
  process.exit();
}

describe.each(Object.keys(forms) as (keyof typeof forms)[])('%s', (form) => {
  test('sockets of every kind', async () => {
    using world = await forms[form]();
    await twice(world, async () => {
      const processes: Process[] = [];
      const refusal = untilRefused(() => {
        const process = world.host.spawn();
        processes.push(process);
        const kinds = [AF_INET, AF_INET6, AF_UNIX].flatMap((family) => [
          () => process.socket(family, SOCK_STREAM),
          () => process.socket(family, SOCK_DGRAM),
        ]);
        const code = untilRefused(() => kinds.forEach((open) => open()));
        if (code !== 'EMFILE') process.socket(AF_INET6, SOCK_STREAM);
      });
      expect(['ENOMEM', 'ENOBUFS', 'ENFILE']).toContain(refusal);
      for (const process of processes) process.exit();
      await world.pass(5 * second);
      await expectToWork(world);
    });
  });

  test('a routing table', async () => {
    using world = await forms[form]();
    const { route } = world.host;
    await twice(world, async () => {
      route.links.add({ name: 'd0', kind: 'dummy', up: true });
      route.addresses.add('d0', '192.0.2.1/24');
      let next = 0;
      const add = (): void => {
        const [a, b, c] = [next >> 16, (next >> 8) & 255, next & 255];
        const destination = `${100 + a}.${b}.${c}.0/24`;
        // Routes of one priority would share what takes most room.
        route.routes.add({ destination, gateway: '192.0.2.2', priority: ++next });
      };
      expect(['ENOMEM', 'ENOBUFS']).toContain(untilRefused(add));
      expect(next).toBeGreaterThan(500);
      route.links.remove('d0');
      await world.pass(5 * second);
      await expectToWork(world);
    });
  });

  test('buffers of connections on which nobody reads', async () => {
    using world = await forms[form]();
    const { host } = world;
    const block = new Uint8Array(1 << 20);
    const size = Uint32Array.of(8 << 20);
    await twice(world, async () => {
      const process = host.spawn();
      const server = TcpServer.listen(process, { address: '127.0.0.1', port: 9 });
      process.setsockopt(server.fd, SOL_SOCKET, SO_RCVBUFFORCE, size);
      let sentBytes = 0;
      for (let i = 0; i < 10; i++) {
        const client = await world.until(
          TcpSocket.connect(process, { address: '127.0.0.1', port: 9 }),
        );
        await world.until(server.accept());
        process.setsockopt(client.fd, SOL_SOCKET, SO_SNDBUFFORCE, size);
        process.setNonBlocking(client.fd);
        const refusal = untilRefused(() => (sentBytes += process.send(client.fd, block)));
        expect(['EAGAIN', 'ENOMEM', 'ENOBUFS']).toContain(refusal);
      }
      expect(sentBytes).toBeGreaterThan(100_000);
      process.exit();
      await world.pass(300 * second);
      await expectToWork(world);
    });
  });

  test('datagrams that nobody takes are dropped, and counted', async () => {
    using world = await forms[form]();
    const { host } = world;
    await twice(world, async () => {
      const process = host.spawn();
      const sockets = Array.from({ length: 100 }, () => {
        const socket = UdpSocket.open(process, { address: '127.0.0.1' });
        process.setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUFFORCE, Uint32Array.of(8 << 20));
        return socket;
      });
      for (const { endpoint } of sockets) {
        for (let i = 0; i < 20; i++) {
          const sent = sockets[0]!.send(new Uint8Array(30_000), endpoint);
          await world.until(
            sent.catch((error: unknown) => expect(isSystemError(error)).toBe(true)),
          );
        }
      }
      process.exit();
      await world.pass(5 * second);
      await expectToWork(world);
    });
    const udp = [...host.readFile('/proc/net/snmp').matchAll(/^Udp: (\d.*)$/gm)][0]![1]!;
    const [, , , , receiveErrors = 0, sendErrors = 0, , , memoryErrors = 0] = udp
      .split(' ')
      .map(Number);
    expect(receiveErrors + sendErrors + memoryErrors).toBeGreaterThan(0);
  });

  test('fragments whose rest never comes', async () => {
    using world = await forms[form]();
    const { host } = world;
    await twice(world, async () => {
      const process = host.spawn();
      const fd = process.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
      let sent = 0;
      const refusal = untilRefused(() => {
        process.sendto(fd, firstFragment(sent), 0, {
          family: AF_INET,
          address: '127.0.0.1',
          port: 0,
        });
        sent++;
      }, 20_000);
      expect(['nothing', 'ENOMEM', 'ENOBUFS']).toContain(refusal);
      expect(host.readFile('/proc/net/sockstat')).toMatch(/FRAG: inuse [1-9]/);
      process.exit();
      // Linux waits 30 s for the rest.
      await world.pass(60 * second);
      expect(host.readFile('/proc/net/sockstat')).toMatch(/FRAG: inuse 0 memory 0/);
      await expectToWork(world);
    });
  });

  test('entries of conntrack', async () => {
    using world = await forms[form]();
    const { host } = world;
    setUpNetfilter(host.service);
    await twice(world, async () => {
      const process = host.spawn();
      const fd = process.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
      const address = { family: AF_INET, address: '127.0.0.1' } as const;
      let port = 0;
      const refusal = untilRefused(
        () => void process.sendto(fd, 'x', 0, { ...address, port: ++port }),
        65_535,
      );
      // A packet that gets no entry is dropped: EPERM to its sender.
      expect(['EPERM', 'ENOMEM', 'ENOBUFS']).toContain(refusal);
      process.exit();
      await world.pass(600 * second);
      expect(host.sysctl('net.netfilter.nf_conntrack_count')).toBe('0');
    });
  });

  test('files in memory', async () => {
    using world = await forms[form]();
    const { host } = world;
    await twice(world, async () => {
      const process = host.spawn();
      const fd = process.open('/tmp/big', O_CREAT | O_RDWR, 0o600);
      const block = new Uint8Array(64 << 10);
      const refusal = untilRefused(() => void process.write(fd, block));
      expect(['ENOMEM', 'ENOSPC']).toContain(refusal);
      process.close(fd);
      process.unlink('/tmp/big');
      process.exit();
      await world.pass(second);
      await expectToWork(world);
    });
  });
});

/** An IPv4 header and a first piece of 64 bytes, of a packet of its own. */
function firstFragment(number: number): Uint8Array {
  const packet = new Uint8Array(20 + 64);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0]);
  view.setUint16(2, packet.length);
  view.setUint16(4, number & 0xffff);
  view.setUint16(6, 0x2000);
  packet.set([64, 17], 8);
  packet.set([127, 0, 1 + (number >> 16), 1], 12);
  packet.set([127, 0, 0, 1], 16);
  return packet;
}
