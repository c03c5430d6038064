// SPDX-License-Identifier: GPL-2.0-only

/** Where things are in an Ethernet frame. */
import { readU16 } from './checksum.js';

export const macBytes = 6;
export const etherTypeAt = 12;
export const etherHeaderBytes = 14;
export const vlanTagBytes = 4;
export const etherTypes = {
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
} as const;

export function isVlanType(etherType: number): boolean {
  return etherType === etherTypes.vlan || etherType === etherTypes.serviceVlan;
}

/** Behind the Ethernet header and all VLAN tags; the type of what is there stands just before it. */
export function networkHeaderAt(frame: Uint8Array): number {
  let typeAt = etherTypeAt;
  while (typeAt + 1 < frame.length && isVlanType(readU16(frame, typeAt))) typeAt += vlanTagBytes;
  return typeAt + 2;
}

/** Broadcast or multicast. Context: `at` is where an address begins. */
export function isGroupAddress(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 1) === 1;
}

/** 48 bits as a number. */
export function macNumber(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 8) | bytes[at + 1]!;
  const low =
    ((bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!) >>>
    0;
  return high * 2 ** 32 + low;
}
