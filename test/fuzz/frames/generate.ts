// SPDX-License-Identifier: GPL-2.0-only

/**
 * Frames for the fuzzer: of every protocol that the host speaks, nested in each other, or answers to what the host
 * has sent; then changed here and there. Lengths and checksums are put right after that, most of the time.
 */
import { weighted, type Dice } from '../posix/random.js';
import { adopt } from './adopt.js';
import { icmp, icmpv6, igmp, multicastListener, pim } from './control-protocols.js';
import { fragments } from './fragments.js';
import { arp, ethernet, otherType, randomBytes, spanningTree } from './link-layer.js';
import { ipv4, ipv6, type Inner } from './network-layer.js';
import { Packet } from './packet.js';
import { dccp, plainDatagrams, sctp, tcp, udp, udpLite } from './transport-layer.js';
import { ah, esp, ipComp } from './ipsec.js';
import { datagramTunnels, gre, l2tpOverIp, mpls, type Nested } from './tunnels.js';

const depthMax = 3;
const boundaries = [0, 1, 0x7f, 0x80, 0xfe, 0xff] as const;

type Write = (packet: Packet, dice: Dice) => void;

export class FrameGenerator {
  readonly #packet = new Packet();
  readonly #dice: Dice;
  /** What the host sent lately. */
  readonly #sent: readonly Uint8Array[];
  readonly #frames: readonly Write[];
  readonly #inner4: readonly Inner[];
  readonly #inner6: readonly Inner[];
  readonly #fragments: Uint8Array[] = [];
  #depth = 0;

