// SPDX-License-Identifier: GPL-2.0-only
/** Sockets that carry messages: UDP, raw IP, packets of an interface. Each is a `for await` of what comes. */
import type { ControlMessage } from '../control-message.js';
import { ETH_P_ALL } from '../constants/interface.js';
import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  MSG_TRUNC,
  SOCK_DGRAM,
  SOCK_RAW,
} from '../constants/socket.js';
import type { WaitOptions } from '../process/blocking.js';
import type { OutgoingMessage } from '../process/message-calls.js';
import type { FilterInstruction } from '../process/option-calls.js';
import type { Process } from '../process/process.js';
import type { PacketAddress, SocketAddress } from '../socket-address.js';
import { socketOptions } from '../socket-options.js';
import {
  interfaceIndex,
  toEndpoint,
  toSocketAddress,
  type Endpoint,
  type NamedEndpoint,
} from './endpoint.js';
import { SocketHandle, untilClosed, withSocketSync } from './handle.js';

const datagramBytesMax = 65536;
const controlBytes = 512;

/** A message as it came. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly source: SocketAddress | undefined;
  readonly control: readonly ControlMessage[];
  /** It was longer than the buffer. */
  readonly truncated: boolean;
}

class MessageSocket extends SocketHandle {
  #buffer: Uint8Array | undefined;

  /** The next message. */
  async receiveMessage(options?: WaitOptions): Promise<Datagram> {
    const buffer = this.#buffer ?? new Uint8Array(datagramBytesMax);
    this.#buffer = undefined;
    const message = await this.process.recvmsgAsync(
      this.fd,
      { buffers: [buffer], controlBytes },
      0,
      options,
    );
    this.#buffer = buffer;
    return {
      data: buffer.slice(0, message.length),
      source: message.address,
      control: message.control,
      truncated: (message.flags & MSG_TRUNC) !== 0,
    };
  }

  /** Sends one datagram with ancillary data. */
  sendMessage(message: OutgoingMessage, options?: WaitOptions): Promise<number> {
    return this.process.sendmsgAsync(this.fd, message, 0, options);
  }

  /** SO_ATTACH_FILTER: classic BPF, socket(7). */
  attachFilter(program: readonly FilterInstruction[]): void {
    this.process.attachFilter(this.fd, program);
  }
}

export interface UdpOptions {
  /** IPv6 and IPv4 both, unless said. */
  readonly address?: string;
  /** 0 or none lets Linux pick one. */
  readonly port?: number;
  readonly reuseAddress?: boolean;
  readonly reusePort?: boolean;
  readonly broadcast?: boolean;
}
export interface UdpDatagram extends Datagram {
  readonly from: NamedEndpoint | undefined;
}

export class UdpSocket extends MessageSocket {
  /** Opens a socket of a process: udp(7). */
  static open(process: Process, options: UdpOptions = {}): UdpSocket {
    const { address = '::', port = 0 } = options;
    const local = toSocketAddress(process, { address, port });
    return withSocketSync(process, [local.family, SOCK_DGRAM], (fd) => {
      if (options.reuseAddress === true) process.setOption(fd, socketOptions.reuseAddress, true);
      if (options.reusePort === true) process.setOption(fd, socketOptions.reusePort, true);
      if (options.broadcast === true) process.setOption(fd, socketOptions.broadcast, true);
      process.bind(fd, local);
      return new UdpSocket(process, fd);
    });
  }

  get endpoint(): NamedEndpoint {
    return toEndpoint(this.process.getsockname(this.fd))!;
  }

  get remoteEndpoint(): NamedEndpoint | undefined {
    return toEndpoint(this.process.getpeername(this.fd));
  }

