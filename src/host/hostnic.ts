// SPDX-License-Identifier: GPL-2.0-only

/**
 * The host's side of the NIC driver (mirrors kernel/arch/lib/kernel/hostnic.c): makes devices in a kernel and
 * moves frames between kernels' memories. Links call it; it looks into no packet.
 */
import { LibosError } from '../errors.js';
import { LIB_NIC, LibFrame, LibNicConfig, LibSegment } from '../kernel/abi.generated.js';
import type { HostedKernel, KernelMemory } from '../kernel/index.js';
import type { FrameOffloads, FrameSink, Nic } from './nic.js';
import type { Scheduler, TargetId } from './scheduler.js';

/** Of a NIC. MTU in bytes. */
export interface HostNicOptions {
  /** The interface's name. */
  readonly name: string;
  /** The host's, for the label. */
  readonly hostName: string;
  readonly mac: Uint8Array;
  readonly mtu?: number;
  /** Scatter-gather, checksums, TCP and UDP segmentation, merging of received frames: all on by default. */
  readonly offloads?: Partial<Record<Offload, boolean>>;
  /** Frames in flight before the device's queue stops; by default there is no limit. */
  readonly txQueueFrames?: number;
}

/** What a NIC does for Linux: scatter-gather, checksums, segmentation of TCP and UDP, and merging of what arrives. */
export type Offload = 'sg' | 'csum' | 'tso' | 'uso' | 'gro';

const offloadBits: Readonly<Record<Offload, number>> = {
  sg: LIB_NIC.SG,
  csum: LIB_NIC.CSUM,
  tso: LIB_NIC.TSO,
  uso: LIB_NIC.USO,
  gro: LIB_NIC.GRO,
};
const mtuDefault = 1500;

/** The NICs of each kernel by their number. */
const nicsOf = new WeakMap<HostedKernel, HostNic[]>();

/** Handles of frames are addresses, and these times the number of kernels that the NIC has had before. */
const generationStep = 2 ** 32;

/**
 * A NIC outlives kernels: it is there before its host boots and after it has crashed, and keeps its address and
 * its link. A handle of a frame says of which kernel it is, so that one from before a crash is not taken for one
 * of the kernel that runs now.
 */
export interface HostNicState {
  readonly number: number;
  readonly ifindex: number;
  /** Of the frames of this boot. */
  readonly base: number;
  readonly carrier: boolean;
}

/** A NIC of a host: what Linux sends goes to what it is connected to, and what comes from there to Linux. */
export class HostNic implements Nic {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly label: string;
  readonly #options: HostNicOptions;
  readonly #scheduler: Scheduler;
  readonly #unsent: TargetId;
  #sink: FrameSink | undefined;
  #carrier = false;
  #kernel: HostedKernel | undefined;
  #number = -1;
  #ifindex = 0;
  #base = -generationStep;

  constructor(scheduler: Scheduler, options: HostNicOptions) {
    check(options);
    this.#options = options;
    this.#scheduler = scheduler;
    this.name = options.name;
    this.mac = options.mac;
    this.mtu = options.mtu ?? mtuDefault;
    this.label = `${options.hostName}.${this.name}`;
    this.#unsent = scheduler.register(this);
  }

