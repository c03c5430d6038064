// SPDX-License-Identifier: GPL-2.0-only
/** The comfortable sockets: loops, streams, disposal, errors in Node’s shape. */
import { describe, expect, test } from 'vitest';
import {
  describeFile,
  ETH_P_IP,
  IPPROTO_ICMP,
  NetlinkSocket,
  PacketSocket,
  ping,
  RawSocket,
  socketOptions,
  TcpServer,
  TcpSocket,
  UdpSocket,
  UnixServer,
  UnixSocket,
} from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

describe('TCP', () => {
  test('a server echoes to many clients until it is closed', async () => {
    using world = await virtualHost();
    const server = TcpServer.listen(world.host.spawn(), { port: 7 });
    expect(server.endpoint).toEqual({ address: '::', port: 7, family: 'IPv6' });
    const serving = (async () => {
      const connections: Promise<void>[] = [];
      for await (const socket of server) {
        connections.push(
          (async () => {
            for await (const chunk of socket) await socket.write(chunk);
            socket.close();
          })(),
        );
      }
      await Promise.all(connections);
      return connections.length;
    })();
    const process = world.host.spawn();
    const echo = async (message: string, address: string): Promise<string | undefined> => {
      using socket = await TcpSocket.connect(process, { address, port: 7 });
      await socket.write(message);
      socket.end();
      return text(await socket.readAll());
    };
    const messages = Array.from({ length: 20 }, (_, i) => `message ${i} `.repeat(1000 * (i + 1)));
    const echoed = await world.until(
      Promise.all(messages.map((m, i) => echo(m, i % 2 ? '127.0.0.1' : '::1'))),
    );
    expect(echoed).toEqual(messages);
    server.close();
    expect(await world.until(serving)).toBe(20);
    expect(world.host.waitCount).toBe(0);
  });

  test('web streams carry backpressure and ends', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    using server = TcpServer.listen(process);
    const accepting = server.accept();
    const client = await world.until(
      TcpSocket.connect(process, { address: '::1', port: server.endpoint.port }),
    );
    const accepted = await world.until(accepting);
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 50; i++) controller.enqueue(new Uint8Array(100_000).fill(i));
        controller.close();
      },
    });
    const piping = source.pipeTo(client.writable);
    let total = 0;
    const reading = (async () => {
      const reader = accepted.readable.getReader();
      for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read())
        total += value!.byteLength;
    })();
    await world.until(Promise.all([piping, reading]));
    expect(total).toBe(5_000_000);
    await world.pass(1e9);
    expect(client.info.tcpi_bytes_acked).toBeGreaterThanOrEqual(5_000_000);
  });

  test('errors have Node’s shape', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    await expect(
      TcpSocket.connect(process, { address: '127.0.0.1', port: 9 }),
    ).rejects.toMatchObject({
      message: 'connect ECONNREFUSED 127.0.0.1:9',
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port: 9,
    });
    using server = TcpServer.listen(process, { address: '127.0.0.1', port: 80 });
    expect(() => TcpServer.listen(process, { address: '127.0.0.1', port: 80 })).toThrow(
      'bind EADDRINUSE 127.0.0.1:80',
    );
    await expect(TcpSocket.connect(process, { address: 'localhost', port: 80 })).rejects.toThrow(
      TypeError,
    );
    expect(server.closed).toBe(false);
    expect(process.readDirectory('/proc/self/fd').length).toBeLessThan(8);
  });

  test('connect gives up after its time', async () => {
    using world = await virtualHost();
    const { route } = world.host;
    route.links.add({ name: 'd0', kind: 'dummy', up: true });
    route.addresses.add('d0', '192.0.2.1/24');
    route.neighbours.add('d0', { address: '192.0.2.9', hardwareAddress: '02:00:00:00:00:09' });
    const connecting = TcpSocket.connect(world.host.spawn(), {
      address: '192.0.2.9',
      port: 80,
      timeoutNs: 500e6,
    });
    const begin = world.time.now;
    await expect(world.until(connecting)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      address: '192.0.2.9',
    });
    expect(world.time.now - begin).toBe(500e6);
  });

  test('a reset is ECONNRESET for the other', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    using server = TcpServer.listen(process);
    const accepting = server.accept();
    const client = await world.until(
      TcpSocket.connect(process, { address: '::1', port: server.endpoint.port }),
    );
    const accepted = await world.until(accepting);
    const reading = client.read();
    accepted.reset();
    await expect(world.until(reading)).rejects.toMatchObject({
      code: 'ECONNRESET',
      syscall: 'recv',
    });
    await expect(client.write('x')).rejects.toMatchObject({ code: 'EPIPE' });
    client.close();
    client.close();
    expect(() => client.fd).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

describe('UDP', () => {
  test('datagrams have senders, over both families', async () => {
    using world = await virtualHost();
    using server = UdpSocket.open(world.host.spawn(), { port: 53 });
    using client = UdpSocket.open(world.host.spawn(), { address: '127.0.0.1' });
    await client.send('query', { address: '127.0.0.1', port: 53 });
    for await (const { data, from } of server) {
      expect([text(data), from]).toEqual([
        'query',
        { address: '::ffff:127.0.0.1', port: client.endpoint.port, family: 'IPv6' },
      ]);
      await server.send('answer', { address: '127.0.0.1', port: client.endpoint.port });
      break;
    }
    client.connect({ address: '127.0.0.1', port: 53 });
    const { data } = await world.until(client.receive());
    expect(text(data)).toBe('answer');
  });
});

test('raw sockets see ICMP', async () => {
  using world = await virtualHost();
  using socket = RawSocket.open(world.host.spawn(), { protocol: IPPROTO_ICMP });
  const echo = Uint8Array.of(8, 0, 0xf7, 0xfd, 0, 1, 0, 1);
  await socket.send(echo, '127.0.0.1');
  const types: number[] = [];
  for await (const { data } of socket) {
    types.push(data[20]!);
    if (types.length === 2) break;
  }
  expect(types).toEqual([8, 0]);
});

test('packet sockets see frames, filtered', async () => {
  using world = await virtualHost();
  const process = world.host.spawn();
  using sniffer = PacketSocket.open(process, { interface: 'lo', protocol: ETH_P_IP });
  using udp = UdpSocket.open(process, { address: '127.0.0.1', port: 4000 });
  await udp.send('seen', { address: '127.0.0.1', port: 4000 });
  const packet = await world.until(sniffer.receive());
  expect(packet.data.byteLength).toBe(14 + 20 + 8 + 4);
  expect(packet.source).toMatchObject({ protocol: ETH_P_IP, interfaceIndex: 1 });
  // return 0: nothing passes.
  sniffer.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0 }]);
  await udp.send('unseen', { address: '127.0.0.1', port: 4000 });
  expect(() => process.recv(sniffer.fd, new Uint8Array(1))).toThrow(
    expect.objectContaining({ code: 'EAGAIN' }),
  );
  expect(sniffer.takeStatistics()).toMatchObject({ drops: 0 });
});

