// SPDX-License-Identifier: GPL-2.0-only
/** Comfortable sockets over the system calls of a process. */
export {
  PacketSocket,
  RawSocket,
  UdpSocket,
  type Datagram,
  type Packet,
  type PacketOptions,
  type RawOptions,
  type UdpDatagram,
  type UdpOptions,
} from './datagram.js';
export type { Endpoint, NamedEndpoint } from './endpoint.js';
export { SocketHandle } from './handle.js';
export { NetlinkSocket, RouteMonitor, type NetlinkOptions } from './netlink-socket.js';
export { ping, type EchoReply, type PingOptions } from './ping.js';
export { StreamSocket } from './stream.js';
export { TcpServer, TcpSocket, type ConnectOptions, type ListenOptions } from './tcp.js';
export { UnixServer, UnixSocket, type UnixMessage } from './unix.js';