  /** Only the peer’s datagrams come from then on, and `send` needs no target. */
  connect(target: Endpoint): void {
    this.process.connect(this.fd, this.#address(target));
  }

  /** To the target, or to the peer it is connected to. */
  async send(
    data: ArrayBufferView | string,
    target?: Endpoint,
    options?: WaitOptions,
  ): Promise<void> {
    if (target === undefined) await this.process.sendAsync(this.fd, data, 0, options);
    else await this.process.sendtoAsync(this.fd, data, 0, this.#address(target), options);
  }

  /** The next datagram, when it comes. */
  async receive(options?: WaitOptions): Promise<UdpDatagram> {
    const datagram = await this.receiveMessage(options);
    return { ...datagram, from: toEndpoint(datagram.source) };
  }

  /** Datagrams as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<UdpDatagram, void, void> {
    return untilClosed(this, () => this.receive());
  }

  /** A socket of IPv6 reaches IPv4 by mapped addresses. */
  #address(target: Endpoint): SocketAddress {
    const address = toSocketAddress(this.process, target);
    const six = this.getOption(socketOptions.domain) === AF_INET6;
    if (!six || address.family !== AF_INET) return address;
    return { family: AF_INET6, address: `::ffff:${address.address}`, port: target.port };
  }
}

export interface RawOptions {
  readonly version?: 4 | 6;
  /** `IPPROTO_*`. */
  readonly protocol: number;
  readonly address?: string;
  /** What is sent begins with the IP header. */
  readonly headerIncluded?: boolean;
}

/** What comes begins with the IP header in IPv4, and with the payload in IPv6, as Linux has it. */
export class RawSocket extends MessageSocket {
  /** Opens a socket of a process: raw(7). */
  static open(
    process: Process,
    { version = 4, protocol, address, headerIncluded }: RawOptions,
  ): RawSocket {
    return withSocketSync(
      process,
      [version === 4 ? AF_INET : AF_INET6, SOCK_RAW, protocol],
      (fd) => {
        if (headerIncluded === true) process.setOption(fd, socketOptions.ipHeaderIncluded, true);
        if (address !== undefined) process.bind(fd, toSocketAddress(process, { address, port: 0 }));
        return new RawSocket(process, fd);
      },
    );
  }

  /** Sends one datagram. */
  async send(data: ArrayBufferView, address: string, options?: WaitOptions): Promise<void> {
    const target = toSocketAddress(this.process, { address, port: 0 });
    await this.process.sendtoAsync(this.fd, data, 0, target, options);
  }

  /** The next datagram, when it comes. */
  receive(options?: WaitOptions): Promise<Datagram> {
    return this.receiveMessage(options);
  }

  /** Datagrams as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    return untilClosed(this, () => this.receive());
  }
}

export interface PacketOptions {
  /** By name or index; all interfaces unless said. */
  readonly interface?: string | number;
  /** `ETH_P_*`; all protocols unless said. */
  readonly protocol?: number;
  /** Frames with their link-layer header (true), or their payload. */
  readonly header?: boolean;
  readonly promiscuous?: boolean;
}
export interface Packet extends Datagram {
  readonly source: PacketAddress | undefined;
}

const promiscuousMembership = 1;

export class PacketSocket extends MessageSocket {
  /** Opens a socket of a process: packet(7). */
  static open(process: Process, options: PacketOptions = {}): PacketSocket {
    const { protocol = ETH_P_ALL, header = true } = options;
    // With protocol 0 nothing is queued before the interface is chosen.
    return withSocketSync(process, [AF_PACKET, header ? SOCK_RAW : SOCK_DGRAM, 0], (fd) => {
      const index =
        options.interface === undefined ? 0 : interfaceIndex(process, options.interface);
      process.bind(fd, { family: AF_PACKET, protocol, interfaceIndex: index });
      if (options.promiscuous === true) {
        const membership = {
          mr_ifindex: index,
          mr_type: promiscuousMembership,
          mr_alen: 0,
          mr_address: new Uint8Array(8),
        };
        process.setOption(fd, socketOptions.packetAddMembership, membership);
      }
      return new PacketSocket(process, fd);
    });
  }

  /** A frame as it is, or with an address to a payload. */
  async send(data: ArrayBufferView, address?: PacketAddress, options?: WaitOptions): Promise<void> {
    if (address === undefined) await this.process.sendAsync(this.fd, data, 0, options);
    else await this.process.sendtoAsync(this.fd, data, 0, address, options);
  }

  /** The next datagram, when it comes. */
  async receive(options?: WaitOptions): Promise<Packet> {
    const { source, ...rest } = await this.receiveMessage(options);
    return { ...rest, source: source?.family === AF_PACKET ? source : undefined };
  }

  /** Counts since they were read last. */
  takeStatistics(): { readonly packets: number; readonly drops: number } {
    const { tp_packets, tp_drops } = this.getOption(socketOptions.packetStatistics);
    return { packets: tp_packets, drops: tp_drops };
  }

  /** Datagrams as they come, until it is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Packet, void, void> {
    return untilClosed(this, () => this.receive());
  }
}
