// SPDX-License-Identifier: GPL-2.0-only

/** Time series of what a simulation's connections, queues and links do. */
export type { LinkSample, LinkSubject, TracedDirection } from './link.js';
export type { QdiscSample, QdiscSubject } from './qdisc.js';
export { Series, type AnySeries, type Sample, type SeriesSubject } from './series.js';
export type { CongestionState, TcpEndFilter, TcpSample, TcpSubject } from './tcp.js';
export {
  Trace,
  type LinkSeries,
  type QdiscSeries,
  type TcpSeries,
  type TracedHost,
  type TraceItem,
  type TraceSettings,
  type TraceState,
  type TraceWorld,
} from './trace.js';
