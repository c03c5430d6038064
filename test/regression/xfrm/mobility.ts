// SPDX-License-Identifier: GPL-2.0-only

/**
 * A correspondent node of Mobile IPv6 (RFC 6275) on one host: a destination-options state for a home address, a
 * policy for Mobility Header messages, and a Binding Update that a mobile node would send.
 */
import { addToSum, fold, writeU16 } from '../../../src/link/checksum.js';
import { AF_INET6, parseIp, SOCK_RAW, type Process } from '../../../src/posix/index.js';
import {
  wildcardReceive,
  xfrmAttribute,
  xfrmAttributes,
  XfrmClient,
  xfrmDirections,
  xfrmModes,
} from '../../helpers/xfrm.js';

export const correspondent = '2001:db8::1';
export const careOf = '2001:db8::c';
export const home = '2001:db8::f';

const protocols = { destinationOptions: 60, mobility: 135, none: 59, raw: 255 } as const;
/** The Mobility Header type of a Binding Update. */
export const bindingUpdate = 5;

/** The state and the policy; `type` undefined: for every Mobility Header message. */
export function expectBindings(process: Process, type: number | undefined): void {
  using client = new XfrmClient(process);
  const transformation = {
    protocol: protocols.destinationOptions,
    mode: xfrmModes.routeOptimization,
  };
  client.addState({
    ...transformation,
    source: home,
    destination: correspondent,
    flags: wildcardReceive,
    attributes: [xfrmAttribute(xfrmAttributes.careOfAddress, parseIp(careOf))],
  });
  client.addPolicy({
    ...transformation,
    family: AF_INET6,
    direction: xfrmDirections.in,
    selector: {
      destination: correspondent,
      protocol: protocols.mobility,
      ...(type === undefined ? {} : { sourcePort: type }),
    },
  });
}

/** An IPv6 packet: a Binding Update from the care-of address with the Home Address option. */
function bindingUpdatePacket(): Uint8Array {
  const headerBytes = 40;
  const optionsBytes = 24;
  const updateBytes = 16;
  const packet = new Uint8Array(headerBytes + optionsBytes + updateBytes);
  packet[0] = 0x60;
  writeU16(packet, 4, optionsBytes + updateBytes);
  packet.set([protocols.destinationOptions, 64], 6);
  packet.set(parseIp(careOf), 8);
  packet.set(parseIp(correspondent), 24);
  // Destination options: four bytes of padding bring the home address to where RFC 6275 6.3 wants it.
  const options = [protocols.mobility, optionsBytes / 8 - 1, 1, 2, 0, 0, 201, 16];
  packet.set(options, headerBytes);
  packet.set(parseIp(home), headerBytes + options.length);
  const at = headerBytes + optionsBytes;
  packet.set([protocols.none, updateBytes / 8 - 1, bindingUpdate], at);
  // Sequence 1, acknowledgement wanted, a lifetime of 10 units of 4 s; padded to 8 bytes.
  packet.set([0, 1, 0x80, 0, 0, 10, 1, 2], at + 6);
  let sum = addToSum(0, parseIp(home), 0, 16);
  sum = addToSum(sum, parseIp(correspondent), 0, 16) + updateBytes + protocols.mobility;
  writeU16(packet, at + 4, ~fold(addToSum(sum, packet, at, at + updateBytes)));
  return packet;
}

/** Sends the update to this host, and says whether a Mobility Header socket reads it. */
export function receivesBindingUpdate(process: Process): boolean {
  const receiver = process.socket(AF_INET6, SOCK_RAW, protocols.mobility);
  const sender = process.socket(AF_INET6, SOCK_RAW, protocols.raw);
  const to = { family: AF_INET6, address: correspondent, port: 0 } as const;
  process.sendto(sender, bindingUpdatePacket(), 0, to);
  try {
    return process.recv(receiver, new Uint8Array(64), dontWait) === 16;
  } catch {
    return false;
  } finally {
    process.close(sender);
    process.close(receiver);
  }
}

const dontWait = 0x40;
