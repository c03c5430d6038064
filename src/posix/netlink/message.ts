// SPDX-License-Identifier: GPL-2.0-only
/**
 * Netlink messages: the header, its payload, and acknowledgements with the kernel’s own words (extended ACK).
 * Whoever sends or receives netlink uses it; it never touches a socket.
 */
import { SystemError } from '../errno.js';
import { lp64 } from '../struct/data-model.js';
import { nlmsgerr, nlmsghdr } from '../struct/netlink.js';
import { nested, policy, text, u32, binary, type PolicyValue } from './attributes.js';
import { ByteWriter } from './byte-writer.js';
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_COOKIE,
  NLMSGERR_ATTR_MISS_NEST,
  NLMSGERR_ATTR_MISS_TYPE,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  NLMSGERR_ATTR_POLICY,
  NL_POLICY_TYPE_ATTR_BITFIELD32_MASK,
  NL_POLICY_TYPE_ATTR_MASK,
  NL_POLICY_TYPE_ATTR_MAX_LENGTH,
  NL_POLICY_TYPE_ATTR_MAX_VALUE_S,
  NL_POLICY_TYPE_ATTR_MAX_VALUE_U,
  NL_POLICY_TYPE_ATTR_MIN_LENGTH,
  NL_POLICY_TYPE_ATTR_MIN_VALUE_S,
  NL_POLICY_TYPE_ATTR_MIN_VALUE_U,
  NL_POLICY_TYPE_ATTR_POLICY_IDX,
  NL_POLICY_TYPE_ATTR_TYPE,
} from './constants/message.js';
import { s64Number, u64Number } from './attributes.js';

const headerBytes = 16;

/** A message: struct nlmsghdr and what follows it. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** What follows the header; a view of the bytes that were parsed. */
  readonly payload: Uint8Array;
}

/** One message; `parts` are the family’s header and its attributes, each padded to four bytes. */
export function encodeMessage(
  header: {
    readonly type: number;
    readonly flags: number;
    readonly sequence: number;
    readonly portId?: number;
  },
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const writer = new ByteWriter();
  const { type, flags, sequence, portId } = header;
  writer.bytes(
    nlmsghdr.encode(
      {
        nlmsg_len: 0,
        nlmsg_type: type,
        nlmsg_flags: flags,
        nlmsg_seq: sequence,
        nlmsg_pid: portId ?? 0,
      },
      lp64,
    ),
  );
  for (const part of parts) {
    writer.align(4);
    writer.bytes(part);
  }
  writer.setU32(0, writer.length);
  return writer.finish();
}

/** The messages of a datagram. A length that cannot be is an error: the rest would be misread. */
export function parseMessages(datagram: Uint8Array): readonly NetlinkMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + headerBytes <= datagram.byteLength;) {
    const header = nlmsghdr.read(view, at, lp64);
    const end = at + header.nlmsg_len;
    if (header.nlmsg_len < headerBytes || end > datagram.byteLength) {
      throw new RangeError(
        `a netlink message of ${header.nlmsg_len} bytes in ${datagram.byteLength - at}`,
      );
    }
    messages.push({
      type: header.nlmsg_type,
      flags: header.nlmsg_flags,
      sequence: header.nlmsg_seq,
      portId: header.nlmsg_pid,
      payload: datagram.subarray(at + headerBytes, end),
    });
    at = (end + 3) & ~3;
  }
  return messages;
}

const attributePolicy = policy({
  type: [NL_POLICY_TYPE_ATTR_TYPE, u32],
  minimumSigned: [NL_POLICY_TYPE_ATTR_MIN_VALUE_S, s64Number],
  maximumSigned: [NL_POLICY_TYPE_ATTR_MAX_VALUE_S, s64Number],
  minimum: [NL_POLICY_TYPE_ATTR_MIN_VALUE_U, u64Number],
  maximum: [NL_POLICY_TYPE_ATTR_MAX_VALUE_U, u64Number],
  minimumLength: [NL_POLICY_TYPE_ATTR_MIN_LENGTH, u32],
  maximumLength: [NL_POLICY_TYPE_ATTR_MAX_LENGTH, u32],
  policyIndex: [NL_POLICY_TYPE_ATTR_POLICY_IDX, u32],
  bitfieldMask: [NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, u32],
  mask: [NL_POLICY_TYPE_ATTR_MASK, u64Number],
});
const ackPolicy = policy({
  message: [NLMSGERR_ATTR_MSG, text],
  /** Where in the request the attribute at fault begins. */
  offset: [NLMSGERR_ATTR_OFFS, u32],
  cookie: [NLMSGERR_ATTR_COOKIE, binary],
  /** What the attribute at fault should have been. */
  policy: [NLMSGERR_ATTR_POLICY, nested(attributePolicy)],
  missingType: [NLMSGERR_ATTR_MISS_TYPE, u32],
  missingNest: [NLMSGERR_ATTR_MISS_NEST, u32],
});
/** What the kernel says beyond errno. */
export type ExtendedAck = PolicyValue<typeof ackPolicy>;

/** The kernel’s answer to a request: struct nlmsgerr, 0 for success. */
export interface Acknowledgement {
  /** 0 or a negative errno. */
  readonly error: number;
  readonly extended: ExtendedAck;
}

/** Of an NLMSG_ERROR or NLMSG_DONE; undefined for any other message. */
export function parseAcknowledgement(message: NetlinkMessage): Acknowledgement | undefined {
  const { type, flags, payload } = message;
  if (type !== NLMSG_ERROR && type !== NLMSG_DONE) return undefined;
  if (payload.byteLength < 4) return { error: 0, extended: {} };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const error = view.getInt32(0, true);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { error, extended: {} };
  let start = 4;
  if (type === NLMSG_ERROR) {
    const request = nlmsgerr.decode(payload, lp64).msg;
    // An error repeats the request unless it is capped; success never does.
    const repeated =
      (flags & NLM_F_CAPPED) === 0 && error !== 0 ? request.nlmsg_len - headerBytes : 0;
    start = (nlmsgerr.sizeof(lp64) + repeated + 3) & ~3;
  }
  return { error, extended: ackPolicy.decode(payload.subarray(start)) };
}

/** A request that the kernel refused, with its own words where it has any. */
export class NetlinkError extends SystemError {
  override readonly name: string = 'NetlinkError';
  readonly extended: ExtendedAck;

  constructor({ error, extended }: Acknowledgement, request: string) {
    const where =
      extended.missingType === undefined
        ? undefined
        : `attribute ${extended.missingType} is missing`;
    super(error, request, { detail: extended.message ?? where });
    this.extended = extended;
  }
}
