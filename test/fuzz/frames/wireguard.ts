// SPDX-License-Identifier: GPL-2.0-only

/** WireGuard between the fuzzed host and its partner, each of which knows the other's key. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  AF_INET,
  AF_INET6,
  netlink,
  NetlinkSocket,
  type Process,
} from '../../../src/posix/index.js';
import { partner4, ports, toPartner4 } from './addresses.js';

const { binary, ip, list, nested, policy, text, u16, u8 } = netlink;
const generic = 16;
const version = 1;
const setDevice = 1;

const allowed = policy({ family: [1, u16], address: [2, ip], maskBits: [3, u8] });
const peer = policy({
  publicKey: [1, binary],
  endpoint: [4, binary],
  allowed: [9, list(0, nested(allowed))],
});
const device = policy({
  interface: [2, text],
  privateKey: [3, binary],
  port: [6, u16],
  peers: [8, list(0, nested(peer))],
});

const sides = {
  target: { privateKey: new Uint8Array(32).fill(0x40), other: 'partner', endpoint: partner4 },
  partner: { privateKey: new Uint8Array(32).fill(0x50), other: 'target', endpoint: toPartner4 },
} as const;

/** Gives wg0, which is there, its keys; any address may come through it. */
export function setUpWireguard(process: Process, side: keyof typeof sides): void {
  const { privateKey, other, endpoint } = sides[side];
  using socket = NetlinkSocket.open(process, { protocol: generic });
  const peers = [
    {
      publicKey: publicKey(sides[other].privateKey),
      endpoint: socketAddress(endpoint, ports.wireguard),
      allowed: [
        { family: AF_INET, address: '0.0.0.0', maskBits: 0 },
        { family: AF_INET6, address: '::', maskBits: 0 },
      ],
    },
  ];
  const attributes = device.encode({
    interface: 'wg0',
    privateKey,
    port: ports.wireguard,
    peers,
  });
  new netlink.GenericFamily(socket.client, 'wireguard', version).request(
    'wireguard',
    setDevice,
    attributes,
  );
}

/** struct sockaddr_in. */
function socketAddress(address: string, port: number): Uint8Array {
  return Uint8Array.of(
    ...[AF_INET, 0, port >>> 8, port & 0xff],
    ...address.split('.').map(Number),
    ...new Uint8Array(8),
  );
}

/** X25519. The private key goes in as PKCS #8 has it, the public one comes out as the end of its own form. */
function publicKey(privateKey: Uint8Array): Uint8Array {
  const head = Buffer.from('302e020100300506032b656e04220420', 'hex');
  const key = createPrivateKey({
    key: Buffer.concat([head, privateKey]),
    format: 'der',
    type: 'pkcs8',
  });
  const encoded = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(encoded.subarray(-32));
}
