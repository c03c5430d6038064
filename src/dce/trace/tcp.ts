// SPDX-License-Identifier: GPL-2.0-only

/** Samples of TCP connections: what inet_diag tells of them, with units. */
import { netlink, type PosixHost } from '../../posix/index.js';
import {
  number,
  oneOf,
  optionalNumber,
  type Sample,
  type Schema,
  type SeriesSubject,
} from './series.js';

const { tcpStates } = netlink;
type TcpSocketEntry = netlink.TcpSocketEntry;

/** What congestion control is at, as Linux calls it (`tcp_ca_state`). */
export type CongestionState = (typeof congestionStates)[number];
const congestionStates = ['open', 'disorder', 'cwr', 'recovery', 'loss'] as const;

/** A connection, seen from one end. Segments are of the connection's own size. */
export interface TcpSample extends Sample {
  readonly state: netlink.TcpState;
  readonly congestionState: CongestionState;
  /** cwnd */
  readonly congestionWindowSegments: number;
  /** ssthresh; Infinity until a loss. */
  readonly slowStartThresholdSegments: number;
  /** srtt; 0 until there is a sample. */
  readonly smoothedRttUs: number;
  readonly rttVariationUs: number;
  /** The least of late; undefined until there is one. */
  readonly minRttUs: number | undefined;
  readonly retransmissionTimeoutUs: number;
  /** Infinity: nothing is paced. */
  readonly pacingRateBitsPerSecond: number;
  /** What the path delivered of late; an application that sent too little makes it small. */
  readonly deliveryRateBitsPerSecond: number;
  /** Sent segments that have arrived, those sent again too. */
  readonly deliveredSegments: number;
  /** Of these, such as came with a mark of congestion (ECN). */
  readonly deliveredCeSegments: number;
  readonly acknowledgedBytes: number;
  readonly receivedBytes: number;
  /** Sent, what was sent again counted again. */
  readonly sentBytes: number;
  readonly retransmittedBytes: number;
  readonly retransmittedSegments: number;
  /** Sent and neither acknowledged nor taken for lost. */
  readonly inFlightSegments: number;
  readonly inFlightBytes: number;
  readonly lostSegments: number;
  readonly selectivelyAcknowledgedSegments: number;
  /** How far out of order segments may come before one is taken for lost. */
  readonly reorderingSegments: number;
  readonly segmentBytes: number;
  /** Written by the program and not sent yet. */
  readonly unsentBytes: number;
  /** Written and not acknowledged. */
  readonly sendQueueBytes: number;
  /** Received and not read. */
  readonly receiveQueueBytes: number;
  /** What the peer takes. */
  readonly peerWindowBytes: number;
  readonly receiveWindowBytes: number;
  /** BBR's estimate of the bottleneck, where BBR is used. */
  readonly bbrBandwidthBitsPerSecond: number | undefined;
  readonly bbrMinRttUs: number | undefined;
}

export const tcpSchema: Schema<TcpSample> = {
  kind: 'tcp',
  columns: {
    timeNs: number,
    state: oneOf(...(Object.keys(tcpStates) as netlink.TcpState[])),
    congestionState: oneOf(...congestionStates),
    congestionWindowSegments: number,
    slowStartThresholdSegments: number,
    smoothedRttUs: number,
    rttVariationUs: number,
    minRttUs: optionalNumber,
    retransmissionTimeoutUs: number,
    pacingRateBitsPerSecond: number,
    deliveryRateBitsPerSecond: number,
    deliveredSegments: number,
    deliveredCeSegments: number,
    acknowledgedBytes: number,
    receivedBytes: number,
    sentBytes: number,
    retransmittedBytes: number,
    retransmittedSegments: number,
    inFlightSegments: number,
    inFlightBytes: number,
    lostSegments: number,
    selectivelyAcknowledgedSegments: number,
    reorderingSegments: number,
    segmentBytes: number,
    unsentBytes: number,
    sendQueueBytes: number,
    receiveQueueBytes: number,
    peerWindowBytes: number,
    receiveWindowBytes: number,
    bbrBandwidthBitsPerSecond: optionalNumber,
    bbrMinRttUs: optionalNumber,
  },
};

/** One end of a connection. */
export interface TcpSubject extends SeriesSubject {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** When it was first seen; a pair of addresses and ports may come again later. */
  readonly firstSeenNs: number;
  /** As it was then. */
  readonly congestionControl: string;
}

