// SPDX-License-Identifier: GPL-2.0-only

/**
 * The chain on the machine's own Linux: as many network namespaces, joined by veth pairs, that forward datagrams of
 * the same size as fast as one core can. It has no links to simulate, so it says what Linux's own part of a hop takes.
 */
import { run, withDatagramProgram } from '../native/run.js';
import type { ChainWorkload } from './workloads.js';

/** Namespaces go away with their last process, and these with the one that began them. */
const script = `
set -e
pids=
trap 'kill $pids' EXIT
for i in $(seq 1 $((HOSTS - 1))); do
  unshare -n sleep 60 & pids="$pids $!"
done
own=$(readlink /proc/self/ns/net)
for pid in $pids; do
  while [ $(readlink /proc/$pid/ns/net) = $own ]; do sleep 0.1; done
done
on() { in=$1; shift; nsenter -t $in -n "$@"; }
last=$((HOSTS - 2))
before=$$
n=0
for pid in $pids; do
  on $before ip link add name next type veth peer name previous netns $pid
  on $before sh -c "ip link set next up && ip addr add 10.0.$n.1/30 dev next && sysctl -qw net.ipv4.ip_forward=1"
  on $pid sh -c "ip link set previous up && ip addr add 10.0.$n.2/30 dev previous"
  [ $n = $last ] || on $before ip route add 10.0.$last.0/30 via 10.0.$n.2
  [ $n = 0 ] || on $pid ip route add 10.0.0.0/30 via 10.0.$n.1
  before=$pid
  n=$((n + 1))
done
taskset -c $CORE $PROGRAM $before 10.0.$last.2 $BYTES
`;

/** Frames times hops a second. @throws Error where namespaces cannot be made: it takes root. */
export function nativeChainFramesPerSecond(core: string, workload: ChainWorkload): number {
  const { hosts, payloadBytes } = workload;
  return withDatagramProgram((program) => {
    const received = run('unshare', ['-n', 'sh', '-c', script], {
      HOSTS: `${hosts}`,
      CORE: core,
      PROGRAM: program,
      BYTES: `${payloadBytes}`,
    });
    return Number(received) * (hosts - 1);
  });
}
