// SPDX-License-Identifier: GPL-2.0-only

/**
 * The ring in which a packet socket's frames lie mapped in a program (PACKET_RX_RING, TPACKET_V2), as libpcap wants
 * it. A kernel without an MMU maps nothing, so the broker keeps a ring of its own in a memfd, which the shim maps,
 * and fills it with what it receives. A token in the pair makes poll say that there are frames; who reads the ring
 * does not take it, so it is taken back when the program has returned the frames.
 */
import { errno, MSG_DONTWAIT, MSG_TRUNC, SOL_SOCKET, type Timer } from '../../posix/index.js';
import { addon } from '../../addon/addon.js';
import type { Call } from '../call.js';
import { addressBytesMax, dataBytesMax, MessageHeader } from './library.js';
import { viewOf, wide } from './program-data.js';
import type { ProgramSocket } from './program-socket.js';

const native = addon();

const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const SO_TIMESTAMPNS = 35;
const SOCK_RAW = 3;
/** struct tpacket2_hdr and the struct sockaddr_ll behind it; then room for a MAC header. */
const headerBytes = 32;
const linkAddressBytes = 20;
const macRoomBytes = 16;
const alignment = 16;
const ethernetBytes = 14;
const TP_STATUS_USER = 1;
/** VLAN tag and protocol: of a struct tpacket_auxdata, of a struct tpacket2_hdr. */
const auxiliaryVlanAt = 16;
const frameVlanAt = 24;
const controlHeaderBytes = 16;
const framesMax = 256;
const pageBytes = 4096;
/** How often it looks whether the program has returned frames, while it has some. */
const lookEveryNs = 2_000_000;

const align = (value: number): number => Math.ceil(value / alignment) * alignment;

/** Of a struct tpacket_req. */
interface RingSize {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly frameBytes: number;
  readonly frames: number;
}

export function ringSize(request: Uint8Array): RingSize {
  const view = viewOf(request);
  const [blockBytes, blocks, frameBytes, frames] = [0, 4, 8, 12].map((at) =>
    view.getUint32(at, true),
  );
  return { blockBytes: blockBytes!, blocks: blocks!, frameBytes: frameBytes!, frames: frames! };
}

/** Whether Linux would take it. */
export function ringIsValid({ blockBytes, blocks, frameBytes, frames }: RingSize): boolean {
  if (blockBytes === 0 || blockBytes % pageBytes !== 0 || frameBytes % alignment !== 0)
    return false;
  if (frameBytes < align(headerBytes + linkAddressBytes) || frameBytes > blockBytes) return false;
  return Math.floor(blockBytes / frameBytes) * blocks === frames;
}

export class PacketRing {
  readonly fd: number;
  readonly #socket: ProgramSocket;
  readonly #size: RingSize;
  readonly #framesPerBlock: number;
  readonly #reserveBytes: number;
  readonly #frame: Uint8Array;
  readonly #status = new Uint8Array(4);
  /** How to get at the program's end: the call that asked for the ring, and its descriptor there. */
  readonly #call: Call;
  readonly #programFd: number;
  #next = 0;
  /** The program has frames that it has not returned, and a token in the pair. */
  #announced = false;
  #look: Timer | undefined;

