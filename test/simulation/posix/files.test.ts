// SPDX-License-Identifier: GPL-2.0-only
/** Descriptors of all kinds, the host’s own file systems, and its settings. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  F_GETFL,
  O_CREAT,
  O_NONBLOCK,
  O_RDWR,
  SEEK_END,
  SEEK_SET,
  SOCK_DGRAM,
  SOCK_STREAM,
  TFD_NONBLOCK,
} from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

const code = (name: string): unknown => expect.objectContaining({ code: name });
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('epoll', () => {
  test('level, edge and oneshot', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const epoll = process.epollCreate();
    const [r, w] = process.pipe(O_NONBLOCK);
    process.epollControl(epoll, EPOLL_CTL_ADD, r, EPOLLIN, 77);
    expect(process.epollEvents(epoll)).toEqual([]);
    process.write(w, 'ab');
    expect(process.epollEvents(epoll)).toEqual([{ events: EPOLLIN, data: 77 }]);
    expect(process.epollEvents(epoll)).toHaveLength(1);
    process.epollControl(epoll, EPOLL_CTL_MOD, r, EPOLLIN | EPOLLET);
    expect(process.epollEvents(epoll)).toEqual([{ events: EPOLLIN, data: r }]);
    expect(process.epollEvents(epoll)).toEqual([]);
    process.write(w, 'c');
    expect(process.epollEvents(epoll)).toHaveLength(1);
    process.epollControl(epoll, EPOLL_CTL_MOD, r, EPOLLIN | EPOLLONESHOT);
    expect(process.epollEvents(epoll)).toHaveLength(1);
    process.write(w, 'd');
    expect(process.epollEvents(epoll)).toEqual([]);
    expect(() => process.epollControl(epoll, EPOLL_CTL_ADD, r, EPOLLIN)).toThrow(code('EEXIST'));
    process.epollControl(epoll, EPOLL_CTL_DEL, r);
    expect(() => process.epollControl(epoll, EPOLL_CTL_DEL, r)).toThrow(code('ENOENT'));
    expect(() => process.epollControl(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN)).toThrow(
      code('EINVAL'),
    );
  });

  test('is waited for, and its time is kept', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const epoll = process.epollCreate();
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    process.epollControl(epoll, EPOLL_CTL_ADD, b, EPOLLIN);
    const begin = world.time.now;
    expect(await world.until(process.epollWaitAsync(epoll, 8, { timeoutNs: 2e9 }))).toEqual([]);
    expect(world.time.now - begin).toBe(2e9);
    const waiting = process.epollWaitAsync(epoll);
    process.close(a);
    const [event] = await world.until(waiting);
    expect(event!.events & EPOLLHUP).toBe(EPOLLHUP);
  });
});

describe('event descriptors', () => {
  test('eventfd counts', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const fd = process.eventfd(3, EFD_NONBLOCK);
    process.eventfdWrite(fd, 4n);
    expect(process.eventfdRead(fd)).toBe(7n);
    expect(() => process.eventfdRead(fd)).toThrow(code('EAGAIN'));
    expect(() => process.eventfdWrite(fd, 0xffffffffffffffffn)).toThrow(code('EINVAL'));
    const semaphore = process.eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    expect([process.eventfdRead(semaphore), process.eventfdRead(semaphore)]).toEqual([1n, 1n]);
  });

  test('timerfd fires by the host’s clock', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const fd = process.timerfdCreate(CLOCK_MONOTONIC);
    expect(process.timerfdSet(fd, { valueNs: 10e6, intervalNs: 3e6 })).toEqual({
      valueNs: 0,
      intervalNs: 0,
    });
    const begin = world.time.now;
    const buffer = new Uint8Array(8);
    expect(await world.until(process.readAsync(fd, buffer))).toBe(8);
    expect(world.time.now - begin).toBe(10e6);
    await world.pass(7e6);
    expect(await world.until(process.readAsync(fd, buffer))).toBe(8);
    expect(new DataView(buffer.buffer).getBigUint64(0, true)).toBe(2n);
    expect(process.timerfdGet(fd)).toEqual({ valueNs: 2e6, intervalNs: 3e6 });
    const idle = process.timerfdCreate(CLOCK_REALTIME, TFD_NONBLOCK);
    expect(() => process.read(idle, buffer)).toThrow(code('EAGAIN'));
  });
});

describe('pipes', () => {
  test('splice and tee move between pipe and socket', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [r, w] = process.pipe();
    const [r2, w2] = process.pipe();
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    process.write(a, 'through the pipe');
    expect(process.splice(b, w, 100)).toBe(16);
    expect(process.tee(r, w2, 7)).toBe(7);
    expect(process.splice(r, b, 100)).toBe(16);
    const buffer = new Uint8Array(32);
    expect(text(buffer.subarray(0, process.read(a, buffer)))).toBe('through the pipe');
    expect(text(buffer.subarray(0, process.read(r2, buffer)))).toBe('through');
    const waiting = process.spliceAsync(b, w, 100);
    process.write(a, 'later');
    expect(await world.until(waiting)).toBe(5);
  });

  test('select tells what is ready', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const [r, w] = process.pipe();
    expect(process.select({ read: [r], write: [w] })).toEqual({ read: [], write: [w], except: [] });
    const waiting = process.selectAsync({ read: [r] });
    process.write(w, 'x');
    expect((await world.until(waiting)).read).toEqual([r]);
    expect(() => process.select({ read: [20] })).toThrow(code('EBADF'));
  });
});

describe('descriptors', () => {
  test('are duplicated, controlled and closed', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    const copy = process.dup(fd);
    expect(process.dup2(fd, 40)).toBe(40);
    expect(process.dupFrom(fd, 50)).toBe(50);
    expect(() => process.dup3(fd, fd)).toThrow(code('EINVAL'));
    expect(process.dup2(fd, fd)).toBe(fd);
    process.setNonBlocking(copy);
    expect(process.fcntl(40, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK);
    process.closeRange(40, 50);
    expect(() => process.close(40)).toThrow(code('EBADF'));
    expect(process.poll([{ fd: 50, events: 1 }])).toEqual([32]);
  });
});

describe('file systems', () => {
  test('procfs and sysfs are there', async () => {
    using world = await virtualHost();
    const { host } = world;
    expect(host.readFile('/proc/version')).toMatch(/^Linux version 6\.12\./);
    expect(host.readFile('/proc/net/dev')).toContain('lo:');
    expect(host.service.readDirectory('/sys/class/net').map(({ name }) => name)).toContain('lo');
    expect(host.service.readlink('/proc/self')).toBe(String(host.service.pid));
    expect(host.service.stat('/proc').st_mode & 0o170000).toBe(0o40000);
    expect(() => host.readFile('/nope')).toThrow(
      expect.objectContaining({ code: 'ENOENT', path: '/nope' }),
    );
  });

  test('the root takes files', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    process.mkdir('/data');
    const fd = process.open('/data/hosts', O_RDWR | O_CREAT, 0o644);
    process.write(fd, '127.0.0.1 localhost\n');
    expect(process.lseek(fd, 0, SEEK_END)).toBe(20);
    expect(process.lseek(fd, 4, SEEK_SET)).toBe(4);
    const buffer = new Uint8Array(5);
    process.read(fd, buffer);
    expect(text(buffer)).toBe('0.0.1');
    expect(process.pread(fd, buffer, 10)).toBe(5);
    expect(text(buffer)).toBe('local');
    expect(process.pwrite(fd, 'L', 10)).toBe(1);
    process.ftruncate(fd, 15);
    expect(process.fstat(fd)).toMatchObject({ st_size: 15, st_nlink: 1 });
    expect(process.readFile('/data/hosts')).toBe('127.0.0.1 Local');
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    expect(process.sendfile(a, fd, 9, 0)).toBe(9);
    const got = new Uint8Array(16);
    expect(text(got.subarray(0, process.read(b, got)))).toBe('127.0.0.1');
    process.symlink('/data/hosts', '/data/link');
    expect(process.readlink('/data/link')).toBe('/data/hosts');
    process.unlink('/data/link');
    expect(process.readDirectory('/data').map(({ name }) => name)).toEqual(['hosts']);
    expect(() => process.rmdir('/data')).toThrow(code('ENOTEMPTY'));
  });
});

test('settings are read and set', async () => {
  using world = await virtualHost();
  const { host } = world;
  expect(host.sysctl('net.ipv4.ip_forward')).toBe('0');
  expect(host.sysctl('net.ipv4.ip_forward', 1)).toBe('1');
  expect(host.sysctl('net/ipv4/conf/lo/rp_filter')).toMatch(/^[012]$/);
  expect(() => host.sysctl('net.ipv4.nothing')).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'sysctl' }),
  );
  expect(() => host.sysctl('net.ipv4.ip_default_ttl', 'many')).toThrow(code('EINVAL'));
});

test('random bytes differ and follow the seed', async () => {
  const draw = async (seed: number): Promise<string> => {
    using world = await virtualHost(seed);
    const buffer = new Uint8Array(16);
    expect(world.host.spawn().getrandom(buffer)).toBe(16);
    return buffer.join();
  };
  expect(await draw(1)).toBe(await draw(1));
  expect(await draw(1)).not.toBe(await draw(2));
});

test('epoll of a writable socket', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  const fd = process.socket(AF_INET, SOCK_DGRAM);
  const epoll = process.epollCreate();
  process.epollControl(epoll, EPOLL_CTL_ADD, fd, EPOLLOUT);
  expect(process.epollEvents(epoll)).toEqual([{ events: EPOLLOUT, data: fd }]);
});
