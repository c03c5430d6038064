// SPDX-License-Identifier: GPL-2.0-only
/** TCP (and Multipath TCP) with sockets of a process: `TcpServer.listen`, `TcpSocket.connect`. */
import { IPPROTO_MPTCP, IPPROTO_TCP } from '../constants/ip.js';
import { AF_INET6, SOCK_CLOEXEC, SOCK_STREAM } from '../constants/socket.js';
import { errno, SystemError } from '../errno.js';
import type { WaitOptions } from '../process/blocking.js';
import type { Process } from '../process/process.js';
import { socketOptions } from '../socket-options.js';
import type { TcpInfo } from '../struct/socket.js';
import { toEndpoint, toSocketAddress, type Endpoint, type NamedEndpoint } from './endpoint.js';
import { SocketHandle, untilClosed, withSocket, withSocketSync } from './handle.js';
import { StreamSocket } from './stream.js';

/** Where and how a server listens. */
export interface ListenOptions {
  /** All of IPv6, and IPv4 too, unless said. */
  readonly address?: string;
  /** 0 lets Linux pick one. */
  readonly port?: number;
  readonly backlog?: number;
  /** Share the port with other sockets that do. */
  readonly reusePort?: boolean;
  readonly multipath?: boolean;
}
export interface ConnectOptions extends Endpoint, WaitOptions {
  readonly localAddress?: string;
  readonly localPort?: number;
  /** By the host’s clock; ETIMEDOUT when it is over. Linux’s own patience otherwise. */
  readonly timeoutNs?: number;
  readonly multipath?: boolean;
}

const protocolOf = (multipath = false): number => (multipath ? IPPROTO_MPTCP : IPPROTO_TCP);

/** A TCP or Multipath TCP connection. See tcp(7). */
export class TcpSocket extends StreamSocket {
  /** Connects, and resolves when the other end has accepted. */
  static async connect(process: Process, options: ConnectOptions): Promise<TcpSocket> {
    const { timeoutNs, localAddress, localPort, signal } = options;
    const target = toSocketAddress(process, options);
    const kind = [target.family, SOCK_STREAM, protocolOf(options.multipath)] as const;
    return withSocket(process, kind, async (fd) => {
      if (localAddress !== undefined || localPort !== undefined) {
        const any = target.family === AF_INET6 ? '::' : '0.0.0.0';
        const local = { address: localAddress ?? any, port: localPort ?? 0 };
        process.bind(fd, toSocketAddress(process, local));
      }
      if (timeoutNs !== undefined) process.setOption(fd, socketOptions.sendTimeoutNs, timeoutNs);
      try {
        await process.connectAsync(fd, target, { signal });
      } catch (error) {
        throw timeoutNs !== undefined &&
          error instanceof SystemError &&
          error.code === 'EINPROGRESS'
          ? new SystemError(errno.ETIMEDOUT, 'connect', {
              address: options.address,
              port: options.port,
            })
          : error;
      }
      if (timeoutNs !== undefined) process.setOption(fd, socketOptions.sendTimeoutNs, 0);
      return new TcpSocket(process, fd);
    });
  }

  get localEndpoint(): NamedEndpoint | undefined {
    return toEndpoint(this.process.getsockname(this.fd));
  }

  get remoteEndpoint(): NamedEndpoint | undefined {
    return toEndpoint(this.process.getpeername(this.fd));
  }

  /** TCP_INFO. */
  get info(): TcpInfo {
    return this.getOption(socketOptions.tcpInfo);
  }

  /** TCP_NODELAY: tcp(7). */
  setNoDelay(noDelay = true): void {
    this.setOption(socketOptions.tcpNoDelay, noDelay);
  }

  /** SO_KEEPALIVE: tcp(7). */
  setKeepAlive(
    options:
      | {
          readonly idleSeconds?: number;
          readonly intervalSeconds?: number;
          readonly count?: number;
        }
      | false,
  ): void {
    this.setOption(socketOptions.keepAlive, options !== false);
    if (options === false) return;
    if (options.idleSeconds !== undefined)
      this.setOption(socketOptions.tcpKeepIdleSeconds, options.idleSeconds);
    if (options.intervalSeconds !== undefined) {
      this.setOption(socketOptions.tcpKeepIntervalSeconds, options.intervalSeconds);
    }
    if (options.count !== undefined) this.setOption(socketOptions.tcpKeepCount, options.count);
  }

  /** Closing sends a reset. */
  reset(): void {
    this.setOption(socketOptions.lingerSeconds, 0);
    this.close();
  }
}

/** A socket that listens for TCP connections: `for await (const socket of server)`. See tcp(7). */
export class TcpServer extends SocketHandle {
  /** Listens at a port; 0: at any free one. */
  static listen(process: Process, options: ListenOptions = {}): TcpServer {
    const { address = '::', port = 0, backlog, reusePort = false, multipath } = options;
    const local = toSocketAddress(process, { address, port });
    return withSocketSync(process, [local.family, SOCK_STREAM, protocolOf(multipath)], (fd) => {
      process.setOption(fd, socketOptions.reuseAddress, true);
      if (reusePort) process.setOption(fd, socketOptions.reusePort, true);
      process.bind(fd, local);
      process.listen(fd, backlog);
      return new TcpServer(process, fd);
    });
  }

  get endpoint(): NamedEndpoint {
    return toEndpoint(this.process.getsockname(this.fd))!;
  }

  /** The next connection, when it comes. */
  async accept(options?: WaitOptions): Promise<TcpSocket> {
    const { fd } = await this.process.acceptAsync(this.fd, SOCK_CLOEXEC, options);
    return new TcpSocket(this.process, fd);
  }

  /** Connections until the server is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<TcpSocket, void, void> {
    return untilClosed(this, () => this.accept());
  }
}
