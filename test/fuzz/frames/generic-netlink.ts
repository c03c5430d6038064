// SPDX-License-Identifier: GPL-2.0-only

/** Tunnels that are set up by generic netlink: FOU and GUE, L2TPv3. */
import { netlink, NetlinkSocket, type Process } from '../../../src/posix/index.js';
import { peer4, ports, target4 } from './addresses.js';
import { tunnelIds } from './tunnels.js';

const { be16, ip, policy, text, u16, u32, u8 } = netlink;
const generic = 16;
const version = 1;

const fou = policy({ port: [1, be16], family: [2, u8], protocol: [3, u8], type: [4, u8] });
const l2tp = policy({
  pseudowire: [1, u16],
  encapsulation: [2, u16],
  version: [7, u8],
  interface: [8, text],
  connection: [9, u32],
  peerConnection: [10, u32],
  session: [11, u32],
  peerSession: [12, u32],
  source: [24, ip],
  destination: [25, ip],
  sourcePort: [26, u16],
  destinationPort: [27, u16],
});

export function setUpGenericTunnels(process: Process): void {
  using socket = NetlinkSocket.open(process, { protocol: generic });
  const request = (name: string, command: number, attributes: Uint8Array): void => {
    new netlink.GenericFamily(socket.client, name, version).request(name, command, attributes);
  };
  request('fou', 1, fou.encode({ port: ports.fou, family: 2, protocol: 4, type: 1 }));
  request('fou', 1, fou.encode({ port: ports.gue, family: 2, type: 2 }));
  for (const [encapsulation, connection] of [
    [0, tunnelIds.l2tpTunnel],
    [1, tunnelIds.l2tpTunnel + 1],
  ] as const) {
    const tunnel = { connection, peerConnection: connection };
    request(
      'l2tp',
      1,
      l2tp.encode({
        ...tunnel,
        encapsulation,
        version: 3,
        source: target4,
        destination: peer4,
        ...(encapsulation === 0 ? { sourcePort: ports.l2tp, destinationPort: ports.l2tp } : {}),
      }),
    );
    const session = tunnelIds.l2tpSession + encapsulation;
    request(
      'l2tp',
      5,
      l2tp.encode({
        ...tunnel,
        session,
        peerSession: session,
        pseudowire: 5,
        interface: `l2tp${encapsulation}`,
      }),
    );
  }
}
