// SPDX-License-Identifier: GPL-2.0-only
/** Unix sockets of a host: connected streams, servers, pairs; they pass descriptors and credentials. */
import type { ControlMessage } from '../control-message.js';
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from '../constants/socket.js';
import type { WaitOptions } from '../process/blocking.js';
import type { Process } from '../process/process.js';
import { socketOptions } from '../socket-options.js';
import { toUnixAddress } from './endpoint.js';
import { SocketHandle, untilClosed, withSocket, withSocketSync } from './handle.js';
import { StreamSocket } from './stream.js';

/** Bytes with the descriptors that came along. */
export interface UnixMessage {
  readonly data: Uint8Array;
  readonly fds: readonly number[];
  readonly control: readonly ControlMessage[];
}

const controlBytes = 1152;

/** A connection within the host, which passes descriptors and credentials too. See unix(7). */
export class UnixSocket extends StreamSocket {
  /** A path, or `@name` outside of the file system. */
  static connect(process: Process, name: string, options?: WaitOptions): Promise<UnixSocket> {
    return withSocket(process, [AF_UNIX, SOCK_STREAM], async (fd) => {
      await process.connectAsync(fd, toUnixAddress(name), options);
      return new UnixSocket(process, fd);
    });
  }

  /** Two that are connected with each other. */
  static pair(process: Process): readonly [UnixSocket, UnixSocket] {
    const [one, other] = process.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC);
    return [new UnixSocket(process, one), new UnixSocket(process, other)];
  }

  /** Sends descriptors with at least one byte of data. */
  async sendDescriptors(
    fds: readonly number[],
    data: ArrayBufferView | string = '\0',
    options?: WaitOptions,
  ): Promise<void> {
    const control: readonly ControlMessage[] = [{ type: 'rights', fds }];
    await this.process.sendmsgAsync(this.fd, { data: [data], control }, MSG_NOSIGNAL, options);
  }

  /** Data with what came along; undefined at the end. */
  async receiveMessage(
    maximumBytes = 65536,
    options?: WaitOptions,
  ): Promise<UnixMessage | undefined> {
    const buffer = new Uint8Array(maximumBytes);
    const request = { buffers: [buffer], controlBytes };
    const message = await this.process.recvmsgAsync(this.fd, request, MSG_CMSG_CLOEXEC, options);
    if (message.length === 0 && message.control.length === 0) return undefined;
    const fds = message.control.flatMap((each) => (each.type === 'rights' ? each.fds : []));
    return { data: buffer.slice(0, message.length), fds, control: message.control };
  }

  /** Who connected, or who listened. */
  get peerCredentials(): { readonly pid: number; readonly uid: number; readonly gid: number } {
    return this.getOption(socketOptions.peerCredentials);
  }
}

/** A socket that listens for connections of the same host. See unix(7). */
export class UnixServer extends SocketHandle {
  /** Listens at a path, or at an abstract name. */
  static listen(process: Process, name: string, backlog?: number): UnixServer {
    return withSocketSync(process, [AF_UNIX, SOCK_STREAM], (fd) => {
      process.bind(fd, toUnixAddress(name));
      process.listen(fd, backlog);
      return new UnixServer(process, fd);
    });
  }

  /** The next connection, when it comes. */
  async accept(options?: WaitOptions): Promise<UnixSocket> {
    const { fd } = await this.process.acceptAsync(this.fd, SOCK_CLOEXEC, options);
    return new UnixSocket(this.process, fd);
  }

  /** Connections as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<UnixSocket, void, void> {
    return untilClosed(this, () => this.accept());
  }
}
