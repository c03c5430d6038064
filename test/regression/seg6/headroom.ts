// SPDX-License-Identifier: GPL-2.0-only

/**
 * A router that is the last segment of one path (RFC 8754) and begins another: what comes out of a segment routing
 * header goes on behind a new one.
 */
import type { Kernel } from '../../../src/kernel/index.js';
import { netlink, parseIp } from '../../../src/posix/index.js';
import { FrameHost } from '../../fuzz/frames/host.js';

const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
const neighbourMac = Uint8Array.of(2, 0, 0, 0, 0, 2);
const router = '2001:db8::1';
const neighbour = '2001:db8::2';
const beyond = '2001:db8:1::1';
const LWTUNNEL_ENCAP_SEG6 = 5;
const encapsulate = 1;
/** By then its address is the router's, and the multicast groups have been told. */
const settledNs = 10e9;
const ethernetBytes = 14;
const ipv6Bytes = 40;
/** The buffers of packets this short are kmalloc()ed, and begin at multiples of their size. */
const bufferBytes = 1024;

/** Whether a header of the second packet's is found in two buffers at once. */
export function writesBeforeBuffer(kernel: Kernel): boolean {
  const host = new FrameHost(kernel, { name: 'router', seed: 1, macs: [mac] });
  const { posix } = host;
  const { route } = posix;
  for (const scope of ['all', 'eth0']) {
    posix.sysctl(`net.ipv6.conf.${scope}.seg6_enabled`, 1);
    posix.sysctl(`net.ipv6.conf.${scope}.forwarding`, 1);
  }
  route.links.change('eth0', { up: true });
  route.addresses.add('eth0', {
    address: `${router}/64`,
    flags: netlink.constants.IFA_F_NODAD,
  });
  const hardwareAddress = [...neighbourMac].map((byte) => `0${byte}`).join(':');
  route.neighbours.replace('eth0', { address: neighbour, hardwareAddress });
  const header = Uint8Array.of(encapsulate, 0, 0, 0, ...segmentHeader([neighbour, neighbour], 1));
  route.routes.add({
    destination: `${beyond}/128`,
    gateway: neighbour,
    encapsulationType: LWTUNNEL_ENCAP_SEG6,
    encapsulation: netlink.policy({ header: [1, netlink.binary] }).encode({ header }),
  });
  host.pass(settledNs);
  // The first one finds out where the new path begins; the second one knows.
  passOn(host);
  return passOn(host);
}

/** Hands the router a packet in a packet; says whether what is outside of the inner one was copied across buffers. */
function passOn(host: FrameHost): boolean {
  const nic = host.nics[0]!;
  const outer = segmentHeader([router, router], 0, 41);
  const frame = Uint8Array.of(
    ...[...mac, ...neighbourMac, 0x86, 0xdd],
    ...ipv6(43, neighbour, router, [...outer, ...ipv6(59, neighbour, beyond, [])]),
  );
  const sent = host.sentCount;
  host.receive(nic, frame);
  host.settle();
  if (host.sentCount === sent) throw new Error('the router has passed nothing on');
  const headerBytes = ethernetBytes + ipv6Bytes + outer.length;
  const header = frame.subarray(0, headerBytes);
  return copies(host.kernel.memory.bytes, header).some(
    (at) => Math.floor(at / bufferBytes) !== Math.floor((at + headerBytes - 1) / bufferBytes),
  );
}

/** Where all copies of some bytes begin. */
function copies(memory: Uint8Array, bytes: Uint8Array): number[] {
  const buffer = Buffer.from(memory.buffer);
  const found: number[] = [];
  for (let at = buffer.indexOf(bytes); at >= 0; at = buffer.indexOf(bytes, at + 1)) found.push(at);
  return found;
}

function ipv6(next: number, source: string, destination: string, payload: number[]): number[] {
  const length = [payload.length >>> 8, payload.length & 0xff];
  const addresses = [...parseIp(source), ...parseIp(destination)];
  return [0x60, 0, 0, 0, ...length, next, 64, ...addresses, ...payload];
}

/** The last segment first. */
function segmentHeader(segments: readonly string[], left: number, next = 0): number[] {
  const last = segments.length - 1;
  const addresses = [...segments].reverse().flatMap((segment) => [...parseIp(segment)]);
  return [next, 2 * segments.length, 4, left, last, 0, 0, 0, ...addresses];
}
