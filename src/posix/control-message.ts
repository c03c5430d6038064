// SPDX-License-Identifier: GPL-2.0-only
/**
 * Control messages of sendmsg and recvmsg: the typed ones that networking has, and any other as bytes. The one
 * place that knows their layout, which is the data model’s.
 */
import {
  IP_PKTINFO,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVERR,
  IPV6_TCLASS,
} from './constants/ip.js';
import {
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  SO_TIMESTAMP_NEW,
  SO_TIMESTAMPING_NEW,
  SO_TIMESTAMPNS_NEW,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_UDP,
} from './constants/socket.js';
import { UDP_GRO, UDP_SEGMENT } from './constants/ip.js';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-address.js';
import { readSocketAddress, type SocketAddress } from './socket-address.js';
import type { DataModel } from './struct/data-model.js';
import type { StructType } from './struct/layout.js';
import { timespec } from './struct/files.js';
import {
  cmsghdr,
  in6_pktinfo,
  in_pktinfo,
  scm_timestamping64,
  sock_extended_err,
  sock_timeval,
  ucred,
} from './struct/socket.js';

/** A point in time of Linux’s, in seconds and nanoseconds: struct timespec. */
export interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}
/** Ancillary data of a message: cmsg(3). */
export type ControlMessage =
  | { readonly type: 'rights'; readonly fds: readonly number[] }
  | {
      readonly type: 'credentials';
      readonly pid: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'packetInfo';
      readonly interfaceIndex: number;
      readonly address: string;
      readonly sourceAddress?: string;
    }
  | {
      readonly type: 'timeToLive' | 'typeOfService';
      readonly version: 4 | 6;
      readonly value: number;
    }
  | { readonly type: 'timestamp'; readonly time: Time }
  | { readonly type: 'timestamping'; readonly software: Time; readonly hardware: Time }
  | { readonly type: 'segmentSize'; readonly bytes: number }
  | ({ readonly type: 'error' } & ExtendedError)
  | {
      readonly type: 'raw';
      readonly level: number;
      readonly kind: number;
      readonly data: Uint8Array;
    };

/** An entry of a socket’s error queue. */
export interface ExtendedError {
  /** Positive. */
  readonly errno: number;
  /** `SO_EE_ORIGIN_*`. */
  readonly origin: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly info: number;
  readonly data: number;
  /** Who sent the ICMP message. */
  readonly offender: SocketAddress | undefined;
}

interface Raw {
  readonly level: number;
  readonly kind: number;
  readonly data: Uint8Array;
}

const alignTo = (length: number, word: number): number => Math.ceil(length / word) * word;

/** The bytes of `msg_control`. */
export function encodeControl(messages: readonly ControlMessage[], model: DataModel): Uint8Array {
  const header = alignTo(cmsghdr.sizeof(model), model.wordBytes);
  const raws = messages.map((message) => toRaw(message, model));
  const whole = new Uint8Array(
    raws.reduce((sum, { data }) => sum + header + alignTo(data.byteLength, model.wordBytes), 0),
  );
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const { level, kind, data } of raws) {
    cmsghdr.write(
      view,
      at,
      { cmsg_len: header + data.byteLength, cmsg_level: level, cmsg_type: kind },
      model,
    );
    whole.set(data, at + header);
    at += header + alignTo(data.byteLength, model.wordBytes);
  }
  return whole;
}

/** The messages in `msg_control`; one that is cut short ends them. */
export function decodeControl(control: Uint8Array, model: DataModel): readonly ControlMessage[] {
  const header = alignTo(cmsghdr.sizeof(model), model.wordBytes);
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  const messages: ControlMessage[] = [];
  for (let at = 0; at + header <= control.byteLength;) {
    const { cmsg_len, cmsg_level, cmsg_type } = cmsghdr.read(view, at, model);
    if (cmsg_len < header || at + cmsg_len > control.byteLength) break;
    const data = control.slice(at + header, at + cmsg_len);
    messages.push(fromRaw({ level: cmsg_level, kind: cmsg_type, data }, model));
    at += alignTo(cmsg_len, model.wordBytes);
  }
  return messages;
}

function toRaw(message: ControlMessage, model: DataModel): Raw {
  switch (message.type) {
    case 'raw':
      return message;
    case 'rights':
      return {
        level: SOL_SOCKET,
        kind: SCM_RIGHTS,
        data: new Uint8Array(Int32Array.from(message.fds).buffer),
      };
    case 'credentials':
      return { level: SOL_SOCKET, kind: SCM_CREDENTIALS, data: ucred.encode(message, model) };
    case 'packetInfo':
      return packetInfo(message, model);
    case 'timeToLive':
      return message.version === 4
        ? { level: SOL_IP, kind: IP_TTL, data: int32(message.value) }
        : { level: SOL_IPV6, kind: IPV6_HOPLIMIT, data: int32(message.value) };
    case 'typeOfService':
      return message.version === 4
        ? { level: SOL_IP, kind: IP_TOS, data: int32(message.value) }
        : { level: SOL_IPV6, kind: IPV6_TCLASS, data: int32(message.value) };
    case 'segmentSize':
      return {
        level: SOL_UDP,
        kind: UDP_SEGMENT,
        data: Uint8Array.of(message.bytes & 0xff, message.bytes >> 8),
      };
    case 'timestamp':
    case 'timestamping':
    case 'error':
      throw new TypeError(`a “${message.type}” control message is received, never sent`);
  }
}

