// SPDX-License-Identifier: GPL-2.0-only

/** What came of the demonstration, as lines of text: a table, and curves over time. */
import type { AnySeries } from '../../dce/index.js';
import { plot, type Curve } from '../plot.js';
import { blue, bold, cyan, yellow } from '../terminal.js';
import type { DemoResult } from './scenario.js';

/** A table of the flows, of the link that they share, and of the pings that went with them. */
export function describeFlows(result: DemoResult): string[] {
  const rows = result.flows.map((flow) => {
    const last = flow.series.at(-1)!;
    const rtts = between(flow.series, result, 'smoothedRttUs').filter((rtt) => rtt > 0);
    const total = result.flows.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    return [
      ...[flow.host, flow.congestionControl, rateOf(flow.goodputBitsPerSecond)],
      `${((flow.receivedBytes / total) * 100).toFixed(0)} %`,
      `${last.retransmittedSegments}`,
      `${(mean(rtts) / 1000).toFixed(1)} ms`,
      `${Math.max(...between(flow.series, result, 'congestionWindowSegments'))}`,
    ];
  });
  const header = ['sender', 'TCP', 'goodput', 'share', 'sent again', 'mean RTT', 'largest cwnd'];
  return [...table([header, ...rows]), '', ...describeLink(result), describePings(result)];
}

function describeLink(result: DemoResult): string[] {
  const link = result.trace.direction('west.eth2');
  const queue = between(link, result, 'queuedFrames');
  const last = link.at(-1)!;
  return [
    `west to east: ${last.sentFrames} frames sent, ${last.droppedByQueueFrames} found the queue full, ` +
      `${last.droppedByLossFrames} lost on the way`,
    `queue:        ${mean(queue).toFixed(1)} frames on average, ${Math.max(...queue)} at most`,
  ];
}

function describePings({ loadedPings }: DemoResult): string {
  const times = loadedPings.map(({ roundTripNs }) => roundTripNs / 1e6);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const figures = [least, mean(times), most].map((time) => time.toFixed(1)).join('/');
  return `ping by it:   ${times.length} replies, ${figures} ms (least/mean/most)`;
}

/** The windows of both senders, and the queue that they share. */
export function plotFlows(result: DemoResult): string[] {
  const paints = [cyan, yellow];
  const curves = result.flows.map(({ host, congestionControl, series }, index): Curve => ({
    title: bold(`${host}'s congestion window (${congestionControl}), segments`),
    points: pointsOf(series, result, 'congestionWindowSegments'),
    paint: paints[index % paints.length]!,
  }));
  const queue: Curve = {
    title: bold('queue in front of the bottleneck, frames'),
    points: pointsOf(result.trace.direction('west.eth2'), result, 'queuedFrames'),
    paint: blue,
  };
  return plot([...curves, queue], {
    width: 64,
    height: 4,
    xTitle: 'virtual time',
    xFormat: (timeNs) => `${(timeNs / 1e9).toFixed(1)} s`,
  });
}

/** A property over the time in which the senders sent. */
function pointsOf(
  series: AnySeries,
  { flowsStartNs, flowsEndNs }: DemoResult,
  name: string,
): (readonly [timeNs: number, value: number])[] {
  const values = series.numbers(name);
  return series
    .numbers('timeNs')
    .map((timeNs, index) => [timeNs, values[index]!] as const)
    .filter(([timeNs]) => timeNs >= flowsStartNs && timeNs <= flowsEndNs);
}

function between(series: AnySeries, result: DemoResult, name: string): number[] {
  return pointsOf(series, result, name).map(([, value]) => value);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rateOf(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s`;
}

/** Columns as wide as what they hold, the first two to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    const line = cells.join('  ').trimEnd();
    return index === 0 ? bold(line) : line;
  });
}
