// SPDX-License-Identifier: GPL-2.0-only

/** ping(8) for the demonstration: echo requests from a raw socket of a simulated process, in virtual time. */
import type { SimulatedHost } from '../../dce/index.js';
import {
  AF_INET,
  AF_INET6,
  ipVersion,
  SOCK_RAW,
  type Process,
  type SocketAddress,
} from '../../posix/index.js';

export interface EchoReply {
  readonly from: string;
  readonly bytes: number;
  readonly sequence: number;
  /** Hops left of those that it started with, where the socket shows it (IPv4). */
  readonly hopLimit: number | undefined;
  readonly roundTripNs: number;
}

const icmp4 = { family: AF_INET, protocol: 1, request: 8, reply: 0 } as const;
const icmp6 = { family: AF_INET6, protocol: 58, request: 128, reply: 129 } as const;
const headerBytes = 8;
const payloadBytes = 56;

/** Sends one echo request and waits for its answer. */
export async function ping(
  host: SimulatedHost,
  process: Process,
  address: string,
  sequence: number,
): Promise<EchoReply> {
  const kind = ipVersion(address) === 4 ? icmp4 : icmp6;
  const identifier = process.getpid() & 0xffff;
  const socket = process.socket(kind.family, SOCK_RAW, kind.protocol);
  try {
    const startNs = host.kernel.nowNs;
    const request = echoRequest(kind.request, identifier, sequence);
    const destination: SocketAddress = { family: kind.family, address, port: 0 };
    await process.sendtoAsync(socket, request, 0, destination);
    const buffer = new Uint8Array(2048);
    for (;;) {
      const { length, address: from } = await process.recvfromAsync(socket, buffer);
      const packet = buffer.subarray(0, length);
      // A raw IPv4 socket gives the IP header too.
      const header = kind === icmp4 ? (packet[0]! & 0x0f) * 4 : 0;
      const message = new DataView(packet.buffer, header, length - header);
      const isOurs =
        message.getUint8(0) === kind.reply &&
        message.getUint16(4) === identifier &&
        message.getUint16(6) === sequence;
      if (!isOurs) continue;
      return {
        from: from && 'address' in from ? String(from.address) : address,
        bytes: message.byteLength,
        sequence,
        hopLimit: kind === icmp4 ? packet[8] : undefined,
        roundTripNs: host.kernel.nowNs - startNs,
      };
    }
  } finally {
    process.close(socket);
  }
}

function echoRequest(type: number, identifier: number, sequence: number): Uint8Array {
  const message = new Uint8Array(headerBytes + payloadBytes);
  const view = new DataView(message.buffer);
  message[0] = type;
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  for (let index = 0; index < payloadBytes; index++) message[headerBytes + index] = index;
  // ICMPv6's is Linux's work, since it covers the addresses; what stands here does not matter to it.
  view.setUint16(2, checksum(view));
  return message;
}

function checksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < view.byteLength; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