/** An end of a connection, by any of these. */
export interface TcpEndFilter {
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
}

/** The connections of a host now. */
export function readConnections(posix: PosixHost): readonly TcpSocketEntry[] {
  return posix.diag.tcp().filter(({ info }) => info !== undefined);
}

/** Whether an end matches one of the filters. */
export function isWanted(entry: Required<TcpEndFilter>, filters: readonly TcpEndFilter[]): boolean {
  return filters.some(
    ({ localPort, remotePort, localAddress, remoteAddress }) =>
      (localPort ?? entry.localPort) === entry.localPort &&
      (remotePort ?? entry.remotePort) === entry.remotePort &&
      (localAddress ?? entry.localAddress) === entry.localAddress &&
      (remoteAddress ?? entry.remoteAddress) === entry.remoteAddress,
  );
}

export function tcpSubject(host: string, entry: TcpSocketEntry, firstSeenNs: number): TcpSubject {
  const { localAddress, localPort, remoteAddress, remotePort, congestionControl = '' } = entry;
  const local = formatEnd(localAddress, localPort);
  const remote = formatEnd(remoteAddress, remotePort);
  return {
    host,
    name: `${host} ${local} → ${remote}`,
    ...{ localAddress, localPort, remoteAddress, remotePort, firstSeenNs, congestionControl },
  };
}

function formatEnd(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What Linux says for a threshold that there is none of, TCP_INFINITE_SSTHRESH. */
const infiniteThreshold = 0x7fffffff;
/** The same for an RTT that was never measured (`minmax_reset` to ~0), and a rate without a limit. */
const unknownRttUs = 0xffffffff;
const unlimitedBytesPerSecond = 2 ** 63;

export function tcpSample(entry: TcpSocketEntry, timeNs: number): TcpSample {
  const info = entry.info!;
  const inFlightSegments =
    info.tcpi_unacked - info.tcpi_sacked - info.tcpi_lost + info.tcpi_retrans;
  const { bbr } = entry;
  return {
    timeNs,
    state: entry.state,
    congestionState: congestionStates[info.tcpi_ca_state] ?? 'open',
    congestionWindowSegments: info.tcpi_snd_cwnd,
    slowStartThresholdSegments:
      info.tcpi_snd_ssthresh >= infiniteThreshold ? Infinity : info.tcpi_snd_ssthresh,
    smoothedRttUs: info.tcpi_rtt,
    rttVariationUs: info.tcpi_rttvar,
    minRttUs: info.tcpi_min_rtt === unknownRttUs ? undefined : info.tcpi_min_rtt,
    retransmissionTimeoutUs: info.tcpi_rto,
    pacingRateBitsPerSecond:
      info.tcpi_pacing_rate >= unlimitedBytesPerSecond ? Infinity : info.tcpi_pacing_rate * 8,
    deliveryRateBitsPerSecond: info.tcpi_delivery_rate * 8,
    deliveredSegments: info.tcpi_delivered,
    deliveredCeSegments: info.tcpi_delivered_ce,
    acknowledgedBytes: info.tcpi_bytes_acked,
    receivedBytes: info.tcpi_bytes_received,
    sentBytes: info.tcpi_bytes_sent,
    retransmittedBytes: info.tcpi_bytes_retrans,
    retransmittedSegments: info.tcpi_total_retrans,
    inFlightSegments,
    inFlightBytes: inFlightSegments * info.tcpi_snd_mss,
    lostSegments: info.tcpi_lost,
    selectivelyAcknowledgedSegments: info.tcpi_sacked,
    reorderingSegments: info.tcpi_reordering,
    segmentBytes: info.tcpi_snd_mss,
    unsentBytes: info.tcpi_notsent_bytes,
    sendQueueBytes: entry.sendQueueBytes,
    receiveQueueBytes: entry.receiveQueueBytes,
    peerWindowBytes: info.tcpi_snd_wnd,
    receiveWindowBytes: info.tcpi_rcv_wnd,
    bbrBandwidthBitsPerSecond: bbr && (bbr.bbr_bw_hi * 2 ** 32 + bbr.bbr_bw_lo) * 8,
    bbrMinRttUs: bbr?.bbr_min_rtt,
  };
}
