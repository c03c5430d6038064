// SPDX-License-Identifier: GPL-2.0-only
/** Ids of network namespaces in rtnetlink’s form. */
import { rtgenmsg } from '../struct/netlink.js';
import { lp64 } from '../struct/data-model.js';
import { policy, s32, u32, type PolicyValue } from './attributes.js';
import {
  NETNSA_CURRENT_NSID,
  NETNSA_FD,
  NETNSA_NSID,
  NETNSA_PID,
  NETNSA_TARGET_NSID,
} from './constants/route.js';

const namespacePolicy = policy({
  id: [NETNSA_NSID, s32],
  pid: [NETNSA_PID, u32],
  fd: [NETNSA_FD, u32],
  targetId: [NETNSA_TARGET_NSID, s32],
  currentId: [NETNSA_CURRENT_NSID, s32],
});
/** A namespace by descriptor, by a process in it, or by its id in the asker’s. */
export type NamespaceSettings = PolicyValue<typeof namespacePolicy>;

export function decodeNamespace(payload: Uint8Array): NamespaceSettings {
  return namespacePolicy.decode(payload.subarray(4));
}

export function encodeNamespace(settings: NamespaceSettings): readonly Uint8Array[] {
  return [rtgenmsg.encode({ rtgen_family: 0 }, lp64), namespacePolicy.encode(settings)];
}
