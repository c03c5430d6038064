// SPDX-License-Identifier: GPL-2.0-only

/**
 * Devices that go while a socket holds them, as one of LLC's holds its own: Linux's wait for the last reference has no
 * end on one stack, so such a device leaves at once and its memory comes back after its socket has gone.
 */
import { expect, test } from 'vitest';
import { Simulation } from '../../src/dce/index.js';
import { Kernel } from '../../src/kernel/index.js';
import { AF_INET, AF_LLC, routeClient, SOCK_DGRAM, type Process } from '../../src/posix/index.js';
import { virtualWasmHost } from '../helpers/virtual-host.js';

const path = process.env['LIBOS_TEST_FULL_KERNEL'];
const kernel = Kernel.load(path === undefined ? { profile: 'full' } : { path });
const second = 1e9;
const ARPHRD_ETHER = 1;
const macText = '02:00:00:00:00:2a';
const mac = Uint8Array.of(2, 0, 0, 0, 0, 42);

async function start() {
  const log: string[] = [];
  const world = await virtualWasmHost(1, kernel, { console: ({ text }) => void log.push(text) });
  return { ...world, log };
}

type World = Awaited<ReturnType<typeof start>>;

function names({ host }: World): string[] {
  return host.route.links.list().map(({ name }) => name);
}

/** A socket of LLC that holds the device with that address. */
function bindLlc(holder: Process, mac: Uint8Array): number {
  const fd = holder.socket(AF_LLC, SOCK_DGRAM);
  const accessPoint = 0xc0;
  const bytes = Uint8Array.of(AF_LLC, 0, ARPHRD_ETHER, 0, 0, 0, 0, accessPoint, ...mac, 0, 0);
  holder.bind(fd, { family: 'raw', bytes });
  return fd;
}

/** A device that a socket of a new process holds. */
function held({ host }: World): { readonly holder: Process; readonly fd: number } {
  host.route.links.add({ name: 'd0', kind: 'dummy', address: macText, up: true });
  const holder = host.spawn();
  return { holder, fd: bindLlc(holder, mac) };
}

/** How often Linux has said that it waits for d0. */
const warnings = ({ log }: World): number =>
  log.filter((line) => line.includes('waiting for d0 to become free. Usage count = 2')).length;

test('a device that is held leaves at once, and the host lives on', async () => {
  using world = await start();
  const { host } = world;
  const { holder, fd } = held(world);
  host.route.links.remove('d0');
  expect(names(world)).toEqual(['lo']);
  // Its name is free, and what others do goes on.
  host.route.links.add({ name: 'd0', kind: 'dummy', up: true });
  host.route.addresses.add('d0', '192.0.2.1/24');
  host.route.links.remove('d0');
  using other = host.spawn();
  const socket = other.socket(AF_INET, SOCK_DGRAM);
  other.bind(socket, { family: AF_INET, address: '127.0.0.1', port: 7 });
  // What goes through the device is lost, as with one that is down.
  expect(holder.write(fd, 'x')).toBe(1);
  holder.close(fd);
  holder.exit();
});

test('Linux’s warning comes each ten seconds at an entry, until the socket is closed', async () => {
  using world = await start();
  const { host } = world;
  const { holder, fd } = held(world);
  host.route.links.remove('d0');
  const lookIn = (): void => void names(world);
  await world.pass(5 * second);
  lookIn();
  expect(warnings(world)).toBe(0);
  await world.pass(6 * second);
  lookIn();
  lookIn();
  expect(warnings(world)).toBe(1);
  await world.pass(11 * second);
  lookIn();
  expect(warnings(world)).toBe(2);
  holder.close(fd);
  await world.pass(30 * second);
  lookIn();
  expect(warnings(world)).toBe(2);
  holder.exit();
});

test('a host that only waits for a socket is idle', async () => {
  using world = await start();
  held(world);
  await world.pass(1000 * second);
  const timersIn = (): number => {
    let entries = 0;
    const end = world.time.now + 1000 * second;
    while (world.kernel.timerNs < end) {
      world.time.now = world.kernel.timerNs;
      world.kernel.timer();
      entries++;
    }
    world.time.now = end;
    return entries;
  };
  const before = timersIn();
  world.host.route.links.remove('d0');
  expect(timersIn()).toBeLessThanOrEqual(before);
});

test('it is freed with its socket, however that ends', async () => {
  using world = await start();
  const { host } = world;
  const unused = (): number => {
    const meminfo = host.readFile('/proc/meminfo');
    const kib = (name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(meminfo)![1]);
    return kib('MemTotal') - kib('MemFree');
  };
  const churn = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const { holder, fd } = held(world);
      // Alive, in a network namespace that is going, by the exit of the namespace's last process.
      const inside = i % 3 === 0 ? undefined : host.spawn({ newNetwork: true });
      if (inside === undefined) {
        host.route.links.remove('d0');
      } else {
        host.route.links.change('d0', { namespacePid: inside.pid });
        if (i % 3 === 1) routeClient(inside).links.remove('d0');
        inside.exit();
      }
      await world.pass(2 * second);
      expect(names(world)).toEqual(['lo']);
      if (i % 2 === 0) holder.close(fd);
      holder.exit();
    }
    await world.pass(5 * second);
  };
  await churn(15);
  const before = unused();
  await churn(300);
  // A device takes some 3 KiB, a namespace some 60.
  expect(unused() - before).toBeLessThan(400);
});

test('so is a NIC of the host’s', async () => {
  const simulation = new Simulation({ kernel: await kernel, seed: 1, addresses: 'manual' });
  const host = simulation.host('a');
  const nic = host.addNic();
  const holder = host.posix.spawn();
  const fd = bindLlc(holder, nic.mac);
  nic.destroy();
  const links = (): string[] => host.posix.route.links.list().map(({ name }) => name);
  expect(links()).toEqual(['lo']);
  await simulation.run('11 s');
  holder.close(fd);
  holder.exit();
  await simulation.run('11 s');
  expect(links()).toEqual(['lo']);
});
