// SPDX-License-Identifier: GPL-2.0-only
/**
 * The typed client of inet_diag: what ss(8) shows. It asks the kernel for its TCP connections and takes what
 * TCP_INFO says of each, for sockets of every process. Asking changes nothing that a connection does.
 */
import { IPPROTO_TCP } from '../constants/ip.js';
import { AF_INET, AF_INET6 } from '../constants/socket.js';
import { formatIp } from '../ip-address.js';
import { lp64 } from '../struct/data-model.js';
import { inet_diag_msg, inet_diag_req_v2, tcp_bbr_info } from '../struct/netlink.js';
import { tcp_info } from '../struct/socket.js';
import { policy, structure, text } from './attributes.js';
import type { NetlinkClient } from './client.js';
import {
  INET_DIAG_BBRINFO,
  INET_DIAG_CONG,
  INET_DIAG_INFO,
  INET_DIAG_NOCOOKIE,
  INET_DIAG_VEGASINFO,
  SOCK_DIAG_BY_FAMILY,
} from './constants/diag.js';

/** The states of TCP that a socket can be in (net/tcp_states.h), by name. */
export const tcpStates = {
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
  /** A request that a listener has not made a socket of yet. */
  newSynReceived: 12,
} as const;
/** A state of a TCP connection, by Linux’s names (include/net/tcp_states.h). */
export type TcpState = keyof typeof tcpStates;

const stateNames = new Map<number, TcpState>(
  Object.entries(tcpStates).map(([name, number]) => [number, name as TcpState]),
);

const socketPolicy = policy({
  info: [INET_DIAG_INFO, structure(tcp_info)],
  congestionControl: [INET_DIAG_CONG, text],
  bbr: [INET_DIAG_BBRINFO, structure(tcp_bbr_info)],
});
type SocketAttributes = ReturnType<typeof socketPolicy.decode>;

/** A TCP socket as the kernel tells of it. */
export interface TcpSocketEntry {
  readonly family: 'IPv4' | 'IPv6';
  readonly state: TcpState;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Unique among a host's sockets while it is up. */
  readonly cookie: bigint;
  readonly receiveQueueBytes: number;
  readonly sendQueueBytes: number;
  /** Not of requests and of sockets in TIME-WAIT. */
  readonly info?: SocketAttributes['info'];
  readonly congestionControl?: string;
  /** What BBR estimates, for sockets that use it. */
  readonly bbr?: SocketAttributes['bbr'];
}

/** All but listeners, requests and what is in TIME-WAIT. */
const connectionStates = (Object.keys(tcpStates) as TcpState[]).filter(
  (state) => !['listen', 'timeWait', 'newSynReceived', 'close'].includes(state),
);

/** Which connections. */
export interface TcpSocketQuery {
  /** Both by default. */
  readonly families?: readonly ('IPv4' | 'IPv6')[];
  /** Connections by default. */
  readonly states?: readonly TcpState[];
}

/** The typed client of inet_diag: what ss(8) shows of TCP connections. */
export class SocketDiag {
  readonly #client: NetlinkClient;

  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  /** The TCP sockets of the network namespace, IPv4 first, each in the order of the kernel's tables. */
  tcp(query: TcpSocketQuery = {}): readonly TcpSocketEntry[] {
    const { families = ['IPv4', 'IPv6'], states = connectionStates } = query;
    return families.flatMap((family) =>
      this.#client
        .dump('SOCK_DIAG_BY_FAMILY', SOCK_DIAG_BY_FAMILY, encodeRequest(family, states))
        .map(({ payload }) => decodeTcpSocket(payload)),
    );
  }
}

/** Extensions that are asked for, a bit each. */
const extensions =
  (1 << (INET_DIAG_INFO - 1)) | (1 << (INET_DIAG_CONG - 1)) | (1 << (INET_DIAG_VEGASINFO - 1));

function encodeRequest(family: 'IPv4' | 'IPv6', states: readonly TcpState[]): Uint8Array {
  return inet_diag_req_v2.encode(
    {
      sdiag_family: family === 'IPv4' ? AF_INET : AF_INET6,
      sdiag_protocol: IPPROTO_TCP,
      idiag_ext: extensions,
      pad: 0,
      idiag_states: states.reduce((mask, state) => mask | (1 << tcpStates[state]), 0),
      id: {
        idiag_sport: 0,
        idiag_dport: 0,
        idiag_src: new Uint8Array(16),
        idiag_dst: new Uint8Array(16),
        idiag_if: 0,
        idiag_cookie: [INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE],
      },
    },
    lp64,
  );
}

export function decodeTcpSocket(payload: Uint8Array): TcpSocketEntry {
  const message = inet_diag_msg.decode(payload, lp64);
  const { id, idiag_family: family } = message;
  const addressBytes = family === AF_INET ? 4 : 16;
  const [low, high] = id.idiag_cookie;
  const { info, congestionControl, bbr } = socketPolicy.decode(
    payload.subarray(inet_diag_msg.sizeof(lp64)),
  );
  return {
    family: family === AF_INET ? 'IPv4' : 'IPv6',
    state: stateNames.get(message.idiag_state) ?? 'close',
    localAddress: formatIp(id.idiag_src.subarray(0, addressBytes)),
    localPort: id.idiag_sport,
    remoteAddress: formatIp(id.idiag_dst.subarray(0, addressBytes)),
    remotePort: id.idiag_dport,
    cookie: (BigInt(high!) << 32n) | BigInt(low!),
    receiveQueueBytes: message.idiag_rqueue,
    sendQueueBytes: message.idiag_wqueue,
    ...(info !== undefined && { info }),
    ...(congestionControl !== undefined && { congestionControl }),
    ...(bbr !== undefined && { bbr }),
  };
}