  /** The kernel that drives it. Context: it is attached. */
  get kernel(): HostedKernel {
    if (!this.#kernel) throw new Error(`${this.label} is not attached to a kernel`);
    return this.#kernel;
  }

  get attached(): boolean {
    return this.#kernel !== undefined;
  }

  /** Its number in its kernel. */
  get number(): number {
    return this.#number;
  }

  /** The interface's index in its kernel; 0 while it has none. */
  get ifindex(): number {
    return this.#ifindex;
  }

  /** Makes the device in a kernel, down and without an address. */
  attach(kernel: HostedKernel): void {
    if (this.#kernel) throw new Error(`${this.label} is attached already`);
    const { number, ifindex } = createDevice(kernel, this.#options, this.mtu);
    this.#kernel = kernel;
    this.#number = number;
    this.#ifindex = ifindex;
    this.#base += generationStep;
    register(this, kernel);
    if (this.#carrier) kernel.nicCarrier(number, true);
  }

  /** What its kernel knows it by. @internal */
  saveState(): HostNicState {
    return {
      number: this.#number,
      ifindex: this.#ifindex,
      base: this.#base,
      carrier: this.#carrier,
    };
  }

  /** Takes over the device that a kernel's image has, or none: what it was when the image was taken. @internal */
  adopt(kernel: HostedKernel | undefined, state: HostNicState): void {
    this.#kernel = kernel;
    this.#number = state.number;
    this.#ifindex = state.ifindex;
    this.#base = state.base;
    this.#carrier = state.carrier;
    if (kernel) register(this, kernel);
  }

  /** Its kernel is gone, and all frames in it. */
  detach(): void {
    this.#kernel = undefined;
    this.#ifindex = 0;
  }

  connect(sink: FrameSink | undefined): void {
    this.#sink = sink;
  }

  setCarrier(up: boolean): void {
    if (this.#carrier === up) return;
    this.#carrier = up;
    const kernel = this.#kernel;
    if (!kernel || kernel.death) return;
    kernel.nicCarrier(this.#number, up);
    this.#scheduler.runBeforeTimeMoves(kernel);
  }

  /** Takes the device out of its kernel; frames in flight are still given back by their link. */
  destroy(): void {
    this.#sink = undefined;
    this.kernel.nicDestroy(this.#number);
  }

  /** Context: the kernel is inside a call. */
  transmit(address: number): void {
    const frame = address + this.#base;
    if (this.#sink) this.#sink.transmit(this, frame);
    // Without a link the carrier is off and Linux sends nothing, but for what it had begun to.
    else this.#scheduler.at(this.#scheduler.nowNs, this.#unsent, frame, 0);
  }

  /** @internal */
  onTime(frame: number): void {
    this.transmitted(frame);
  }

  holds(frame: number): boolean {
    const address = frame - this.#base;
    const kernel = this.#kernel;
    return address > 0 && address < generationStep && kernel !== undefined && !kernel.death;
  }

  /** Where a frame's lib_frame is in its kernel, for who moves frames in C. */
  addressOf(frame: number): number {
    return frame - this.#base;
  }

  /** Of a frame, in bytes. */
  frameLength(frame: number): number {
    const { memory } = this.kernel;
    return memory.u32[(frame - this.#base + LibFrame.length - memory.base) >>> 2]!;
  }

  isWhole(frame: number): boolean {
    const { u16, base } = this.kernel.memory;
    return u16[(frame - this.#base - base + LibFrame.gsoSize) >>> 1] === 0;
  }

  isPlain(frame: number): boolean {
    const { u16, base } = this.kernel.memory;
    const half = (frame - this.#base - base) >>> 1;
    // The kind of segmentation and the flags are a halfword together.
    return u16[half + LibFrame.gsoType / 2] === 0 && u16[half + LibFrame.gsoSize / 2] === 0;
  }

  readOffloads(frame: number, offloads: FrameOffloads): void {
    const { u16, bytes, base } = this.kernel.memory;
    const address = frame - this.#base - base;
    const half = address >>> 1;
    offloads.csumStart = u16[half + LibFrame.csumStart / 2]!;
    offloads.csumOffset = u16[half + LibFrame.csumOffset / 2]!;
    offloads.gsoSize = u16[half + LibFrame.gsoSize / 2]!;
    offloads.headerLength = u16[half + LibFrame.headerLength / 2]!;
    offloads.gsoType = bytes[address + LibFrame.gsoType]!;
    offloads.flags = bytes[address + LibFrame.flags]!;
  }

  /** What a received frame says of its checksum and segments. */
  writeOffloads(frame: number, offloads: FrameOffloads): void {
    const { u16, bytes, base } = this.kernel.memory;
    const address = frame - this.#base - base;
    const half = address >>> 1;
    u16[half + LibFrame.csumStart / 2] = offloads.csumStart;
    u16[half + LibFrame.csumOffset / 2] = offloads.csumOffset;
    u16[half + LibFrame.gsoSize / 2] = offloads.gsoSize;
    u16[half + LibFrame.headerLength / 2] = offloads.headerLength;
    bytes[address + LibFrame.gsoType] = offloads.gsoType;
    bytes[address + LibFrame.flags] = offloads.flags;
  }

  get memory(): DataView {
    return this.kernel.memory.view;
  }

  locate(frame: number, lengthBytes: number): number {
    const { memory } = this.kernel;
    const address = frame - this.#base;
    return lengthBytes <= pieceLength(memory, address, 0) ? pieceOffset(memory, address, 0) : -1;
  }

  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void {
    const { memory } = this.kernel;
    const { bytes } = memory;
    const address = frame - this.#base;
    let piece = 0;
    let length = pieceLength(memory, address, 0);
    // What has no offloads lies in one piece.
    if (fromByte + lengthBytes <= length) {
      const from = pieceOffset(memory, address, 0) + fromByte;
      target.set(bytes.subarray(from, from + lengthBytes), toByte);
      return;
    }
    let at = fromByte;
    let to = toByte;
    let left = lengthBytes;
    while (left > 0) {
      while (at >= length) {
        at -= length;
        length = pieceLength(memory, address, ++piece);
      }
      const count = Math.min(left, length - at);
      const from = pieceOffset(memory, address, piece) + at;
      target.set(bytes.subarray(from, from + count), to);
      at += count;
      to += count;
      left -= count;
    }
  }

  transmitted(frame: number): void {
    if (!this.holds(frame)) return;
    const { kernel } = this;
    if (kernel.txDone(frame - this.#base)) this.#scheduler.runBeforeTimeMoves(kernel);
  }

  allocate(lengthBytes: number): number {
    const kernel = this.#kernel;
    if (!kernel || kernel.death) return 0;
    const address = kernel.rxAlloc(this.#number, lengthBytes);
    return address === 0 ? 0 : address + this.#base;
  }

  copyFrom(
    source: Nic,
    sourceFrame: number,
    fromByte: number,
    frame: number,
    toByte: number,
    lengthBytes: number,
  ): void {
    if (!(source instanceof HostNic)) throw new Error(`${source.label} is no NIC of a kernel`);
    copyPieces(
      source.kernel.memory,
      sourceFrame - source.#base,
      fromByte,
      this.kernel.memory,
      frame - this.#base,
      toByte,
      lengthBytes,
    );
  }

  write(frame: number, source: Uint8Array, fromByte: number, lengthBytes: number): void {
    const { memory } = this.kernel;
    const { bytes } = memory;
    const address = frame - this.#base;
    // A view is made only where it must be.
    if (lengthBytes === source.length && lengthBytes <= pieceLength(memory, address, 0)) {
      bytes.set(source, pieceOffset(memory, address, 0));
      return;
    }
    let from = fromByte;
    const end = fromByte + lengthBytes;
    for (let piece = 0; from < end; piece++) {
      const count = Math.min(end - from, pieceLength(memory, address, piece));
      bytes.set(source.subarray(from, from + count), pieceOffset(memory, address, piece));
      from += count;
    }
  }

  receive(frame: number): void {
    if (!this.holds(frame)) return;
    this.kernel.rx(frame - this.#base);
    this.#scheduler.runBeforeTimeMoves(this.kernel);
  }
}

const nameBytesMax = LibNicConfig.mac - LibNicConfig.name - 1;

function check({ name, hostName, mac }: HostNicOptions): void {
  const { length } = new TextEncoder().encode(name);
  const named = length > 0 && length <= nameBytesMax && !name.includes('%');
  if (named && mac.length === 6) return;
  throw new LibosError(
    'ERR_LIBOS_NIC',
    `${hostName}: a NIC needs a name of 1 to ${nameBytesMax} bytes and a MAC address of 6, not ${JSON.stringify(name)} and ${mac.length}`,
  );
}

function createDevice(
  kernel: HostedKernel,
  { name, mac, offloads = {}, txQueueFrames = 0 }: HostNicOptions,
  mtu: number,
): { number: number; ifindex: number } {
  let features = 0;
  for (const [offload, bit] of Object.entries(offloadBits)) {
    if (offloads[offload as Offload] ?? true) features |= bit;
  }
  const config = kernel.alloc(LibNicConfig.sizeBytes);
  try {
    const { bytes, u32, base } = kernel.memory;
    const at = config - base;
    bytes.set(new TextEncoder().encode(name), at + LibNicConfig.name);
    bytes.set(mac, at + LibNicConfig.mac);
    u32[(at + LibNicConfig.mtu) >>> 2] = mtu;
    u32[(at + LibNicConfig.features) >>> 2] = features;
    u32[(at + LibNicConfig.txQueueFrames) >>> 2] = txQueueFrames;
    const number = kernel.nicCreate(config);
    if (number < 0) {
      throw new LibosError(
        'ERR_LIBOS_NIC',
        `${kernel.name}: Linux refuses the NIC ${name} (errno ${-number})`,
        { hint: 'its name must be free, its MTU 68 to 65535, its MAC address a unicast one' },
      );
    }
    return { number, ifindex: kernel.memory.u32[(at + LibNicConfig.ifindex) >>> 2]! };
  } finally {
    if (!kernel.death) kernel.free(config);
  }
}

function register(nic: HostNic, kernel: HostedKernel): void {
  let nics = nicsOf.get(kernel);
  if (!nics) {
    const ofKernel: HostNic[] = [];
    nics = ofKernel;
    nicsOf.set(kernel, nics);
    kernel.onTransmit = (number, address) => ofKernel[number]!.transmit(address);
  }
  nics[nic.number] = nic;
}

/** Where a piece lies in the memory's views. */
function pieceOffset(memory: KernelMemory, frame: number, piece: number): number {
  const { u32, base } = memory;
  if (piece === 0) return u32[(frame - base + LibFrame.head) >>> 2]! - base;
  return u32[segmentAt(memory, frame, piece) + LibSegment.address / 4]! - base;
}

function pieceLength(memory: KernelMemory, frame: number, piece: number): number {
  const { u32, base } = memory;
  if (piece === 0) return u32[(frame - base + LibFrame.headLength) >>> 2]!;
  if (piece >= u32[(frame - base + LibFrame.segmentCount) >>> 2]!) {
    throw new Error(`hostnic: a frame of ${piece} pieces ends before the bytes asked for`);
  }
  return u32[segmentAt(memory, frame, piece) + LibSegment.length / 4]!;
}

function segmentAt({ u32, base }: KernelMemory, frame: number, piece: number): number {
  const segments = u32[(frame - base + LibFrame.segments) >>> 2]!;
  return (segments - base + (piece - 1) * LibSegment.sizeBytes) >>> 2;
}

/** From the pieces of one frame into those of another. Nothing is allocated but the view of each run. */
function copyPieces(
  source: KernelMemory,
  sourceFrame: number,
  fromByte: number,
  target: KernelMemory,
  targetFrame: number,
  toByte: number,
  lengthBytes: number,
): void {
  const sourceBytes = source.bytes;
  const targetBytes = target.bytes;
  let sourcePiece = 0;
  let sourceLength = pieceLength(source, sourceFrame, 0);
  let sourceAt = fromByte;
  let targetPiece = 0;
  let targetLength = pieceLength(target, targetFrame, 0);
  let targetAt = toByte;
  let left = lengthBytes;
  while (left > 0) {
    while (sourceAt >= sourceLength) {
      sourceAt -= sourceLength;
      sourceLength = pieceLength(source, sourceFrame, ++sourcePiece);
    }
    while (targetAt >= targetLength) {
      targetAt -= targetLength;
      targetLength = pieceLength(target, targetFrame, ++targetPiece);
    }
    const count = Math.min(left, sourceLength - sourceAt, targetLength - targetAt);
    const from = pieceOffset(source, sourceFrame, sourcePiece) + sourceAt;
    targetBytes.set(
      sourceBytes.subarray(from, from + count),
      pieceOffset(target, targetFrame, targetPiece) + targetAt,
    );
    sourceAt += count;
    targetAt += count;
    left -= count;
  }
}
