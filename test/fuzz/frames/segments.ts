// SPDX-License-Identifier: GPL-2.0-only

/**
 * Routes that do something to packets: segments of the host's own (RFC 8986), and a label. None that puts a segment
 * routing header, RPL's or in-situ OAM before packets: behind a tunnel of segments those write before the packet's
 * buffer (docs/kernel-bugs/0004-seg6-headroom.md).
 */
import { netlink, parseIp, type PosixHost } from '../../../src/posix/index.js';
import { behind4, behind6, peer6, segments6 } from './addresses.js';

const { binary, nested, policy, u32 } = netlink;
/** LWTUNNEL_ENCAP_*. */
const encapsulations = { mpls: 1, seg6Local: 7 } as const;
const mainTable = 254;

const flavors = policy({ operations: [1, u32] });
const localPolicy = policy({
  action: [1, u32],
  header: [2, binary],
  table: [3, u32],
  nextHop4: [4, binary],
  nextHop6: [5, binary],
  output: [7, u32],
  flavors: [11, nested(flavors)],
});
const mplsPolicy = policy({ labels: [1, binary] });

export function setUpSegments({ route }: PosixHost): void {
  const output = route.links.indexOf('eth1');
  const nextHop6 = parseIp(behind6);
  const inserted = segmentHeader([peer6, behind6]);
  /** SEG6_LOCAL_ACTION_*: End, X, T, DX2, DX6, DX4, DT6, B6, B6.Encaps; the first with what it may do besides. */
  const actions = [
    { action: 1 },
    { action: 1, flavors: { operations: 1 << 1 } },
    { action: 1, flavors: { operations: 1 << 4 } },
    { action: 2, nextHop6 },
    { action: 3, table: mainTable },
    { action: 4, output },
    { action: 5, nextHop6: new Uint8Array(16) },
    { action: 5, nextHop6 },
    { action: 6, nextHop4: parseIp(behind4) },
    { action: 7, table: mainTable },
    { action: 9, header: inserted },
    { action: 10, header: inserted },
  ];
  for (const [index, action] of actions.entries()) {
    route.routes.add({
      destination: `${segments6[index]!}/128`,
      index: route.links.indexOf('eth0'),
      encapsulationType: encapsulations.seg6Local,
      encapsulation: localPolicy.encode(action),
    });
  }
  route.routes.add({
    destination: '10.7.0.0/16',
    gateway: behind4,
    index: output,
    encapsulationType: encapsulations.mpls,
    encapsulation: mplsPolicy.encode({ labels: Uint8Array.of(0, 0x0c, 0x81, 0) }),
  });
}

/** A segment routing header: the last segment first. RFC 8754. */
function segmentHeader(segments: readonly string[]): Uint8Array {
  const last = segments.length - 1;
  return Uint8Array.of(
    ...[0, 2 * segments.length, 4, last, last, 0, 0, 0],
    ...[...segments].reverse().flatMap((segment) => [...parseIp(segment)]),
  );
}
