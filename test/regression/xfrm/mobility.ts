// SPDX-License-Identifier: GPL-2.0-only

/**
 * A correspondent node of Mobile IPv6 (RFC 6275) on one host: a destination-options state for a home address, a
 * policy for Mobility Header messages, and a Binding Update that a mobile node would send.
 */
import { AF_INET6, netlink, parseIp, SOCK_RAW, type Process } from '../../../src/posix/index.js';
import { NetlinkSocket } from '../../../src/posix/index.js';
import { addToSum, fold, writeU16 } from '../../../src/link/checksum.js';

export const correspondent = '2001:db8::1';
export const careOf = '2001:db8::c';
export const home = '2001:db8::f';

const protocols = { destinationOptions: 60, mobility: 135, none: 59, raw: 255 } as const;
/** The Mobility Header type of a Binding Update. */
export const bindingUpdate = 5;

/** include/uapi/linux/xfrm.h */
const xfrm = {
  netlink: 6,
  newState: 0x10,
  newPolicy: 0x13,
  attributes: { template: 5, careOfAddress: 14 },
  modeRouteOptimization: 2,
  wildcardReceive: 8,
  directionIn: 0,
  unlimited: 0xffffffffffffffffn,
} as const;

/** Offsets of struct xfrm_usersa_info and xfrm_userpolicy_info, and what both begin with. */
const selector = { destination: 0, source: 16, sourcePort: 36, sourcePortMask: 38, family: 40 };
const selectorBytes = 56;

class Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  address(at: number, address: string): void {
    this.bytes.set(parseIp(address), at);
  }

  /** No limits on what the state or policy may carry: struct xfrm_lifetime_cfg. */
  unlimited(at: number): void {
    for (let limit = 0; limit < 4; limit++) {
      this.view.setBigUint64(at + 8 * limit, xfrm.unlimited, true);
    }
  }

  /** struct xfrm_selector: Mobility Header messages to the correspondent, of one type or of all. */
  selector(type: number | undefined): void {
    this.address(selector.destination, correspondent);
    if (type !== undefined) {
      this.view.setUint16(selector.sourcePort, type, false);
      this.view.setUint16(selector.sourcePortMask, 0xffff, false);
    }
    this.view.setUint16(selector.family, AF_INET6, true);
    this.view.setUint8(selector.family + 2, 128);
    this.view.setUint8(selector.family + 4, protocols.mobility);
  }
}

/** Lets messages from the home address come from the care-of address: what a binding is. */
function addState(socket: NetlinkSocket): void {
  const message = new Message(224);
  message.view.setUint16(selector.family, AF_INET6, true);
  message.address(selectorBytes, correspondent);
  message.view.setUint8(selectorBytes + 20, protocols.destinationOptions);
  message.address(80, home);
  message.unlimited(96);
  message.view.setUint16(212, AF_INET6, true);
  message.view.setUint8(214, xfrm.modeRouteOptimization);
  message.view.setUint8(216, xfrm.wildcardReceive);
  const careOfAddress = attribute(xfrm.attributes.careOfAddress, parseIp(careOf));
  socket.client.request('add state', xfrm.newState, createFlags, message.bytes, careOfAddress);
}

/** Lets in Mobility Header messages of one type, or of all, that came by such a state. */
function addPolicy(socket: NetlinkSocket, type: number | undefined): void {
  const message = new Message(168);
  message.selector(type);
  message.unlimited(selectorBytes);
  message.view.setUint8(160, xfrm.directionIn);
  const template = new Message(64);
  template.view.setUint8(20, protocols.destinationOptions);
  template.view.setUint16(24, AF_INET6, true);
  template.view.setUint8(48, xfrm.modeRouteOptimization);
  socket.client.request(
    'add policy',
    xfrm.newPolicy,
    createFlags,
    message.bytes,
    attribute(xfrm.attributes.template, template.bytes),
  );
}

const { NLM_F_CREATE, NLM_F_EXCL } = netlink.constants;
const createFlags = NLM_F_CREATE | NLM_F_EXCL;

function attribute(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint16(2, type, true);
  bytes.set(payload, 4);
  return bytes;
}

/** The state and the policy; `type` undefined: for every Mobility Header message. */
export function expectBindings(process: Process, type: number | undefined): void {
  using socket = NetlinkSocket.open(process, { protocol: xfrm.netlink });
  addState(socket);
  addPolicy(socket, type);
}

/** An IPv6 packet: a Binding Update from the care-of address with the Home Address option. */
function bindingUpdatePacket(): Uint8Array {
  const headerBytes = 40;
  const optionsBytes = 24;
  const updateBytes = 16;
  const packet = new Message(headerBytes + optionsBytes + updateBytes);
  packet.view.setUint8(0, 0x60);
  packet.view.setUint16(4, optionsBytes + updateBytes, false);
  packet.view.setUint8(6, protocols.destinationOptions);
  packet.view.setUint8(7, 64);
  packet.address(8, careOf);
  packet.address(24, correspondent);
  // Destination options: four bytes of padding bring the home address to where RFC 6275 6.3 wants it.
  const options = [protocols.mobility, optionsBytes / 8 - 1, 1, 2, 0, 0, 201, 16];
  packet.bytes.set(options, headerBytes);
  packet.address(headerBytes + options.length, home);
  const at = headerBytes + optionsBytes;
  packet.bytes.set([protocols.none, updateBytes / 8 - 1, bindingUpdate], at);
  // Sequence 1, acknowledgement wanted, a lifetime of 10 units of 4 s; padded to 8 bytes.
  packet.bytes.set([0, 1, 0x80, 0, 0, 10, 1, 2], at + 6);
  let sum = addToSum(0, parseIp(home), 0, 16);
  sum = addToSum(sum, parseIp(correspondent), 0, 16) + updateBytes + protocols.mobility;
  writeU16(packet.bytes, at + 4, ~fold(addToSum(sum, packet.bytes, at, at + updateBytes)));
  return packet.bytes;
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
