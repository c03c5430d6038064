// SPDX-License-Identifier: GPL-2.0-only
/** inet_diag on a booted kernel: what it tells of connections agrees with what their sockets say. */
import { describe, expect, test } from 'vitest';
import { TcpServer, TcpSocket, type PosixHost } from '../../../src/posix/index.js';
import { virtualHost } from '../../helpers/virtual-host.js';

async function pair(host: PosixHost, address: string): Promise<[TcpServer, TcpSocket, TcpSocket]> {
  const server = TcpServer.listen(host.spawn(), { address, port: 7 });
  const [accepted, client] = await Promise.all([
    server.accept(),
    TcpSocket.connect(host.spawn(), { address, port: 7 }),
  ]);
  return [server, accepted, client];
}

describe('inet_diag', () => {
  test('lists both ends of a connection, with what TCP_INFO says of each', async () => {
    using world = await virtualHost();
    const { host } = world;
    const [, accepted, client] = await world.until(pair(host, '127.0.0.1'));
    await world.until(client.write(new Uint8Array(5000)));
    const entries = host.diag.tcp();
    expect(entries.length).toBe(2);
    const ofClient = entries.find(({ remotePort }) => remotePort === 7)!;
    const ofServer = entries.find(({ localPort }) => localPort === 7)!;
    expect(ofClient).toMatchObject({
      family: 'IPv4',
      state: 'established',
      localAddress: '127.0.0.1',
      localPort: client.localEndpoint!.port,
      remoteAddress: '127.0.0.1',
      congestionControl: 'cubic',
    });
    expect(ofClient.info).toEqual(client.info);
    expect(ofServer.info).toEqual(accepted.info);
    expect(ofServer.receiveQueueBytes).toBe(5000);
    expect(ofServer.cookie).not.toBe(ofClient.cookie);
    // Asking again gives the same cookies.
    expect(host.diag.tcp().map(({ cookie }) => cookie)).toEqual(
      entries.map(({ cookie }) => cookie),
    );
  });

  test('names IPv6 ends, and families and states can be chosen', async () => {
    using world = await virtualHost();
    const { host } = world;
    const [server, , client] = await world.until(pair(host, '::1'));
    expect(host.diag.tcp({ families: ['IPv4'] })).toEqual([]);
    expect(host.diag.tcp({ families: ['IPv6'] }).map((entry) => entry.localAddress)).toEqual([
      '::1',
      '::1',
    ]);
    const listeners = host.diag.tcp({ states: ['listen'] });
    expect(listeners.map(({ state, localPort }) => [state, localPort])).toEqual([['listen', 7]]);
    client.close();
    // The other end delays its acknowledgement.
    const states = host.diag.tcp().map(({ state }) => state);
    expect(states.sort()).toEqual(['closeWait', 'finWait1']);
    server.close();
    expect(host.diag.tcp({ states: ['listen'] })).toEqual([]);
  });

  test('tells of BBR what BBR estimates', async () => {
    using world = await virtualHost();
    const { host } = world;
    host.sysctl('net.ipv4.tcp_congestion_control', 'bbr');
    const [, , client] = await world.until(pair(host, '127.0.0.1'));
    const entry = host.diag.tcp().find(({ remotePort }) => remotePort === 7)!;
    expect(entry.congestionControl).toBe('bbr');
    // At its start: 2.89 times the estimate, in units of 1/256.
    expect(entry.bbr).toMatchObject({ bbr_pacing_gain: 739, bbr_cwnd_gain: 739 });
    client.close();
  });
});
