// SPDX-License-Identifier: GPL-2.0-only
/** Calls that wait: when they resume, what ends them, and that nothing stays behind. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  MSG_WAITALL,
  O_NONBLOCK,
  POLLIN,
  SHUT_WR,
  SIGUSR1,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  socketOptions,
  type Process,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { KernelPanic } from '../../../src/kernel/index.js';
import { virtualHost, type VirtualHost } from '../../helpers/virtual-host.js';

const local = (port: number, address = '127.0.0.1'): SocketAddress => ({
  family: AF_INET,
  address,
  port,
});
const bytes = (length: number): Uint8Array => new Uint8Array(length);

async function tcpPair(world: VirtualHost, process: Process): Promise<readonly [number, number]> {
  const server = process.socket(AF_INET, SOCK_STREAM);
  process.bind(server, local(0));
  process.listen(server);
  const client = process.socket(AF_INET, SOCK_STREAM);
  const accepting = process.acceptAsync(server);
  await world.until(process.connectAsync(client, process.getsockname(server)!));
  const { fd } = await world.until(accepting);
  process.close(server);
  return [client, fd];
}

/** Nothing waits and no timer of ours is armed. */
function nothingLeft(world: VirtualHost): void {
  expect([world.host.waitCount, world.time.pendingTimers]).toEqual([0, 0]);
}

describe('a blocking call', () => {
  test('resumes when the data comes, and no earlier', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    const buffer = bytes(16);
    let done = false;
    const reading = process.readAsync(b, buffer).finally(() => (done = true));
    await world.pass(1e9);
    expect(done).toBe(false);
    process.write(a, 'now');
    const before = world.time.now;
    expect(await world.until(reading)).toBe(3);
    expect(world.time.now).toBe(before);
    nothingLeft(world);
  });

  test('of a non-blocking descriptor fails with EAGAIN instead', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [, b] = process.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    await expect(process.readAsync(b, bytes(1))).rejects.toMatchObject({
      code: 'EAGAIN',
      syscall: 'read',
    });
    const [r] = process.pipe(O_NONBLOCK);
    await expect(process.readAsync(r, bytes(1))).rejects.toMatchObject({ code: 'EAGAIN' });
    process.setNonBlocking(r, false);
    const reading = process.readAsync(r, bytes(1));
    process.exit();
    await expect(reading).rejects.toMatchObject({ code: 'ESRCH' });
    nothingLeft(world);
  });

  test('made synchronously says EAGAIN, and connect EINPROGRESS', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    expect(() => process.read(b, bytes(1))).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    world.host.route.links.add({ name: 'd0', kind: 'dummy', up: true });
    world.host.route.addresses.add('d0', '192.0.2.1/24');
    const fd = process.socket(AF_INET, SOCK_STREAM);
    expect(() => process.connect(fd, local(80, '192.0.2.9'))).toThrow(
      expect.objectContaining({ code: 'EINPROGRESS' }),
    );
  });

  test('ends with EBADF when its descriptor is closed', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.bind(fd, local(0));
    const waiting = process.recvAsync(fd, bytes(1));
    process.close(fd);
    await expect(waiting).rejects.toMatchObject({ code: 'EBADF', syscall: 'recv' });
    await expect(process.recvAsync(fd, bytes(1))).rejects.toMatchObject({ code: 'EBADF' });
    nothingLeft(world);
  });

  test('ends with EINTR when a signal with a handler comes, and goes on with SA_RESTART', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    const seen: number[] = [];
    process.onSignal(SIGUSR1, (signal) => seen.push(signal));
    const interrupted = process.readAsync(b, bytes(1));
    process.kill(process.pid, SIGUSR1);
    await expect(world.until(interrupted)).rejects.toMatchObject({ code: 'EINTR' });
    process.onSignal(SIGUSR1, (signal) => seen.push(-signal), { restart: true });
    const restarted = process.readAsync(b, bytes(1));
    process.kill(process.pid, SIGUSR1);
    await world.pass(1e6);
    process.write(a, 'x');
    expect(await world.until(restarted)).toBe(1);
    expect(seen).toEqual([SIGUSR1, -SIGUSR1]);
    nothingLeft(world);
  });

  test('that is aborted leaves no waiter', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    const controller = new AbortController();
    const waiting = process.readAsync(b, bytes(1), { signal: controller.signal });
    expect(world.host.waitCount).toBe(1);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(process.readAsync(b, bytes(1), { signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    nothingLeft(world);
  });
});

