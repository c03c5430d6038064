// SPDX-License-Identifier: GPL-2.0-only

/**
 * The host's side of the NIC driver (mirrors kernel/arch/lib/kernel/hostnic.c): makes devices in a kernel and
 * moves frames between kernels' memories. Links call it; it looks into no packet.
 */
import { LibosError } from '../errors.js';
import { LIB_NIC, LibFrame, LibNicConfig, LibSegment } from '../kernel/abi.generated.js';
import type { KernelInstance, KernelMemory } from '../kernel/index.js';
import type { FrameOffloads, FrameSink, Nic } from './nic.js';
import type { Scheduler, TargetId } from './scheduler.js';

export interface HostNicOptions {
  /** The interface's name. */
  readonly name: string;
  readonly mac: Uint8Array;
  readonly mtu?: number;
  /** Scatter-gather, checksums, TCP and UDP segmentation, merging of received frames: all on by default. */
  readonly offloads?: Partial<Record<Offload, boolean>>;
  /** Frames in flight before the device's queue stops; by default there is no limit. */
  readonly txQueueFrames?: number;
}

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
const nicsOf = new WeakMap<KernelInstance, HostNic[]>();

export class HostNic implements Nic {
  readonly kernel: KernelInstance;
  readonly number: number;
  /** The interface's index in its kernel. */
  readonly ifindex: number;
  readonly name: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly label: string;
  readonly #scheduler: Scheduler;
  readonly #unsent: TargetId;
  #sink: FrameSink | undefined;

  constructor(kernel: KernelInstance, scheduler: Scheduler, options: HostNicOptions) {
    const { mac, mtu = mtuDefault } = options;
    const config = createDevice(kernel, { ...options, mtu });
    this.kernel = kernel;
    this.#scheduler = scheduler;
    this.number = config.number;
    this.ifindex = config.ifindex;
    this.name = options.name;
    this.mac = mac;
    this.mtu = mtu;
    this.label = `${kernel.name}.${this.name}`;
    this.#unsent = scheduler.register(this);
    register(this);
  }

  connect(sink: FrameSink | undefined): void {
    this.#sink = sink;
    this.kernel.nicCarrier(this.number, sink !== undefined);
  }

  /** Takes the device out of its kernel; frames in flight are still given back by their link. */
  destroy(): void {
    this.#sink = undefined;
    this.kernel.nicDestroy(this.number);
  }

  /** Context: the kernel is inside a call. */
  transmit(frame: number): void {
    if (this.#sink) this.#sink.transmit(this, frame);
    // Without a link the carrier is off and Linux sends nothing, but for what it had begun to.
    else this.#scheduler.at(this.#scheduler.nowNs, this.#unsent, frame, 0);
  }

  onTime(frame: number): void {
    this.transmitted(frame);
  }

  frameLength(frame: number): number {
    return this.kernel.memory.u32[(frame + LibFrame.length) >>> 2]!;
  }

  readOffloads(frame: number, offloads: FrameOffloads): void {
    const { u16, bytes } = this.kernel.memory;
    const half = frame >>> 1;
    offloads.csumStart = u16[half + LibFrame.csumStart / 2]!;
    offloads.csumOffset = u16[half + LibFrame.csumOffset / 2]!;
    offloads.gsoSize = u16[half + LibFrame.gsoSize / 2]!;
    offloads.headerLength = u16[half + LibFrame.headerLength / 2]!;
    offloads.gsoType = bytes[frame + LibFrame.gsoType]!;
    offloads.flags = bytes[frame + LibFrame.flags]!;
  }

  writeOffloads(frame: number, offloads: FrameOffloads): void {
    const { u16, bytes } = this.kernel.memory;
    const half = frame >>> 1;
    u16[half + LibFrame.csumStart / 2] = offloads.csumStart;
    u16[half + LibFrame.csumOffset / 2] = offloads.csumOffset;
    u16[half + LibFrame.gsoSize / 2] = offloads.gsoSize;
    u16[half + LibFrame.headerLength / 2] = offloads.headerLength;
    bytes[frame + LibFrame.gsoType] = offloads.gsoType;
    bytes[frame + LibFrame.flags] = offloads.flags;
  }

  copyOut(frame: number, fromByte: number, target: Uint8Array): void {
    const { memory } = this.kernel;
    const { bytes } = memory;
    let done = 0;
    for (let piece = 0, start = 0; done < target.length; piece++) {
      const length = pieceLength(memory, frame, piece);
      const from = fromByte + done - start;
      if (from < length) {
        const count = Math.min(length - from, target.length - done);
        const address = pieceAddress(memory, frame, piece) + from;
        target.set(bytes.subarray(address, address + count), done);
        done += count;
      }
      start += length;
    }
  }

  transmitted(frame: number): void {
    if (this.kernel.death) return;
    this.kernel.txDone(frame);
    this.#scheduler.runBeforeTimeMoves(this.kernel);
  }

  allocate(lengthBytes: number): number {
    return this.kernel.death ? 0 : this.kernel.rxAlloc(this.number, lengthBytes);
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
      sourceFrame,
      fromByte,
      this.kernel.memory,
      frame,
      toByte,
      lengthBytes,
    );
  }

