// SPDX-License-Identifier: GPL-2.0-only
/** A netlink socket: requests, dumps, and what the kernel tells its subscribers. */
import { AF_NETLINK, SOCK_RAW } from '../constants/socket.js';
import { NetlinkClient } from '../netlink/client.js';
import { NETLINK_ROUTE } from '../netlink/constants/message.js';
import { decodeEvents, eventGroups, type EventTopic, type RouteEvent } from '../netlink/events.js';
import { parseMessages, type NetlinkMessage } from '../netlink/message.js';
import { netlinkTransport } from '../netlink/transport.js';
import type { WaitOptions } from '../process/blocking.js';
import type { Process } from '../process/process.js';
import { socketOptions } from '../socket-options.js';
import { SocketHandle, untilClosed, withSocketSync } from './handle.js';

/** Of a netlink socket: its groups and its port. */
export interface NetlinkOptions {
  /** `NETLINK_*`; routing unless said. */
  readonly protocol?: number;
  /** Multicast groups to join, by number. */
  readonly groups?: readonly number[];
}

const datagramBytesMax = 64 * 1024;

/** A netlink socket: requests, dumps, and what the kernel tells its subscribers. See netlink(7). */
export class NetlinkSocket extends SocketHandle {
  /** Requests over this socket. Use one socket for requests and another to subscribe. */
  readonly client: NetlinkClient;

  constructor(process: Process, fd: number) {
    super(process, fd);
    this.client = new NetlinkClient(netlinkTransport(process, fd));
  }

  /** Opens a socket of a process. */
  static open(
    process: Process,
    { protocol = NETLINK_ROUTE, groups = [] }: NetlinkOptions = {},
  ): NetlinkSocket {
    return withSocketSync(process, [AF_NETLINK, SOCK_RAW, protocol], (fd) => {
      process.bind(fd, { family: AF_NETLINK, portId: 0, groups: 0 });
      process.setOption(fd, socketOptions.netlinkExtendedAck, true);
      process.setOption(fd, socketOptions.netlinkCapAck, true);
      for (const group of groups) process.setOption(fd, socketOptions.netlinkAddMembership, group);
      return new NetlinkSocket(process, fd);
    });
  }

  /** The next datagram’s messages. ENOBUFS says that some were lost. */
  async receive(options?: WaitOptions): Promise<readonly NetlinkMessage[]> {
    const buffer = new Uint8Array(datagramBytesMax);
    return parseMessages(
      buffer.subarray(0, await this.process.recvAsync(this.fd, buffer, 0, options)),
    );
  }

  /** Messages as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<readonly NetlinkMessage[], void, void> {
    return untilClosed(this, () => this.receive());
  }
}

/** Changes of the network configuration: `for await (const event of RouteMonitor.open(process, ['link']))`. */
export class RouteMonitor extends SocketHandle {
  #queue: RouteEvent[] = [];

  /** Opens a socket of a process. */
  static open(process: Process, topics: readonly EventTopic[]): RouteMonitor {
    return withSocketSync(process, [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE], (fd) => {
      process.bind(fd, { family: AF_NETLINK, portId: 0, groups: 0 });
      for (const group of topics.flatMap((topic) => [...eventGroups[topic]])) {
        process.setOption(fd, socketOptions.netlinkAddMembership, group);
      }
      return new RouteMonitor(process, fd);
    });
  }

  /** The next change, when it comes. */
  async next(options?: WaitOptions): Promise<RouteEvent> {
    const buffer = new Uint8Array(datagramBytesMax);
    while (true) {
      const event = this.#queue.shift();
      if (event !== undefined) return event;
      const length = await this.process.recvAsync(this.fd, buffer, 0, options);
      this.#queue.push(...decodeEvents(buffer.subarray(0, length)));
    }
  }

  /** Changes as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<RouteEvent, void, void> {
    return untilClosed(this, () => this.next());
  }
}