function packetInfo(message: ControlMessage & { type: 'packetInfo' }, model: DataModel): Raw {
  const { interfaceIndex, address, sourceAddress } = message;
  if (address.includes(':')) {
    const data = in6_pktinfo.encode(
      { ipi6_addr: parseIpv6(address), ipi6_ifindex: interfaceIndex },
      model,
    );
    return { level: SOL_IPV6, kind: IPV6_PKTINFO, data };
  }
  const data = in_pktinfo.encode(
    {
      ipi_ifindex: interfaceIndex,
      ipi_spec_dst: parseIpv4(sourceAddress ?? address),
      ipi_addr: parseIpv4(address),
    },
    model,
  );
  return { level: SOL_IP, kind: IP_PKTINFO, data };
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** Structures that a message of this level and kind begins with. */
const wholeOf: readonly (readonly [level: number, kind: number, type: StructType<unknown>])[] = [
  [SOL_SOCKET, SCM_CREDENTIALS, ucred],
  [SOL_SOCKET, SO_TIMESTAMP_NEW, sock_timeval],
  [SOL_SOCKET, SO_TIMESTAMPNS_NEW, timespec],
  [SOL_SOCKET, SO_TIMESTAMPING_NEW, scm_timestamping64],
  [SOL_IP, IP_PKTINFO, in_pktinfo],
  [SOL_IP, IP_RECVERR, sock_extended_err],
  [SOL_IPV6, IPV6_PKTINFO, in6_pktinfo],
  [SOL_IPV6, IPV6_RECVERR, sock_extended_err],
];

/** Too little room cuts a message in the middle (MSG_CTRUNC): what is left of it stays bytes. */
function isCut({ level, kind, data }: Raw, model: DataModel): boolean {
  const whole = wholeOf.find((row) => row[0] === level && row[1] === kind);
  return whole === undefined ? data.byteLength === 0 : data.byteLength < whole[2].sizeof(model);
}

function fromRaw(raw: Raw, model: DataModel): ControlMessage {
  if (isCut(raw, model) && raw.kind !== SCM_RIGHTS) return { type: 'raw', ...raw };
  const { level, kind, data } = raw;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const number = (): number => (data.byteLength >= 4 ? view.getInt32(0, true) : (data[0] ?? 0));
  if (level === SOL_SOCKET) return fromSocketLevel(raw, view, model) ?? { type: 'raw', ...raw };
  if (level === SOL_IP) {
    if (kind === IP_PKTINFO) {
      const info = in_pktinfo.decode(data, model);
      return {
        type: 'packetInfo',
        interfaceIndex: info.ipi_ifindex,
        address: formatIpv4(info.ipi_addr),
        sourceAddress: formatIpv4(info.ipi_spec_dst),
      };
    }
    if (kind === IP_TTL) return { type: 'timeToLive', version: 4, value: number() };
    if (kind === IP_TOS) return { type: 'typeOfService', version: 4, value: number() };
    if (kind === IP_RECVERR) return { type: 'error', ...extendedError(data, view, model) };
  }
  if (level === SOL_IPV6) {
    if (kind === IPV6_PKTINFO) {
      const info = in6_pktinfo.decode(data, model);
      return {
        type: 'packetInfo',
        interfaceIndex: info.ipi6_ifindex,
        address: formatIpv6(info.ipi6_addr),
      };
    }
    if (kind === IPV6_HOPLIMIT) return { type: 'timeToLive', version: 6, value: number() };
    if (kind === IPV6_TCLASS) return { type: 'typeOfService', version: 6, value: number() };
    if (kind === IPV6_RECVERR) return { type: 'error', ...extendedError(data, view, model) };
  }
  if (level === SOL_UDP && kind === UDP_GRO) return { type: 'segmentSize', bytes: number() };
  return { type: 'raw', ...raw };
}

function fromSocketLevel(
  { kind, data }: Raw,
  view: DataView,
  model: DataModel,
): ControlMessage | undefined {
  switch (kind) {
    case SCM_RIGHTS: {
      const fds = Array.from({ length: data.byteLength >> 2 }, (_, i) =>
        view.getInt32(4 * i, true),
      );
      return { type: 'rights', fds };
    }
    case SCM_CREDENTIALS:
      return { type: 'credentials', ...ucred.decode(data, model) };
    case SO_TIMESTAMP_NEW: {
      const { tv_sec, tv_usec } = sock_timeval.decode(data, model);
      return { type: 'timestamp', time: { seconds: tv_sec, nanoseconds: tv_usec * 1000 } };
    }
    case SO_TIMESTAMPNS_NEW:
      return { type: 'timestamp', time: toTime(timespec.decode(data, model)) };
    case SO_TIMESTAMPING_NEW: {
      const { ts } = scm_timestamping64.decode(data, model);
      return { type: 'timestamping', software: toTime(ts[0]!), hardware: toTime(ts[2]!) };
    }
    default:
      return undefined;
  }
}

function toTime({ tv_sec, tv_nsec }: { readonly tv_sec: number; readonly tv_nsec: number }): Time {
  return { seconds: tv_sec, nanoseconds: tv_nsec };
}

function extendedError(data: Uint8Array, view: DataView, model: DataModel): ExtendedError {
  const fixed = sock_extended_err.decode(data, model);
  const headerBytes = sock_extended_err.sizeof(model);
  const offender = readSocketAddress(view, headerBytes, data.byteLength - headerBytes);
  return {
    errno: fixed.ee_errno,
    origin: fixed.ee_origin,
    icmpType: fixed.ee_type,
    icmpCode: fixed.ee_code,
    info: fixed.ee_info,
    data: fixed.ee_data,
    offender: offender?.family === 0 ? undefined : offender,
  };
}