test('unix sockets pass descriptors between processes', async () => {
  using world = await virtualHost();
  const giver = world.host.spawn();
  const taker = world.host.spawn();
  using server = UnixServer.listen(taker, '@svc');
  const accepting = server.accept();
  using client = await world.until(UnixSocket.connect(giver, '@svc'));
  using accepted = await world.until(accepting);
  expect(accepted.peerCredentials.pid).toBe(giver.pid);
  const [r, w] = giver.pipe();
  await client.sendDescriptors([r], 'here');
  giver.close(r);
  const message = await world.until(accepted.receiveMessage());
  expect([text(message?.data), message?.fds.length]).toEqual(['here', 1]);
  giver.write(w, 'through');
  const buffer = new Uint8Array(16);
  expect(await taker.readAsync(message!.fds[0]!, buffer)).toBe(7);
  client.close();
  expect(await world.until(accepted.receiveMessage())).toBeUndefined();
});

test('netlink sockets ask and listen', async () => {
  using world = await virtualHost();
  using socket = NetlinkSocket.open(world.host.spawn());
  const GETLINK = 18;
  expect(socket.client.dump('RTM_GETLINK', GETLINK, new Uint8Array(16))).toHaveLength(1);
});

test('options have types', async () => {
  using world = await virtualHost();
  using server = TcpServer.listen(world.host.spawn(), { port: 80 });
  server.setOption(socketOptions.tcpCongestion, 'reno');
  expect(server.getOption(socketOptions.tcpCongestion)).toBe('reno');
  server.setOption(socketOptions.lingerSeconds, 7);
  expect(server.getOption(socketOptions.lingerSeconds)).toBe(7);
  server.setOption(socketOptions.lingerSeconds, undefined);
  expect(server.getOption(socketOptions.lingerSeconds)).toBeUndefined();
  expect(server.getOption(socketOptions.acceptsConnections)).toBe(true);
  expect(() => server.setOption(socketOptions.tcpCongestion, 'no-such')).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'setsockopt' }),
  );
});

