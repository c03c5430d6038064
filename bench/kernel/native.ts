// SPDX-License-Identifier: GPL-2.0-only

/**
 * The same on the machine's own Linux: iperf3, and datagrams of a program of our own, over a veth pair between two
 * network namespaces, on the given core. Needs root; where it cannot be had, the reason is the result.
 */
import { run, withDatagramProgram } from '../native/run.js';
import { chunkBytes, socketBufferBytes } from './transfer.js';

export interface NativeFigures {
  readonly offloadsBitsPerSecond?: number;
  readonly plainBitsPerSecond?: number;
  readonly udpPacketsPerSecond?: number;
  readonly reason?: string;
}

/** Runs in a namespace of its own, and makes the other; both go away with their last process. */
const script = `
set -e
unshare -n sleep 60 & peer=$!
trap 'kill $peer' EXIT
sleep 0.3
ip link add name v0 type veth peer name v1
ip link set v1 netns $peer
ip link set v0 up && ip addr add 192.0.2.1/24 dev v0
nsenter -t $peer -n sh -c 'ip link set v1 up && ip addr add 192.0.2.2/24 dev v1'
if [ "$OFFLOADS" = off ]; then
  for feature in tso gso gro tx rx sg; do ethtool -K v0 $feature off; done
  nsenter -t $peer -n sh -c 'for f in tso gso gro tx rx sg; do ethtool -K v1 $f off; done'
fi >/dev/null 2>&1
`;

const iperf = `
nsenter -t $peer -n taskset -c $CORE iperf3 -s -1 >/dev/null &
sleep 0.5
taskset -c $CORE iperf3 -c 192.0.2.2 -t 3 -C cubic -l ${chunkBytes} -w ${socketBufferBytes} -J
`;

export function measureNative(core: string, datagramBytes: number): NativeFigures {
  try {
    return {
      offloadsBitsPerSecond: stream(core, 'on'),
      plainBitsPerSecond: stream(core, 'off'),
      udpPacketsPerSecond: datagrams(core, datagramBytes),
    };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Each figure's best. */
export function betterNative(before: NativeFigures, now: NativeFigures): NativeFigures {
  if (now.reason !== undefined) return before;
  if (before.reason !== undefined) return now;
  return {
    offloadsBitsPerSecond: Math.max(before.offloadsBitsPerSecond!, now.offloadsBitsPerSecond!),
    plainBitsPerSecond: Math.max(before.plainBitsPerSecond!, now.plainBitsPerSecond!),
    udpPacketsPerSecond: Math.max(before.udpPacketsPerSecond!, now.udpPacketsPerSecond!),
  };
}

function stream(core: string, offloads: 'on' | 'off'): number {
  const report = JSON.parse(
    run('unshare', ['-n', 'sh', '-c', script + iperf], { CORE: core, OFFLOADS: offloads }),
  ) as {
    readonly end: { readonly sum_received: { readonly bits_per_second: number } };
  };
  return report.end.sum_received.bits_per_second;
}

function datagrams(core: string, bytes: number): number {
  return withDatagramProgram((program) => {
    const command = `taskset -c $CORE ${program} $peer 192.0.2.2 ${bytes}`;
    const env = { CORE: core, OFFLOADS: 'on' };
    return Number(run('unshare', ['-n', 'sh', '-c', script + command], env));
  });
}
