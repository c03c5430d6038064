// SPDX-License-Identifier: GPL-2.0-only

/**
 * How a client without an address talks: whole IPv4 packets through a packet socket of the host, so that neither
 * routes nor addresses matter. A filter lets only DHCP through, for the socket sees all that the interface does.
 */
import { randomInt } from 'node:crypto';
import { parseIpv4 } from '../../../ip-address.js';
import { addToSum, fold } from '../../../link/index.js';
import {
  AF_PACKET,
  errno,
  isSystemError,
  PacketSocket,
  UdpSocket,
  type Process,
} from '../../../posix/index.js';
import { decodeMessage, encodeMessage, type ClientMessage, type ServerMessage } from './message.js';

const ETH_P_IP = 0x0800;
const IPPROTO_UDP = 17;
export const clientPort = 68;
const serverPort = 67;
const ipHeaderBytes = 20;
const udpHeaderBytes = 8;
const everyone = '255.255.255.255';
const broadcastMac = new Uint8Array(6).fill(0xff);

/** IPv4, UDP, to the client's port. */
const filter = [
  { code: 0x30, jt: 0, jf: 0, k: 9 },
  { code: 0x15, jt: 0, jf: 6, k: IPPROTO_UDP },
  { code: 0x28, jt: 0, jf: 0, k: 6 },
  { code: 0x45, jt: 4, jf: 0, k: 0x1fff },
  { code: 0xb1, jt: 0, jf: 0, k: 0 },
  { code: 0x48, jt: 0, jf: 0, k: 2 },
  { code: 0x15, jt: 0, jf: 1, k: clientPort },
  { code: 0x06, jt: 0, jf: 0, k: 0xffff },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
];

export interface ExchangeOptions {
  readonly process: Process;
  readonly interfaceIndex: number;
  readonly mac: Uint8Array;
  readonly signal: AbortSignal;
}

/** Without it all is broadcast; with it a client that has an address asks its server alone. */
export interface Unicast {
  readonly from: string;
  readonly to: string;
}

type Outgoing = Omit<ClientMessage, 'transaction' | 'mac' | 'seconds'>;

/** A transaction: what it sends has one number, and only answers to that are heard. */
export class Exchange implements Disposable {
  readonly #options: ExchangeOptions;
  readonly #transaction = randomInt(1, 2 ** 32 - 1);
  readonly #packets: PacketSocket;
  readonly #datagrams: UdpSocket | undefined;
  readonly #startNs: number;
  readonly #nowNs: () => number;

  constructor(options: ExchangeOptions, nowNs: () => number, unicast?: Unicast) {
    const { process, interfaceIndex } = options;
    this.#options = options;
    this.#nowNs = nowNs;
    this.#startNs = nowNs();
    this.#packets = PacketSocket.open(process, {
      interface: interfaceIndex,
      protocol: ETH_P_IP,
      header: false,
    });
    this.#packets.attachFilter(filter);
    if (!unicast) return;
    this.#datagrams = UdpSocket.open(process, { address: unicast.from, port: clientPort });
    this.#datagrams.connect({ address: unicast.to, port: serverPort });
  }

  [Symbol.dispose](): void {
    this.#packets.close();
    this.#datagrams?.close();
  }

  async send(message: Outgoing): Promise<void> {
    const { mac, interfaceIndex, signal } = this.#options;
    const seconds = Math.floor((this.#nowNs() - this.#startNs) / 1e9);
    const transaction = this.#transaction;
    const bytes = encodeMessage({ ...message, transaction, mac, seconds });
    if (this.#datagrams) {
      await this.#datagrams.send(bytes, undefined, { signal });
      return;
    }
    const target = {
      family: AF_PACKET,
      protocol: ETH_P_IP,
      interfaceIndex,
      address: broadcastMac,
    } as const;
    const packet = udpPacket(message.own ?? '0.0.0.0', everyone, bytes);
    await this.#packets.send(packet, target, { signal });
  }

  /** The next answer that `wanted` takes; undefined: none came in time. */
  async receive(
    timeoutNs: number,
    wanted: (message: ServerMessage) => boolean,
  ): Promise<ServerMessage | undefined> {
    const deadlineNs = this.#nowNs() + timeoutNs;
    const { process, signal } = this.#options;
    while (true) {
      const leftNs = deadlineNs - this.#nowNs();
      if (leftNs <= 0) return undefined;
      const entries = [{ fd: this.#packets.fd, events: 1 }];
      const [ready] = await process.pollAsync(entries, {
        timeoutNs: leftNs,
        signal,
      });
      if (ready === 0 || ready === undefined) return undefined;
      const message = await this.#next();
      if (message && wanted(message)) return message;
    }
  }

  async #next(): Promise<ServerMessage | undefined> {
    try {
      const { data } = await this.#packets.receive({ signal: this.#options.signal });
      const payload = udpPayload(data);
      const message = payload && decodeMessage(payload);
      const mine =
        message?.transaction === this.#transaction &&
        message.mac.every((byte, index) => byte === this.#options.mac[index]);
      return mine ? message : undefined;
    } catch (error) {
      // The interface went down meanwhile: that is silence.
      if (isSystemError(error) && error.errno === -errno.ENETDOWN) return undefined;
      throw error;
    }
  }
}

/** An IPv4 packet with a datagram between the ports of DHCP. */
export function udpPacket(from: string, to: string, payload: Uint8Array): Uint8Array {
  const udpBytes = udpHeaderBytes + payload.length;
  const packet = new Uint8Array(ipHeaderBytes + udpBytes);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  view.setUint8(8, 64);
  view.setUint8(9, IPPROTO_UDP);
  packet.set(parseIpv4(from), 12);
  packet.set(parseIpv4(to), 16);
  view.setUint16(10, ~fold(addToSum(0, packet, 0, ipHeaderBytes)));
  view.setUint16(ipHeaderBytes, clientPort);
  view.setUint16(ipHeaderBytes + 2, serverPort);
  view.setUint16(ipHeaderBytes + 4, udpBytes);
  packet.set(payload, ipHeaderBytes + udpHeaderBytes);
  // The pseudo header: both addresses, the protocol, the length.
  const pseudo = addToSum(IPPROTO_UDP + udpBytes, packet, 12, ipHeaderBytes);
  const sum = ~fold(addToSum(pseudo, packet, ipHeaderBytes, packet.length)) & 0xffff;
  view.setUint16(ipHeaderBytes + 6, sum === 0 ? 0xffff : sum);
  return packet;
}

/**
 * What is in an IPv4 packet with a datagram. Its checksum is not looked at: from a server on the same machine it is
 * not there yet.
 */
export function udpPayload(packet: Uint8Array): Uint8Array | undefined {
  const at = (packet[0] ?? 0) & 0x0f;
  const start = at * 4;
  if (packet.length < start + udpHeaderBytes || start < ipHeaderBytes) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const end = Math.min(packet.length, start + view.getUint16(start + 4));
  return packet.subarray(start + udpHeaderBytes, end);
}