  constructor(dice: Dice, sent: readonly Uint8Array[]) {
    this.#dice = dice;
    this.#sent = sent;
    const nested: Nested = {
      ipv4: (packet) => this.#nest(packet, (inside) => this.#ipv4(inside)),
      ipv6: (packet) => this.#nest(packet, (inside) => this.#ipv6(inside)),
      frame: (packet) => this.#nest(packet, (inside) => this.#frame(inside)),
      transport: (packet) => this.#transport(packet),
    };
    const tunnels = datagramTunnels(nested);
    const common: (readonly [number, Inner])[] = [
      [14, { protocol: 6, write: tcp }],
      [5, { protocol: 17, write: (packet) => udp(packet, dice, dice.pick(plainDatagrams)) }],
      [6, { protocol: 17, write: (packet) => udp(packet, dice, dice.pick(tunnels)) }],
      [1, { protocol: 136, write: udpLite }],
      [5, { protocol: 132, write: sctp }],
      [3, { protocol: 33, write: dccp }],
      [3, gre(nested)],
      [2, esp(nested)],
      [1, ah(nested)],
      [1, ipComp(nested)],
      [1, l2tpOverIp],
      [1, { protocol: 4, write: (packet) => nested.ipv4(packet, dice) }],
      [1, { protocol: 41, write: (packet) => nested.ipv6(packet, dice) }],
      [1, { protocol: 137, write: (packet) => mpls(nested)(packet, dice) }],
      [1, { protocol: 103, write: pim(nested.ipv4) }],
      [1, { protocol: 135, write: (packet) => randomBytes(packet, dice, 24) }],
    ];
    this.#inner4 = weighted<Inner>([
      ...common,
      [4, { protocol: 1, write: icmp }],
      [2, { protocol: 2, write: igmp }],
    ]);
    this.#inner6 = weighted<Inner>([
      ...common,
      [7, { protocol: 58, write: icmpv6 }],
      [1, { protocol: 0, write: multicastListener }],
      [1, { protocol: 59, write: () => undefined }],
    ]);
    this.#frames = weighted<Write>([
      [14, (packet) => this.#ethernetIpv4(packet)],
      [12, (packet) => this.#ethernetIpv6(packet)],
      [1, arp],
      [1, mpls(nested)],
      [1, otherType],
      [1, spanningTree],
    ]);
  }

  /** The next frame; its bytes are the generator's until the one after. */
  next(): Uint8Array {
    const waiting = this.#fragments.shift();
    if (waiting) return waiting;
    const packet = this.#packet.reset();
    this.#depth = 0;
    if (this.#dice.oneIn(4) && this.#sent.length > 0) this.#answer(packet);
    else if (this.#dice.oneIn(24)) return this.#fragmented(packet);
    else {
      this.#frame(packet);
      this.#change(packet);
      if (!this.#dice.oneIn(20)) packet.finish();
    }
    this.#resize(packet);
    return packet.bytes.subarray(0, packet.length);
  }

  /** A frame that somebody else has made, as it may arrive: half of them changed. */
  onTheWay(frame: Uint8Array): Uint8Array {
    if (this.#dice.oneIn(2)) return frame;
    const packet = adopt(this.#packet, frame);
    this.#change(packet);
    if (!this.#dice.oneIn(20)) packet.finish();
    this.#resize(packet);
    return packet.bytes.subarray(0, packet.length);
  }

  /** An IP packet alone, as a tunnel's own device sends it. */
  bare(): Uint8Array {
    const packet = this.#packet.reset();
    this.#depth = 0;
    if (this.#dice.oneIn(3)) this.#ipv6(packet);
    else this.#ipv4(packet);
    packet.finish();
    return packet.bytes.subarray(0, packet.length);
  }

  #fragmented(packet: Packet): Uint8Array {
    this.#frame(packet);
    packet.finish();
    const frame = packet.bytes.subarray(0, packet.length);
    this.#fragments.push(...fragments(frame, this.#dice));
    return this.#fragments.shift() ?? frame;
  }

  #frame(packet: Packet): void {
    this.#dice.pick(this.#frames)(packet, this.#dice);
  }

  #ethernetIpv4(packet: Packet): void {
    ethernet(packet, this.#dice, 0x0800);
    this.#ipv4(packet);
  }

  #ethernetIpv6(packet: Packet): void {
    ethernet(packet, this.#dice, 0x86dd);
    this.#ipv6(packet);
  }

  #ipv4(packet: Packet): void {
    ipv4(packet, this.#dice, this.#dice.pick(this.#inner4));
  }

  #ipv6(packet: Packet): void {
    ipv6(packet, this.#dice, this.#dice.pick(this.#inner6));
  }

  #nest(packet: Packet, write: (packet: Packet) => void): void {
    if (this.#depth === depthMax) return;
    this.#depth++;
    write(packet);
    this.#depth--;
  }

  #transport(packet: Packet): number {
    const none = 59;
    const list = packet.innermostHeader?.version === 6 ? this.#inner6 : this.#inner4;
    const { protocol, write } = this.#dice.pick(list);
    let written = none;
    this.#nest(packet, (inside) => {
      write(inside, this.#dice);
      written = protocol;
    });
    return written;
  }

  /** Bytes after the outer IP header, and now and then of it. */
  #change(packet: Packet): void {
    const dice = this.#dice;
    if (dice.oneIn(2)) return;
    const from = dice.oneIn(10) ? packet.networkAt : packet.transportAt;
    const room = packet.length - from;
    if (room <= 0) return;
    const changes = 1 + dice.below(4);
    for (let i = 0; i < changes; i++) {
      const at = from + dice.below(dice.oneIn(2) ? room : Math.min(room, 48));
      packet.bytes[at] = dice.oneIn(2) ? dice.pick(boundaries) : dice.word();
    }
  }

  /** Cut short, or with something behind. */
  #resize(packet: Packet): void {
    const dice = this.#dice;
    const kind = dice.below(24);
    if (kind === 0) packet.length = Math.max(14, dice.below(packet.length + 1));
    else if (kind === 1) randomBytes(packet, dice, 1 + dice.below(60));
    const shortest = 14;
    if (packet.length < shortest) packet.zeros(shortest - packet.length);
  }

  /** What the host sent, turned round: addresses, ports, and TCP's numbers as a peer would answer. */
  #answer(packet: Packet): void {
    const dice = this.#dice;
    const sent = dice.pick(this.#sent);
    adopt(packet, sent);
    const { bytes } = packet;
    swap(bytes, 0, 6, 6);
    const type = (bytes[12]! << 8) | bytes[13]!;
    if (type === 0x0800) {
      swap(bytes, 26, 30, 4);
      this.#answerTransport(packet, 14 + (bytes[14]! & 15) * 4, bytes[23]!);
    } else if (type === 0x86dd) {
      swap(bytes, 22, 38, 16);
      this.#answerTransport(packet, 54, bytes[20]!);
    }
    this.#change(packet);
    packet.finish();
  }

  #answerTransport(packet: Packet, at: number, protocol: number): void {
    const { bytes, length } = packet;
    if (![6, 17, 33, 132].includes(protocol) || at + 20 > length) return;
    swap(bytes, at, at + 2, 2);
    if (protocol === 132) answerSctp(packet, at, this.#dice);
    if (protocol !== 6) return;
    // Acknowledge what came, and go on from what was acknowledged.
    swap(bytes, at + 4, at + 8, 4);
    const view = new DataView(bytes.buffer);
    const flags = bytes[at + 13]!;
    const taken = length - at - (bytes[at + 12]! >>> 4) * 4 + ((flags & 3) !== 0 ? 1 : 0);
    view.setUint32(at + 8, view.getUint32(at + 8) + Math.max(0, taken));
    const asked = (flags & 0x12) === 2;
    bytes[at + 13] = this.#dice.oneIn(8)
      ? this.#dice.word()
      : asked
        ? 0x12
        : this.#dice.pick([0x10, 0x10, 0x18, 0x11, 0x14]);
    if (this.#dice.oneIn(2)) randomBytes(packet, this.#dice, this.#dice.below(100));
  }
}

/** An INIT ACK is answered with its cookie, so that an association comes about. RFC 9260, 5.1. */
function answerSctp(packet: Packet, at: number, dice: Dice): void {
  const { bytes, length } = packet;
  const initAck = 2;
  const chunk = at + 12;
  const parameters = chunk + 20;
  if (bytes[chunk] !== initAck || parameters + 4 > length) return;
  const tag = bytes.slice(chunk + 4, chunk + 8);
  let cookie: Uint8Array | undefined;
  for (let next = parameters; next + 4 <= length;) {
    const size = (bytes[next + 2]! << 8) | bytes[next + 3]!;
    if (size < 4 || next + size > length) break;
    if (bytes[next] === 0 && bytes[next + 1] === 7) cookie = bytes.slice(next + 4, next + size);
    next += (size + 3) & ~3;
  }
  if (!cookie) return;
  bytes.set(tag, at + 4);
  packet.length = chunk;
  packet
    .u8(10, 0)
    .u16(4 + cookie.length)
    .raw(cookie)
    .zeros((-packet.length + at) & 3);
  const data = 16;
  if (!dice.oneIn(3))
    packet
      .u8(0, 3)
      .u16(16 + data)
      .u32(1000, 0, 0)
      .zeros(data);
}

function swap(bytes: Uint8Array, a: number, b: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const kept = bytes[a + i]!;
    bytes[a + i] = bytes[b + i]!;
    bytes[b + i] = kept;
  }
}
