// SPDX-License-Identifier: GPL-2.0-only

/** States and policies of IPsec over netlink, as include/uapi/linux/xfrm.h lays them out; what tests need of it. */
import {
  AF_INET,
  AF_INET6,
  netlink,
  NetlinkSocket,
  parseIp,
  type Process,
} from '../../src/posix/index.js';

const { NLM_F_CREATE, NLM_F_EXCL } = netlink.constants;
const protocolNumber = 6;
const messages = { newState: 0x10, getState: 0x12, newPolicy: 0x13 } as const;
const unlimited = 0xffffffffffffffffn;

export const xfrmModes = { transport: 0, tunnel: 1, routeOptimization: 2 } as const;
export const xfrmDirections = { in: 0, out: 1, forward: 2 } as const;
export const xfrmAttributes = {
  authentication: 1,
  encryption: 2,
  compression: 3,
  encapsulation: 4,
  template: 5,
  careOfAddress: 14,
} as const;
/** Any source may use the state. */
export const wildcardReceive = 8;

export interface Selector {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly sourcePort?: number;
}

export interface State {
  readonly source: string;
  readonly destination: string;
  /** IPPROTO_ESP, IPPROTO_AH, IPPROTO_COMP, IPPROTO_DSTOPTS. */
  readonly protocol: number;
  readonly spi?: number;
  readonly mode: number;
  readonly flags?: number;
  readonly attributes?: readonly Uint8Array[];
}

export interface PolicySettings {
  readonly family: number;
  readonly direction: number;
  readonly selector: Selector;
  readonly protocol: number;
  readonly mode: number;
  /** What comes without the transformation is let in too. */
  readonly optional?: boolean;
}

class Message {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** struct xfrm_selector, at the start of every message. */
  selector(family: number, selector: Selector): void {
    const { source, destination, protocol = 0, sourcePort } = selector;
    const length = family === AF_INET6 ? 128 : 32;
    if (destination !== undefined) this.bytes.set(parseIp(destination), 0);
    if (source !== undefined) this.bytes.set(parseIp(source), 16);
    if (sourcePort !== undefined) {
      this.view.setUint16(36, sourcePort, false);
      this.view.setUint16(38, 0xffff, false);
    }
    this.view.setUint16(40, family, true);
    this.view.setUint8(42, destination === undefined ? 0 : length);
    this.view.setUint8(43, source === undefined ? 0 : length);
    this.view.setUint8(44, protocol);
  }

  /** struct xfrm_lifetime_cfg: no limits. */
  unlimited(at: number): void {
    for (let limit = 0; limit < 4; limit++) this.view.setBigUint64(at + 8 * limit, unlimited, true);
  }
}

const selectorBytes = 56;

export function xfrmAttribute(type: number, payload: Uint8Array): Uint8Array {
  const writer = new netlink.ByteWriter();
  netlink.writeAttribute(writer, type, netlink.binary, payload);
  return writer.finish();
}

/** struct xfrm_algo: an algorithm by its name in /proc/crypto, and its key. */
export function xfrmAlgorithm(type: number, name: string, key = new Uint8Array(0)): Uint8Array {
  const message = new Message(68 + key.length);
  message.bytes.set(new TextEncoder().encode(name));
  message.view.setUint32(64, key.length * 8, true);
  message.bytes.set(key, 68);
  return xfrmAttribute(type, message.bytes);
}

export class XfrmClient implements Disposable {
  readonly #socket: NetlinkSocket;

  constructor(process: Process) {
    this.#socket = NetlinkSocket.open(process, { protocol: protocolNumber });
  }

  addState(state: State): void {
    const family = state.destination.includes(':') ? AF_INET6 : AF_INET;
    const message = new Message(224);
    message.selector(family, {});
    message.bytes.set(parseIp(state.destination), selectorBytes);
    message.view.setUint32(selectorBytes + 16, state.spi ?? 0, false);
    message.view.setUint8(selectorBytes + 20, state.protocol);
    message.bytes.set(parseIp(state.source), 80);
    message.unlimited(96);
    message.view.setUint16(212, family, true);
    message.view.setUint8(214, state.mode);
    message.view.setUint8(216, state.flags ?? 0);
    this.#request('add state', messages.newState, message.bytes, ...(state.attributes ?? []));
  }

  addPolicy(policy: PolicySettings): void {
    const message = new Message(168);
    message.selector(policy.family, policy.selector);
    message.unlimited(selectorBytes);
    message.view.setUint8(160, policy.direction);
    const template = new Message(64);
    template.view.setUint8(20, policy.protocol);
    template.view.setUint16(24, policy.family, true);
    template.view.setUint8(48, policy.mode);
    template.view.setUint8(50, policy.optional === true ? 1 : 0);
    for (const at of [52, 56, 60]) template.view.setUint32(at, 0xffffffff, true);
    const attribute = xfrmAttribute(xfrmAttributes.template, template.bytes);
    this.#request('add policy', messages.newPolicy, message.bytes, attribute);
  }

  /** How many packets each state has passed, in the order of Linux's list. */
  statePackets(): readonly { readonly protocol: number; readonly packets: number }[] {
    // struct xfrm_usersa_info: its id is behind the selector, its lifetimes follow two addresses.
    return this.#socket.client.dump('get states', messages.getState).map(({ payload }) => {
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
      return {
        protocol: view.getUint8(selectorBytes + 20),
        packets: Number(view.getBigUint64(168, true)),
      };
    });
  }

  #request(what: string, type: number, ...parts: readonly Uint8Array[]): void {
    this.#socket.client.request(what, type, NLM_F_CREATE | NLM_F_EXCL, ...parts);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