describe('an echo', () => {
  test('gives back all of it, says how much that was, and closes', async () => {
    using world = await virtualHost();
    using server = TcpServer.listen(world.host.spawn(), { port: 7 });
    const echoed = server.accept().then((socket) => socket.echo());
    using client = await world.until(
      TcpSocket.connect(world.host.spawn(), { address: '127.0.0.1', port: 7 }),
    );
    const sent = new Uint8Array(300_000).map((_, i) => i % 251);
    const received = client.readAll();
    await world.until(client.write(sent));
    client.end();
    expect(await world.until(received)).toEqual(sent);
    expect(await world.until(echoed)).toBe(sent.length);
  });

  test('ends with a connection that breaks, or whose process does; nobody need wait for it', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    using server = TcpServer.listen(process, { port: 7 });
    const open = async () => {
      const accepted = server.accept();
      const client = await TcpSocket.connect(world.host.spawn(), { address: '::1', port: 7 });
      return { client, echoing: (await accepted).echo() };
    };
    const reset = await world.until(open());
    await world.until(reset.client.write('hello'));
    reset.client.reset();
    expect(await world.until(reset.echoing)).toBeLessThanOrEqual(5);
    const ended = await world.until(open());
    process.exit();
    expect(await world.until(ended.echoing)).toBe(0);
  });
});

describe('a ping', () => {
  test('is answered in both families, with as many bytes as were sent', async () => {
    using world = await virtualHost();
    using process = world.host.spawn();
    const four = await world.until(ping(process, '127.0.0.1', { sequence: 3, payloadBytes: 1001 }));
    expect(four).toMatchObject({ from: '127.0.0.1', bytes: 1009, sequence: 3, hopLimit: 64 });
    expect(await world.until(ping(process, '::1'))).toMatchObject({ from: '::1', bytes: 64 });
    expect(world.host.waitCount).toBe(0);
  });

  test('that nobody answers ends with its time', async () => {
    using world = await virtualHost();
    world.host.sysctl('net.ipv4.icmp_echo_ignore_all', 1);
    using process = world.host.spawn();
    const startNs = world.time.now;
    await expect(world.until(ping(process, '127.0.0.1', { timeout: '2 s' }))).rejects.toMatchObject(
      {
        code: 'ETIMEDOUT',
        syscall: 'ping',
      },
    );
    expect(world.time.now - startNs).toBe(2e9);
  });
});

test('what a process waits for can be told', async () => {
  using world = await virtualHost();
  using process = world.host.spawn();
  const server = TcpServer.listen(process, { port: 7, address: '127.0.0.1' });
  const udp = UdpSocket.open(process, { port: 53 });
  const [reader] = process.pipe();
  await world.pass(1e9);
  const waits = [
    server.accept(),
    udp.receive(),
    process.readAsync(reader, new Uint8Array(1)),
    process.pollAsync([{ fd: reader, events: 1 }], { timeoutNs: 5e9 }),
  ];
  for (const wait of waits) wait.catch(() => undefined);
  expect(
    process.waiting.map(({ syscall, files, sinceNs, deadlineNs }) => [
      syscall,
      files.map((fd) => describeFile(process, fd)),
      sinceNs,
      deadlineNs,
    ]),
  ).toEqual([
    [expect.stringContaining('accept'), ['tcp 127.0.0.1:7'], 2e9, undefined],
    ['recvmsg', ['udp [::]:53'], 2e9, undefined],
    ['read', [expect.stringContaining('pipe:')], 2e9, undefined],
    ['poll', [expect.stringContaining('pipe:')], 2e9, 7e9],
  ]);
  expect(describeFile(process, 99)).toBe('descriptor 99');
});

test('names are looked up where somebody knows them', async () => {
  using world = await virtualHost();
  using process = world.host.spawn();
  const endpoint = { address: 'me', port: 7 };
  await expect(TcpSocket.connect(process, endpoint)).rejects.toThrow('nobody here knows names');
  world.host.lookUp = (name) => {
    if (name === 'me') return '127.0.0.1';
    throw new Error(`who is ${name}?`);
  };
  using server = TcpServer.listen(process, endpoint);
  expect(server.endpoint.address).toBe('127.0.0.1');
  using client = await world.until(TcpSocket.connect(process, endpoint));
  expect(client.remoteEndpoint).toMatchObject({ address: '127.0.0.1' });
  const udp = UdpSocket.open(process, { port: 9 });
  await udp.send('hello', { address: 'me', port: 9 });
  expect(text((await world.until(udp.receive())).data)).toBe('hello');
  await expect(TcpSocket.connect(process, { address: 'you', port: 7 })).rejects.toThrow(
    'who is you?',
  );
});