  write(frame: number, written: Uint8Array): void {
    const { memory } = this.kernel;
    if (written.length > pieceLength(memory, frame, 0)) {
      throw new Error(`${this.label}: ${written.length} bytes do not fit a frame's first piece`);
    }
    memory.bytes.set(written, pieceAddress(memory, frame, 0));
  }

  receive(frame: number): void {
    if (this.kernel.death) return;
    this.kernel.rx(frame);
    this.#scheduler.runBeforeTimeMoves(this.kernel);
  }
}

function createDevice(
  kernel: KernelInstance,
  options: HostNicOptions & { readonly mtu: number },
): { number: number; ifindex: number } {
  const { name, mac, mtu, offloads = {}, txQueueFrames = 0 } = options;
  const encodedName = new TextEncoder().encode(name);
  const nameMax = LibNicConfig.mac - LibNicConfig.name - 1;
  const named = encodedName.length > 0 && encodedName.length <= nameMax && !name.includes('%');
  if (!named || mac.length !== 6) {
    throw new LibosError(
      'ERR_LIBOS_NIC',
      `${kernel.name}: a NIC needs a name of 1 to ${nameMax} bytes and a MAC address of 6, not ${JSON.stringify(name)} and ${mac.length}`,
    );
  }
  let features = 0;
  for (const [offload, bit] of Object.entries(offloadBits)) {
    if (offloads[offload as Offload] ?? true) features |= bit;
  }
  const config = kernel.alloc(LibNicConfig.sizeBytes);
  try {
    const { bytes, u32 } = kernel.memory;
    bytes.set(encodedName, config + LibNicConfig.name);
    bytes.set(mac, config + LibNicConfig.mac);
    u32[(config + LibNicConfig.mtu) >>> 2] = mtu;
    u32[(config + LibNicConfig.features) >>> 2] = features;
    u32[(config + LibNicConfig.txQueueFrames) >>> 2] = txQueueFrames;
    const number = kernel.nicCreate(config);
    if (number < 0) {
      throw new LibosError(
        'ERR_LIBOS_NIC',
        `${kernel.name}: Linux refuses the NIC ${name} (errno ${-number})`,
        { hint: 'its name must be free, its MTU 68 to 65535, its MAC address a unicast one' },
      );
    }
    return { number, ifindex: kernel.memory.u32[(config + LibNicConfig.ifindex) >>> 2]! };
  } finally {
    if (!kernel.death) kernel.free(config);
  }
}

function register(nic: HostNic): void {
  let nics = nicsOf.get(nic.kernel);
  if (!nics) {
    const ofKernel: HostNic[] = [];
    nics = ofKernel;
    nicsOf.set(nic.kernel, nics);
    nic.kernel.onTransmit = (number, frame) => ofKernel[number]!.transmit(frame);
  }
  nics[nic.number] = nic;
}

function pieceAddress(memory: KernelMemory, frame: number, piece: number): number {
  const { u32 } = memory;
  if (piece === 0) return u32[(frame + LibFrame.head) >>> 2]!;
  return u32[segmentAt(u32, frame, piece) + LibSegment.address / 4]!;
}

function pieceLength(memory: KernelMemory, frame: number, piece: number): number {
  const { u32 } = memory;
  if (piece === 0) return u32[(frame + LibFrame.headLength) >>> 2]!;
  if (piece >= u32[(frame + LibFrame.segmentCount) >>> 2]!) {
    throw new Error(`hostnic: a frame of ${piece} pieces ends before the bytes asked for`);
  }
  return u32[segmentAt(u32, frame, piece) + LibSegment.length / 4]!;
}

function segmentAt(u32: Uint32Array, frame: number, piece: number): number {
  const segments = u32[(frame + LibFrame.segments) >>> 2]!;
  return (segments + (piece - 1) * LibSegment.sizeBytes) >>> 2;
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
    const from = pieceAddress(source, sourceFrame, sourcePiece) + sourceAt;
    targetBytes.set(
      sourceBytes.subarray(from, from + count),
      pieceAddress(target, targetFrame, targetPiece) + targetAt,
    );
    sourceAt += count;
    targetAt += count;
    left -= count;
  }
}
