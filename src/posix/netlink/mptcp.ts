// SPDX-License-Identifier: GPL-2.0-only
/** The in-kernel path manager of Multipath TCP: what `ip mptcp` does. */
import { ipVersion } from '../ip-address.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { ip, nested, policy, u16, u32, u8, type PolicyValue } from './attributes.js';
import type { NetlinkClient } from './client.js';
import * as C from './constants/mptcp.js';
import { GenericFamily } from './generic.js';

const addressPolicy = policy({
  family: [C.MPTCP_PM_ADDR_ATTR_FAMILY, u16],
  id: [C.MPTCP_PM_ADDR_ATTR_ID, u8],
  address4: [C.MPTCP_PM_ADDR_ATTR_ADDR4, ip],
  address6: [C.MPTCP_PM_ADDR_ATTR_ADDR6, ip],
  port: [C.MPTCP_PM_ADDR_ATTR_PORT, u16],
  flags: [C.MPTCP_PM_ADDR_ATTR_FLAGS, u32],
  interfaceIndex: [C.MPTCP_PM_ADDR_ATTR_IF_IDX, u32],
});
const endpointPolicy = policy({ endpoint: [C.MPTCP_PM_ATTR_ADDR, nested(addressPolicy)] });
const limitsPolicy = policy({
  announcementsAccepted: [C.MPTCP_PM_ATTR_RCV_ADD_ADDRS, u32],
  subflows: [C.MPTCP_PM_ATTR_SUBFLOWS, u32],
});

/** What an address of this host is for. */
export interface MptcpEndpointSettings {
  readonly address: string;
  /** 1 to 255; the kernel picks one. */
  readonly id?: number;
  /** Told to the peer, which may connect to it. */
  readonly signal?: boolean;
  /** A connection gets a subflow from it. */
  readonly subflow?: boolean;
  /** Used when no other path is left. */
  readonly backup?: boolean;
  /** Subflows to each of the peer’s addresses. */
  readonly fullMesh?: boolean;
  /** Of the interface that its subflows leave by. */
  readonly interfaceIndex?: number;
}

/** An address that Multipath TCP uses or announces: `ip mptcp endpoint`. */
export interface MptcpEndpoint extends Required<Omit<MptcpEndpointSettings, 'interfaceIndex'>> {
  readonly interfaceIndex?: number;
}

/** How many subflows and announced addresses a connection takes: `ip mptcp limits`. */
export interface MptcpLimits {
  /** Addresses of a peer that a connection makes subflows to. */
  readonly announcementsAccepted: number;
  /** Subflows of a connection beside its first. */
  readonly subflows: number;
}

/** The in-kernel path manager of Multipath TCP: what `ip mptcp` does. */
export class MptcpPathManager {
  readonly #family: GenericFamily;

  /** `client` is of NETLINK_GENERIC. */
  constructor(client: NetlinkClient) {
    this.#family = new GenericFamily(client, 'mptcp_pm', C.MPTCP_PM_VER);
  }

  /** `ip mptcp endpoint add`. */
  addEndpoint(settings: MptcpEndpointSettings): void {
    const { address, id, interfaceIndex } = settings;
    const isIpv6 = ipVersion(address) === 6;
    const endpoint = {
      family: isIpv6 ? AF_INET6 : AF_INET,
      ...(isIpv6 ? { address6: address } : { address4: address }),
      id,
      flags: flagsOf(settings),
      interfaceIndex,
    };
    const attributes = endpointPolicy.encode({ endpoint });
    this.#family.request('MPTCP_PM_CMD_ADD_ADDR', C.MPTCP_PM_CMD_ADD_ADDR, attributes);
  }

  /** `ip mptcp endpoint delete`. */
  removeEndpoint(id: number): void {
    const attributes = endpointPolicy.encode({ endpoint: { id } });
    this.#family.request('MPTCP_PM_CMD_DEL_ADDR', C.MPTCP_PM_CMD_DEL_ADDR, attributes);
  }

  /** `ip mptcp endpoint show`. */
  endpoints(): readonly MptcpEndpoint[] {
    return this.#family
      .dump('MPTCP_PM_CMD_GET_ADDR', C.MPTCP_PM_CMD_GET_ADDR)
      .map((attributes) => toEndpoint(endpointPolicy.decode(attributes).endpoint ?? {}));
  }

  /** `ip mptcp limits set`. */
  setLimits(limits: Partial<MptcpLimits>): void {
    const attributes = limitsPolicy.encode({ ...this.limits(), ...limits });
    this.#family.request('MPTCP_PM_CMD_SET_LIMITS', C.MPTCP_PM_CMD_SET_LIMITS, attributes);
  }

  /** `ip mptcp limits show`. */
  limits(): MptcpLimits {
    const [answer] = this.#family.request(
      'MPTCP_PM_CMD_GET_LIMITS',
      C.MPTCP_PM_CMD_GET_LIMITS,
      new Uint8Array(),
    );
    const { announcementsAccepted = 0, subflows = 0 } = limitsPolicy.decode(
      answer ?? new Uint8Array(),
    );
    return { announcementsAccepted, subflows };
  }
}

function flagsOf({ signal, subflow, backup, fullMesh }: MptcpEndpointSettings): number {
  return (
    (signal === true ? C.MPTCP_PM_ADDR_FLAG_SIGNAL : 0) |
    (subflow === true ? C.MPTCP_PM_ADDR_FLAG_SUBFLOW : 0) |
    (backup === true ? C.MPTCP_PM_ADDR_FLAG_BACKUP : 0) |
    (fullMesh === true ? C.MPTCP_PM_ADDR_FLAG_FULLMESH : 0)
  );
}

function toEndpoint(given: PolicyValue<typeof addressPolicy>): MptcpEndpoint {
  const { address4, address6, id = 0, flags = 0, interfaceIndex } = given;
  return {
    address: address4 ?? address6 ?? '',
    id,
    signal: (flags & C.MPTCP_PM_ADDR_FLAG_SIGNAL) !== 0,
    subflow: (flags & C.MPTCP_PM_ADDR_FLAG_SUBFLOW) !== 0,
    backup: (flags & C.MPTCP_PM_ADDR_FLAG_BACKUP) !== 0,
    fullMesh: (flags & C.MPTCP_PM_ADDR_FLAG_FULLMESH) !== 0,
    ...(interfaceIndex === undefined ? {} : { interfaceIndex }),
  };
}
