// SPDX-License-Identifier: GPL-2.0-only

/**
 * Multipath TCP over the loopback device: a connection of two subflows that loses the first, is closed by its program,
 * and then loses the second as the address that it goes from is taken out of the path manager.
 */
import {
  AF_INET,
  netlink,
  netlinkClient,
  parseIp,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type PosixHost,
  type Process,
} from '../../../src/posix/index.js';
import type { VirtualHost } from '../../helpers/virtual-host.js';

const IPPROTO_TCP = 6;
const IPPROTO_MPTCP = 262;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DESTROY = 21;
const first = '127.0.0.1';
const server = { family: AF_INET, address: first, port: 5000 } as const;
const other = { address: '127.0.0.2', id: 5, subflow: true } as const;
const soonNs = 1e8;
/** Longer than any timer of a connection. */
const laterNs = 3600e9;

/** How many sockets of Multipath TCP and TCP are left an hour after all are closed. */
export async function socketsLeft(world: VirtualHost, removesAddress: boolean): Promise<number> {
  const { host } = world;
  const process = host.spawn();
  const paths = new netlink.MptcpPathManager(
    netlinkClient(host.service, netlink.constants.NETLINK_GENERIC),
  );
  paths.setLimits({ subflows: 1 });
  paths.addEndpoint(other);
  const listener = open(process);
  process.bind(listener, server);
  process.listen(listener);
  const client = open(process);
  try {
    process.connect(client, server);
  } catch {
    // EINPROGRESS
  }
  await world.pass(soonNs);
  // Both sides must have heard the other before there can be a second subflow.
  process.send(client, 'hello');
  const { fd } = process.accept(listener);
  const buffer = new Uint8Array(10);
  process.recv(fd, buffer);
  process.send(fd, 'hello');
  await world.pass(soonNs);
  process.recv(client, buffer);
  const subflows = new netlink.SocketDiag(netlinkClient(host.service, NETLINK_SOCK_DIAG))
    .tcp()
    .filter(({ remotePort }) => remotePort === server.port);
  if (subflows.length !== 2) throw new Error(`${subflows.length} subflows`);

  destroy(host, subflows.find(({ localAddress }) => localAddress === first)!.localPort);
  await world.pass(soonNs);
  process.close(client);
  if (removesAddress) paths.removeEndpoint(other.id);
  await world.pass(soonNs);
  process.close(fd);
  process.close(listener);
  await world.pass(laterNs);
  const protocols = host.readFile('/proc/net/protocols').matchAll(/^(?:MPTCP|TCP) +\d+ +(\d+) /gm);
  return [...protocols].reduce((sum, [, sockets]) => sum + Number(sockets), 0);
}

const open = (process: Process): number =>
  process.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_MPTCP);

/** As a reset from outside would end it. */
function destroy({ service }: PosixHost, port: number): void {
  // struct inet_diag_req_v2: all states, the four numbers that name a connection, no cookie.
  const request = new Uint8Array(56);
  const view = new DataView(request.buffer);
  request.set([AF_INET, IPPROTO_TCP]);
  view.setUint32(4, 0xffffffff, true);
  view.setUint16(8, port);
  view.setUint16(10, server.port);
  request.set(parseIp(first), 12);
  request.set(parseIp(server.address), 28);
  request.fill(0xff, 48);
  netlinkClient(service, NETLINK_SOCK_DIAG).request('SOCK_DESTROY', SOCK_DESTROY, 0, request);
}