describe('time', () => {
  test('SO_RCVTIMEO ends a receive with EAGAIN at the nanosecond', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.bind(fd, local(0));
    process.setOption(fd, socketOptions.receiveTimeoutNs, 250e6);
    expect(process.getOption(fd, socketOptions.receiveTimeoutNs)).toBe(250e6);
    const begin = world.time.now;
    await expect(world.until(process.recvAsync(fd, bytes(1)))).rejects.toMatchObject({
      code: 'EAGAIN',
    });
    expect(world.time.now - begin).toBe(250e6);
    nothingLeft(world);
  });

  test('poll with a time waits for it, and with 0 not at all', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [r, w] = process.pipe();
    const begin = world.time.now;
    expect(
      await world.until(process.pollAsync([{ fd: r, events: POLLIN }], { timeoutNs: 3e9 })),
    ).toEqual([0]);
    expect(world.time.now - begin).toBe(3e9);
    expect(await process.pollAsync([{ fd: r, events: POLLIN }], { timeoutNs: 0 })).toEqual([0]);
    const waiting = process.pollAsync([
      { fd: r, events: POLLIN },
      { fd: -1, events: POLLIN },
    ]);
    process.write(w, 'x');
    expect(await world.until(waiting)).toEqual([POLLIN, 0]);
    nothingLeft(world);
  });

  test('nanosleep sleeps by the host’s clock', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const before = process.clockGettime(1);
    await world.until(process.nanosleep(1.5e9));
    const after = process.clockGettime(1);
    expect((after.seconds - before.seconds) * 1e9 + after.nanoseconds - before.nanoseconds).toBe(
      1.5e9,
    );
    nothingLeft(world);
  });

  test('connect gives up after SO_SNDTIMEO with EINPROGRESS, else after Linux’s own time with ETIMEDOUT', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    world.host.route.links.add({ name: 'd0', kind: 'dummy', up: true });
    world.host.route.addresses.add('d0', '192.0.2.1/24');
    world.host.route.neighbours.add('d0', {
      address: '192.0.2.9',
      hardwareAddress: '02:00:00:00:00:09',
    });
    const hurried = process.socket(AF_INET, SOCK_STREAM);
    process.setOption(hurried, socketOptions.sendTimeoutNs, 100e6);
    await expect(
      world.until(process.connectAsync(hurried, local(80, '192.0.2.9'))),
    ).rejects.toMatchObject({ code: 'EINPROGRESS' });
    const patient = process.socket(AF_INET, SOCK_STREAM);
    const begin = world.time.now;
    await expect(
      world.until(process.connectAsync(patient, local(80, '192.0.2.9'))),
    ).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      address: '192.0.2.9',
      port: 80,
    });
    expect((world.time.now - begin) / 1e9).toBeGreaterThan(60);
    nothingLeft(world);
  });
});

describe('streams', () => {
  test('a blocking write writes all', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = await tcpPair(world, process);
    const size = 3_000_000;
    const writing = process
      .writeAsync(a, bytes(size))
      .then((n) => (process.shutdown(a, SHUT_WR), n));
    const buffer = bytes(100_000);
    let total = 0;
    for (let n = -1; n !== 0; total += n) n = await world.until(process.readAsync(b, buffer));
    expect([await writing, total]).toEqual([size, size]);
    nothingLeft(world);
  });

  test('MSG_WAITALL waits for all of it, and takes what there is at the end', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = await tcpPair(world, process);
    const buffer = bytes(10);
    const waiting = process.recvAsync(b, buffer, MSG_WAITALL);
    process.write(a, '01234');
    await world.pass(1e6);
    process.write(a, '56789abc');
    expect(await world.until(waiting)).toBe(10);
    expect(new TextDecoder().decode(buffer)).toBe('0123456789');
    process.shutdown(a, SHUT_WR);
    expect(await world.until(process.recvAsync(b, buffer, MSG_WAITALL))).toBe(3);
    expect(await world.until(process.recvAsync(b, buffer, MSG_WAITALL))).toBe(0);
  });

  test('a lingering close waits for the acknowledgement', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = await tcpPair(world, process);
    process.setOption(a, socketOptions.lingerSeconds, 5);
    process.write(a, 'last words');
    await world.until(process.closeAsync(a));
    expect(process.read(b, bytes(32))).toBe(10);
    expect(process.read(b, bytes(32))).toBe(0);
    expect(() => process.getpeername(a)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    nothingLeft(world);
  });

  test('a lingering close gives up after its time', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [a, b] = await tcpPair(world, process);
    process.setOption(b, socketOptions.receiveBufferBytes, 4096);
    process.setOption(a, socketOptions.lingerSeconds, 3);
    process.setNonBlocking(a);
    let queued = 0;
    try {
      while (true) queued += process.write(a, bytes(100_000));
    } catch {
      expect(queued).toBeGreaterThan(0);
    }
    const begin = world.time.now;
    await world.until(process.closeAsync(a));
    expect(world.time.now - begin).toBe(3e9);
    nothingLeft(world);
  });
});

