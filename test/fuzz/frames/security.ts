// SPDX-License-Identifier: GPL-2.0-only

/** Security associations that hostile packets get through, of both families, and policies that ask for none. */
import { AF_INET, AF_INET6, type Process } from '../../../src/posix/index.js';
import {
  wildcardReceive,
  xfrmAlgorithm,
  xfrmAttribute,
  xfrmAttributes,
  XfrmClient,
  xfrmDirections,
  xfrmModes,
} from '../../helpers/xfrm.js';
import {
  home6,
  partnerOther4,
  peer4,
  peer6,
  ports,
  target4,
  target6,
  toPartner4,
} from './addresses.js';
import { securityIndexes } from './ipsec.js';

const protocols = { esp: 50, ah: 51, comp: 108, routing: 43, destinationOptions: 60 } as const;
const modeBeet = 4;
const replayWindow = 23;

const { esp, ah, comp } = securityIndexes;

export function setUpSecurity(process: Process): void {
  using client = new XfrmClient(process);
  const cipher = xfrmAlgorithm(xfrmAttributes.encryption, 'ecb(cipher_null)');
  const open = xfrmAlgorithm(xfrmAttributes.authentication, 'digest_null');
  const keyed = xfrmAlgorithm(xfrmAttributes.authentication, 'hmac(sha1)', new Uint8Array(20));
  const deflate = xfrmAlgorithm(xfrmAttributes.compression, 'deflate');
  for (const between of [
    { source: peer4, destination: target4 },
    { source: peer6, destination: target6 },
  ]) {
    const add = (protocol: number, spi: number, mode: number, ...attributes: Uint8Array[]): void =>
      client.addState({ ...between, protocol, spi, mode, attributes });
    add(protocols.esp, esp.tunnel, xfrmModes.tunnel, cipher, open);
    add(protocols.esp, esp.transport, xfrmModes.transport, cipher, open, window());
    add(protocols.esp, esp.bound, modeBeet, cipher, open);
    if (between.destination === target4)
      add(protocols.esp, esp.datagram, xfrmModes.tunnel, cipher, open, inDatagrams());
    add(protocols.ah, ah.transport, xfrmModes.transport, open);
    add(protocols.ah, ah.tunnel, xfrmModes.tunnel, open, window());
    add(protocols.ah, ah.keyed, xfrmModes.transport, keyed);
    add(protocols.comp, comp.transport, xfrmModes.transport, deflate);
    add(protocols.comp, comp.tunnel, xfrmModes.tunnel, deflate);
  }
  mobility(client);
  for (const family of [AF_INET, AF_INET6]) {
    for (const direction of [xfrmDirections.in, xfrmDirections.forward]) {
      client.addPolicy({
        family,
        direction,
        selector: {},
        protocol: protocols.esp,
        mode: xfrmModes.tunnel,
        optional: true,
      });
    }
  }
}

/** A correspondent node of Mobile IPv6, and a mobile one: RFC 6275. */
function mobility(client: XfrmClient): void {
  const anyCareOf = xfrmAttribute(xfrmAttributes.careOfAddress, new Uint8Array(16));
  for (const [protocol, source, destination] of [
    [protocols.destinationOptions, home6, target6],
    [protocols.routing, peer6, target6],
  ] as const) {
    client.addState({
      source,
      destination,
      protocol,
      mode: xfrmModes.routeOptimization,
      flags: wildcardReceive,
      attributes: [anyCareOf],
    });
  }
}

/** Between the target and the partner's second address all goes encrypted, by keys that both know. */
export function setUpPartnerSecurity(process: Process, side: 'target' | 'partner'): void {
  using client = new XfrmClient(process);
  const toPartner = { source: toPartner4, destination: partnerOther4 };
  const toTarget = { source: partnerOther4, destination: toPartner4 };
  const attributes = [
    xfrmAlgorithm(xfrmAttributes.encryption, 'cbc(aes)', new Uint8Array(16)),
    xfrmAlgorithm(xfrmAttributes.authentication, 'hmac(sha1)', new Uint8Array(20)),
  ];
  const common = { protocol: protocols.esp, mode: xfrmModes.transport };
  client.addState({ ...common, ...toPartner, spi: 0x400, attributes });
  client.addState({ ...common, ...toTarget, spi: 0x401, attributes });
  const [sent, received] = side === 'target' ? [toPartner, toTarget] : [toTarget, toPartner];
  const policy = { ...common, family: AF_INET };
  client.addPolicy({ ...policy, direction: xfrmDirections.out, selector: sent });
  client.addPolicy({ ...policy, direction: xfrmDirections.in, selector: received, optional: true });
}

/** ESP in UDP: struct xfrm_encap_tmpl. */
function inDatagrams(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 2, true);
  view.setUint16(2, 40_000, false);
  view.setUint16(4, ports.esp, false);
  return xfrmAttribute(xfrmAttributes.encapsulation, bytes);
}

/** 64 numbers are remembered against replays: struct xfrm_replay_state_esn and its bitmap. */
function window(): Uint8Array {
  const words = 2;
  const bytes = new Uint8Array(24 + 4 * words);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, words, true);
  view.setUint32(20, 32 * words, true);
  return xfrmAttribute(replayWindow, bytes);
}
