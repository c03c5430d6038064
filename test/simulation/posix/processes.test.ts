// SPDX-License-Identifier: GPL-2.0-only
/** Processes: what each has of its own, what a fork shares, what an exit ends, which signals arrive. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  CLONE_NEWNET,
  F_SETFL,
  F_SETOWN,
  MSG_OOB,
  O_NONBLOCK,
  RLIMIT_NOFILE,
  SIGIO,
  SIGPIPE,
  SIGTERM,
  SIGURG,
  SOCK_DGRAM,
  SOCK_STREAM,
  routeClient,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

const local = (port: number, address = '127.0.0.1'): SocketAddress => ({
  family: AF_INET,
  address,
  port,
});
const code = (name: string): unknown => expect.objectContaining({ code: name });
const sockets = (text: string): number => Number(/sockets: used (\d+)/.exec(text)?.[1]);

describe('descriptor tables', () => {
  test('are a process’s own, copied by fork or shared', async () => {
    using world = await virtualHost();
    const parent = world.host.spawn();
    const stranger = world.host.spawn();
    const fd = parent.socket(AF_INET, SOCK_DGRAM);
    expect(() => stranger.getsockname(fd)).toThrow(code('EBADF'));
    const copy = parent.fork();
    const shared = parent.fork({ shareFiles: true });
    parent.bind(fd, local(0));
    expect(copy.getsockname(fd)).toEqual(parent.getsockname(fd));
    shared.close(fd);
    expect(() => parent.getsockname(fd)).toThrow(code('EBADF'));
    expect(copy.getsockname(fd)).toMatchObject({ family: AF_INET });
    expect(copy.getppid()).toBe(parent.pid);
  });

  test('are limited as RLIMIT_NOFILE says', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    process.setLimit(RLIMIT_NOFILE, { soft: 7n, hard: 8n });
    const fds = [0, 1, 2, 3].map(() => process.eventfd());
    // 0 to 2 are the console, as every process of a machine has them.
    expect(fds).toEqual([3, 4, 5, 6]);
    expect(() => process.eventfd()).toThrow(code('EMFILE'));
  });
});

describe('exit', () => {
  test('closes everything, and the process refuses calls from then on', async () => {
    using world = await virtualHost();
    const before = sockets(world.host.readFile('/proc/net/sockstat'));
    const process = world.host.spawn();
    const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
    const server = process.socket(AF_INET, SOCK_STREAM);
    process.bind(server, local(0));
    process.listen(server);
    expect(sockets(world.host.readFile('/proc/net/sockstat'))).toBe(before + 3);
    process.exit(3);
    expect([process.exited, process.exitStatus]).toEqual([true, 3]);
    expect(() => process.close(a)).toThrow(code('ESRCH'));
    expect(() => process.read(b, new Uint8Array(1))).toThrow('the process has exited');
    expect(() => process.fork()).toThrow(code('ESRCH'));
    process.exit();
    await world.pass(1e9);
    expect(sockets(world.host.readFile('/proc/net/sockstat'))).toBe(before);
  });

  test('of many leaves no task behind', async () => {
    using world = await virtualHost();
    world.host.spawn().exit();
    const tasks = (): string => world.host.readFile('/proc/loadavg').split(' ')[3]!.split('/')[1]!;
    const before = tasks();
    for (let i = 0; i < 500; i++) {
      using process = world.host.spawn();
      process.fork().exit();
      process.socket(AF_INET, SOCK_DGRAM);
    }
    expect(tasks()).toBe(before);
  });
});

describe('signals', () => {
  test('SIGPIPE comes when the reader is gone, with EPIPE', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const seen: number[] = [];
    process.onSignal(SIGPIPE, (signal) => seen.push(signal));
    const [r, w] = process.pipe();
    process.close(r);
    expect(() => process.write(w, 'x')).toThrow(code('EPIPE'));
    await world.pass(0);
    expect(seen).toEqual([SIGPIPE]);
  });

  test('without a handler is dropped and the process lives', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const other = world.host.spawn();
    other.kill(process.pid, SIGTERM);
    await world.pass(0);
    expect(process.getpid()).toBe(process.pid);
  });

  test('SIGIO and SIGURG reach the owner', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    const seen: number[] = [];
    for (const signal of [SIGIO, SIGURG])
      process.onSignal(signal, () => seen.push(signal), { restart: true });
    const server = process.socket(AF_INET, SOCK_STREAM);
    process.bind(server, local(0));
    process.listen(server);
    const client = process.socket(AF_INET, SOCK_STREAM);
    const accepting = process.acceptAsync(server);
    await world.until(process.connectAsync(client, process.getsockname(server)!));
    const { fd } = await world.until(accepting);
    process.fcntl(fd, F_SETOWN, process.pid);
    process.send(client, '!', MSG_OOB);
    await world.pass(1e6);
    expect(seen).toEqual([SIGURG]);
    const O_ASYNC = 0o20000;
    process.fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
    process.send(client, 'x');
    await world.pass(1e6);
    expect(seen).toEqual([SIGURG, SIGIO]);
  });

  test('are read from a signalfd when blocked', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    process.blockSignals([SIGTERM]);
    const fd = process.signalfd([SIGTERM]);
    process.kill(process.pid, SIGTERM);
    await world.pass(0);
    expect(process.signalfdRead(fd)).toMatchObject({ ssi_signo: SIGTERM, ssi_pid: process.pid });
  });
});

describe('credentials and directory', () => {
  test('are the process’s own', async () => {
    using world = await virtualHost();
    const root = world.host.spawn();
    const user = root.fork();
    user.setGroupIds({ real: 1000, effective: 1000, saved: 1000 });
    user.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
    expect(user.userIds()).toEqual({ real: 1000, effective: 1000, saved: 1000 });
    expect(root.userIds().effective).toBe(0);
    const fd = user.socket(AF_INET, SOCK_STREAM);
    expect(() => user.bind(fd, local(80))).toThrow(code('EACCES'));
    expect(() => user.setUserIds({ effective: 0 })).toThrow(code('EPERM'));
    expect(() => user.unshare(CLONE_NEWNET)).toThrow(code('EPERM'));
    root.chdir('/proc/net');
    expect([root.getcwd(), user.getcwd()]).toEqual([expect.stringMatching(/^\/proc\/.*net$/), '/']);
  });
});

describe('network namespaces', () => {
  test('are unshared, joined again, and have links of their own', async () => {
    using world = await virtualHost();
    const inside = world.host.spawn({ newNetwork: true });
    const outside = world.host.spawn();
    expect(inside.readlink('/proc/self/ns/net')).not.toBe(outside.readlink('/proc/self/ns/net'));
    const route = routeClient(inside);
    expect(route.links.list().map(({ name, up }) => [name, up])).toEqual([['lo', false]]);
    world.host.route.links.add({
      name: 'v0',
      kind: 'veth',
      peer: { name: 'v1', namespacePid: inside.pid },
    });
    expect(route.links.get('v1')).toMatchObject({ name: 'v1', kind: 'veth' });
    world.host.route.links.change('v0', { up: true });
    world.host.route.addresses.add('v0', '10.0.0.1/24');
    route.links.change('v1', { up: true });
    route.addresses.add('v1', '10.0.0.2/24');
    const receiver = inside.socket(AF_INET, SOCK_DGRAM);
    inside.bind(receiver, local(7, '10.0.0.2'));
    const sender = outside.socket(AF_INET, SOCK_DGRAM);
    const receiving = inside.recvAsync(receiver, new Uint8Array(8));
    outside.sendto(sender, 'across', 0, local(7, '10.0.0.2'));
    expect(await world.until(receiving)).toBe(6);
    const ns = outside.open(`/proc/${inside.pid}/ns/net`);
    outside.setns(ns, CLONE_NEWNET);
    expect(outside.readlink('/proc/self/ns/net')).toBe(inside.readlink('/proc/self/ns/net'));
  });
});
