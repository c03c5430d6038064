// SPDX-License-Identifier: GPL-2.0-only

/** Samples of links: the counters of each direction. */
import type { DirectionCounters } from '../../link/index.js';
import { number, type Sample, type Schema, type SeriesSubject } from './series.js';

/** Counted from the link's beginning on, but for what waits. Bytes are from the Ethernet header on. */
export interface LinkSample extends Sample {
  /** What waits, beside the frame that is being sent. */
  readonly queuedFrames: number;
  readonly queuedBytes: number;
  /** What has left. */
  readonly sentFrames: number;
  readonly sentBytes: number;
  /** What found the queue full. */
  readonly droppedByQueueFrames: number;
  readonly droppedByMtuFrames: number;
  readonly droppedByLossFrames: number;
  readonly droppedByRuleFrames: number;
  /** What came while the link was down, or waited when it went down. */
  readonly droppedByDownFrames: number;
  /** What waited when its host crashed. */
  readonly droppedByCrashFrames: number;
  readonly duplicatedFrames: number;
  readonly corruptedFrames: number;
  /** What has arrived. */
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  /** What was on its way when the link went down. */
  readonly droppedInFlightFrames: number;
  /** What the other end did not take. */
  readonly droppedByReceiverFrames: number;
}

export const linkSchema: Schema<LinkSample> = {
  kind: 'link',
  columns: {
    timeNs: number,
    queuedFrames: number,
    queuedBytes: number,
    sentFrames: number,
    sentBytes: number,
    droppedByQueueFrames: number,
    droppedByMtuFrames: number,
    droppedByLossFrames: number,
    droppedByRuleFrames: number,
    droppedByDownFrames: number,
    droppedByCrashFrames: number,
    duplicatedFrames: number,
    corruptedFrames: number,
    receivedFrames: number,
    receivedBytes: number,
    droppedInFlightFrames: number,
    droppedByReceiverFrames: number,
  },
};

/** One direction of a link. */
export interface LinkSubject extends SeriesSubject {
  readonly link: string;
  /** The ends' labels: `alice.eth0`. */
  readonly from: string;
  readonly to: string;
}

/** A direction as a trace sees it. @internal */
export interface TracedDirection {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  /** Whether frames are sent, and arrive, in this thread. */
  readonly sendsHere: boolean;
  readonly receivesHere: boolean;
  readonly counters: DirectionCounters;
}

export function linkSubject({ link, from, to }: TracedDirection): LinkSubject {
  return { name: `${from} → ${to}`, host: from.replace(/\.[^.]*$/, ''), link, from, to };
}

/** What is counted in another thread is NaN here. */
export function linkSample(direction: TracedDirection, timeNs: number): LinkSample {
  const { counters, sendsHere, receivesHere } = direction;
  const sent = (value: number): number => (sendsHere ? value : NaN);
  const received = (value: number): number => (receivesHere ? value : NaN);
  return {
    timeNs,
    queuedFrames: sent(counters.queueFrames),
    queuedBytes: sent(counters.queueBytes),
    sentFrames: sent(counters.sentFrames),
    sentBytes: sent(counters.sentBytes),
    droppedByQueueFrames: sent(counters.droppedByQueue),
    droppedByMtuFrames: sent(counters.droppedByMtu),
    droppedByLossFrames: sent(counters.droppedByLoss),
    droppedByRuleFrames: sent(counters.droppedByRule),
    droppedByDownFrames: sent(counters.droppedByDown),
    droppedByCrashFrames: sent(counters.droppedByCrash),
    duplicatedFrames: sent(counters.duplicated),
    corruptedFrames: sent(counters.corrupted),
    receivedFrames: received(counters.receivedFrames),
    receivedBytes: received(counters.receivedBytes),
    droppedInFlightFrames: received(counters.droppedInFlight),
    droppedByReceiverFrames: received(counters.droppedByReceiver),
  };
}