  /** `call` is the setsockopt that asks for it. */
  constructor(socket: ProgramSocket, call: Call, size: RingSize, reserveBytes: number) {
    this.#socket = socket;
    this.#size = size;
    this.#call = call;
    this.#programFd = call.int(0);
    this.#framesPerBlock = Math.floor(size.blockBytes / size.frameBytes);
    this.#reserveBytes = reserveBytes;
    this.#frame = new Uint8Array(size.frameBytes);
    this.fd = native.memfd('libos-ring', 0);
    native.truncate(this.fd, size.blockBytes * size.blocks);
    const { library } = socket.world;
    library.setOption(socket.fd, SOL_PACKET, PACKET_AUXDATA, 1);
    library.setOption(socket.fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  }

  /** Fills frames with what has come, as long as the program has returned some. */
  pump(): void {
    const { library } = this.#socket.world;
    for (let count = 0; count < framesMax && this.#isFree(this.#next); count++) {
      const header = library.layOut(addressBytesMax, dataBytesMax, 1024);
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const length = library.call(library.nr.recvmsg, this.#socket.fd, header, flags);
      if (length < 0) break;
      this.#fill(length);
      this.#next = (this.#next + 1) % this.#size.frames;
      this.#announce();
    }
  }

  close(): void {
    this.#look?.cancel();
    native.close(this.fd);
  }

  #at(frame: number): number {
    const block = Math.floor(frame / this.#framesPerBlock);
    return block * this.#size.blockBytes + (frame % this.#framesPerBlock) * this.#size.frameBytes;
  }

  #isFree(frame: number): boolean {
    native.pread(this.fd, this.#status, 0, 4, this.#at(frame));
    return viewOf(this.#status).getUint32(0, true) === 0;
  }

  #fill(length: number): void {
    const { library } = this.#socket.world;
    const { control } = library;
    const nameLength = library.getU32(library.header + MessageHeader.nameLength);
    const controlLength = library.getU64(library.header + MessageHeader.controlLength);
    const frame = this.#frame;
    const view = viewOf(frame);
    const raw = this.#socket.kind.type === SOCK_RAW;
    const first = headerBytes + linkAddressBytes;
    const network =
      (raw ? align(first + macRoomBytes) : align(first) + macRoomBytes) + this.#reserveBytes;
    const mac = raw ? network - ethernetBytes : network;
    frame.fill(0, 0, network);
    const kept = Math.min(length, frame.length - mac);
    const auxiliary = viewOf(library.bytes(control, controlLength));
    let status = TP_STATUS_USER;
    view.setUint32(4, length, true);
    for (let at = 0; at + controlHeaderBytes <= controlLength;) {
      const size = wide(auxiliary, at);
      const [level, type] = [auxiliary.getInt32(at + 8, true), auxiliary.getInt32(at + 12, true)];
      const data = at + controlHeaderBytes;
      if (level === SOL_PACKET && type === PACKET_AUXDATA) {
        status |= auxiliary.getUint32(data, true);
        // The whole length, where a filter has cut it.
        view.setUint32(4, auxiliary.getUint32(data + 4, true), true);
        frame.set(library.bytes(control + data + auxiliaryVlanAt, 4), frameVlanAt);
      } else if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
        view.setUint32(16, wide(auxiliary, data), true);
        view.setUint32(20, wide(auxiliary, data + 8), true);
      }
      at += align8(Math.max(size, controlHeaderBytes));
    }
    view.setUint32(8, kept, true);
    view.setUint16(12, mac, true);
    view.setUint16(14, network, true);
    frame.set(library.bytes(library.name, Math.min(nameLength, linkAddressBytes)), headerBytes);
    frame.set(library.bytes(library.data, kept), mac);
    const at = this.#at(this.#next);
    native.pwrite(this.fd, frame, 4, mac + kept - 4, at + 4);
    // The program sees the frame when all of it is there.
    view.setUint32(0, status, true);
    native.pwrite(this.fd, frame, 0, 4, at);
  }

  #announce(): void {
    if (!this.#announced) {
      this.#announced = this.#socket.pair.send(this.#socket.world.library.data, 1) === 1;
    }
    this.#lookLater();
  }

  #lookLater(): void {
    const { time } = this.#socket.world;
    this.#look ??= time.at(time.nowNs() + lookEveryNs, () => {
      this.#look = undefined;
      const { frames } = this.#size;
      if (this.#announced && this.#isFree((this.#next + frames - 1) % frames)) this.#withdraw();
      this.pump();
      if (this.#announced) this.#lookLater();
    });
  }

  #withdraw(): void {
    let fd: number;
    try {
      fd = this.#call.borrow(this.#programFd);
    } catch {
      // The program has ended, or has closed its descriptor: it does not poll any more.
      this.#announced = false;
      return;
    }
    if (native.inode(fd) === this.#socket.inode) {
      native.receive(fd, this.#status, 0, 1, MSG_DONTWAIT);
    }
    native.close(fd);
    this.#announced = false;
  }
}

const align8 = (value: number): number => Math.ceil(value / 8) * 8;

/** TPACKET_V2: the only version that is mirrored; libpcap asks for a later one first. */
export const ringVersion = 1;
export const ringRefused = errno.EINVAL;
