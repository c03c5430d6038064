// SPDX-License-Identifier: GPL-2.0-only
/** What ping(8) does: an ICMP echo request from a raw socket of a process, and its reply. */
import { CLOCK_MONOTONIC } from '../constants/process.js';
import { POLLIN } from '../constants/poll.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { errno, SystemError } from '../errno.js';
import { ipVersion } from '../ip-address.js';
import type { WaitOptions } from '../process/blocking.js';
import type { Process } from '../process/process.js';
import { parseDurationNs } from '../../units.js';
import { RawSocket } from './datagram.js';

/** Of an echo request; see ping(8). */
export interface PingOptions extends WaitOptions {
  readonly version?: 4 | 6;
  readonly sequence?: number;
  /** Bytes behind the ICMP header: 56 by default. */
  readonly payloadBytes?: number;
  /** How long to wait for the reply: "10 s" by default; ETIMEDOUT then. */
  readonly timeout?: string | number;
}

/** The answer to an ICMP echo request. */
export interface EchoReply {
  readonly from: string;
  /** Of the ICMP message. */
  readonly bytes: number;
  readonly sequence: number;
  /** Hops left of those that it started with, where the socket shows it (IPv4). */
  readonly hopLimit: number | undefined;
  readonly roundTripNs: number;
}

const icmp4 = { family: AF_INET, version: 4, protocol: 1, request: 8, reply: 0 } as const;
const icmp6 = { family: AF_INET6, version: 6, protocol: 58, request: 128, reply: 129 } as const;
const headerBytes = 8;

/** Sends one echo request and waits for its reply. */
export async function ping(
  process: Process,
  address: string,
  options: PingOptions = {},
): Promise<EchoReply> {
  const { sequence = 1, payloadBytes = 56, timeout = '10 s', signal } = options;
  const kind = ipVersion(address) === 6 ? icmp6 : icmp4;
  const identifier = process.pid & 0xffff;
  using socket = RawSocket.open(process, { version: kind.version, protocol: kind.protocol });
  const startNs = nowNs(process);
  const deadlineNs = startNs + parseDurationNs(timeout, 'timeout');
  await socket.send(echoRequest(kind.request, identifier, sequence, payloadBytes), address, {
    signal,
  });
  const buffer = new Uint8Array(headerBytes + payloadBytes + 512);
  for (;;) {
    const { fd } = socket;
    const left = Math.max(0, deadlineNs - nowNs(process));
    const [ready] = await process.pollAsync([{ fd, events: POLLIN }], { timeoutNs: left, signal });
    if (!ready) throw new SystemError(errno.ETIMEDOUT, 'ping', { address });
    const { length, address: from } = await process.recvfromAsync(fd, buffer);
    const packet = buffer.subarray(0, length);
    // A raw IPv4 socket gives the IP header too.
    const header = kind === icmp4 ? (packet[0]! & 0x0f) * 4 : 0;
    if (length < header + headerBytes) continue;
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
      roundTripNs: nowNs(process) - startNs,
    };
  }
}

function nowNs(process: Process): number {
  const { seconds, nanoseconds } = process.clockGettime(CLOCK_MONOTONIC);
  return seconds * 1e9 + nanoseconds;
}

function echoRequest(
  type: number,
  identifier: number,
  sequence: number,
  payloadBytes: number,
): Uint8Array {
  const message = new Uint8Array(headerBytes + payloadBytes);
  const view = new DataView(message.buffer);
  message[0] = type;
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  for (let index = 0; index < payloadBytes; index++) message[headerBytes + index] = index;
  // ICMPv6's is Linux's work, since it covers the addresses; what stands here does not matter to it.
  view.setUint16(2, checksum(message));
  return message;
}

function checksum(message: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < message.length; at += 2) {
    sum += (message[at]! << 8) | (message[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