test('waiters for connections take turns', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const server = process.socket(AF_INET, SOCK_STREAM);
  process.bind(server, local(0));
  process.listen(server);
  const order: number[] = [];
  const waiting = [0, 1, 2].map((i) => process.acceptAsync(server).then(() => order.push(i)));
  for (let i = 0; i < 3; i++) {
    const client = process.socket(AF_INET, SOCK_STREAM);
    await world.until(process.connectAsync(client, process.getsockname(server)!));
  }
  await world.until(Promise.all(waiting));
  expect(order).toEqual([0, 1, 2]);
  nothingLeft(world);
});

test('thousands of waiters cost nothing until woken', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  process.setLimit(7, { soft: 20000n, hard: 20000n });
  const pairs = Array.from({ length: 2000 }, () => process.socketpair(AF_UNIX, SOCK_DGRAM));
  const reads = pairs.map(([, b]) => process.recvAsync(b, bytes(1)));
  expect(world.host.waitCount).toBe(2000);
  await world.pass(10e9);
  for (const [a] of pairs) process.send(a, 'x');
  expect(await world.until(Promise.all(reads))).toHaveLength(2000);
  nothingLeft(world);
});

describe('what poll does not show', () => {
  test('a connect to a full unix listener waits for room', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const name: SocketAddress = { family: AF_UNIX, abstract: new TextEncoder().encode('full') };
    const server = process.socket(AF_UNIX, SOCK_STREAM);
    process.bind(server, name);
    process.listen(server, 0);
    const connecting = [1, 2, 3].map(() =>
      process.connectAsync(process.socket(AF_UNIX, SOCK_STREAM), name),
    );
    await world.pass(1e9);
    for (let i = 0; i < 3; i++) await world.until(process.acceptAsync(server));
    await world.until(Promise.all(connecting));
    nothingLeft(world);
  });

  test('a unix datagram waits for room at its receiver', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const name: SocketAddress = { family: AF_UNIX, abstract: new TextEncoder().encode('inbox') };
    const inbox = process.socket(AF_UNIX, SOCK_DGRAM);
    process.bind(inbox, name);
    const sender = process.socket(AF_UNIX, SOCK_DGRAM);
    const count = 30;
    const sending = (async () => {
      for (let i = 0; i < count; i++) await process.sendtoAsync(sender, 'x', 0, name);
    })();
    await world.pass(1e9);
    for (let i = 0; i < count; i++)
      expect(await world.until(process.recvAsync(inbox, bytes(4)))).toBe(1);
    await world.until(sending);
    nothingLeft(world);
  });
});

test('a signal that came before a call does not end it', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
  const seen: number[] = [];
  process.onSignal(SIGUSR1, (signal) => seen.push(signal));
  process.kill(process.pid, SIGUSR1);
  expect(process.poll([{ fd: b, events: POLLIN }])).toEqual([0]);
  const reading = process.readAsync(b, bytes(1));
  await world.pass(1e6);
  process.write(a, 'x');
  expect(await world.until(reading)).toBe(1);
  expect(seen).toEqual([SIGUSR1]);
});

test('a kernel that dies takes its waits along', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const [, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
  const waiting = process.readAsync(b, bytes(1));
  const outcome = waiting.catch((error: unknown) => error);
  const reboot = (): number => process.syscall(142, 0xfee1dead | 0, 672274793, 0x01234567);
  expect(reboot).toThrow(KernelPanic);
  expect(await outcome).toBe(world.kernel.death);
  expect(() => process.getpid()).toThrow(KernelPanic);
  nothingLeft(world);
});
