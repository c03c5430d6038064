// SPDX-License-Identifier: GPL-2.0-only

/**
 * Captures in the pcapng format (draft-ietf-opsawg-pcapng), which Wireshark reads: several interfaces in a file,
 * their names, nanoseconds, the direction of each frame. Knows blocks; what is in a file is capture-file's.
 */
const blocks = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const;
const byteOrderMagic = 0x1a2b3c4d;
const linkTypeEthernet = 1;
const options = { end: 0, name: 2, resolution: 9, offset: 14, application: 4, flags: 2 } as const;
const nanoseconds = 9;
const directions = { in: 1, out: 2 } as const;
/** A packet's block but for the packet: its header, two options (the last is zero), and its length again. */
const packetFixedBytes = 28 + 8 + 4 + 4;
const twoTo32 = 2 ** 32;

/** The start of a file. */
export function encodeSection(): Uint8Array {
  const header = new BlockBuilder();
  header.u32(byteOrderMagic).u16(1).u16(0);
  // The section's length: not said, since it is written as it comes.
  header.u32(0xffffffff).u32(0xffffffff);
  header.option(options.application, new TextEncoder().encode('libos'));
  return encodeBlock(blocks.section, header.endOfOptions());
}

/**
 * An interface, whose number is how many came before it in the file. `snapBytes`: of each frame at most so much;
 * 0: all. `epochMs`: what 0 ns is, in milliseconds since 1970; whole seconds count.
 */
export function encodeInterface(name: string, snapBytes: number, epochMs: number): Uint8Array {
  const block = new BlockBuilder();
  block.u16(linkTypeEthernet).u16(0).u32(snapBytes);
  block.option(options.name, new TextEncoder().encode(name));
  block.option(options.resolution, Uint8Array.of(nanoseconds));
  block.option(options.offset, new BlockBuilder().u64(Math.floor(epochMs / 1000)).bytes);
  return encodeBlock(blocks.interface, block.endOfOptions());
}

/** A frame that was `lengthBytes` long, of which `frame` is the start. */
export function encodePacket(
  interfaceNumber: number,
  direction: 'in' | 'out',
  timeNs: number,
  frame: Uint8Array,
  lengthBytes = frame.length,
): Uint8Array {
  // By hand, since there are many of these.
  const paddedBytes = (frame.length + 3) & ~3;
  const block = new Uint8Array(packetFixedBytes + paddedBytes);
  const view = new DataView(block.buffer);
  view.setUint32(0, blocks.packet, true);
  view.setUint32(4, block.length, true);
  view.setUint32(8, interfaceNumber, true);
  view.setUint32(12, Math.floor(timeNs / twoTo32), true);
  view.setUint32(16, timeNs % twoTo32, true);
  view.setUint32(20, frame.length, true);
  view.setUint32(24, lengthBytes, true);
  block.set(frame, 28);
  const at = 28 + paddedBytes;
  view.setUint16(at, options.flags, true);
  view.setUint16(at + 2, 4, true);
  view.setUint32(at + 4, directions[direction], true);
  view.setUint32(block.length - 4, block.length, true);
  return block;
}

/** What a block of a file of ours is, and of a packet its interface and its time. */
export type DecodedBlock =
  | { readonly kind: 'section' | 'interface' }
  | { readonly kind: 'packet'; readonly interfaceNumber: number; readonly timeNs: number };

/** Context: `block` is a whole block that was written here. */
export function decodeBlock(block: Uint8Array): DecodedBlock {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const type = view.getUint32(0, true);
  if (type === blocks.section) return { kind: 'section' };
  if (type === blocks.interface) return { kind: 'interface' };
  const timeNs = view.getUint32(12, true) * twoTo32 + view.getUint32(16, true);
  return { kind: 'packet', interfaceNumber: view.getUint32(8, true), timeNs };
}

/** Bytes of a block's start that say its length, and that length. */
export const blockHeaderBytes = 8;
export function blockLengthBytes(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, blockHeaderBytes).getUint32(4, true);
}

function encodeBlock(type: number, body: BlockBuilder): Uint8Array {
  const total = body.bytes.length + 12;
  const block = new BlockBuilder();
  block.u32(type).u32(total).padded(body.bytes).u32(total);
  return block.bytes;
}

/** Little-endian, each method appends. */
class BlockBuilder {
  #buffer = new Uint8Array(128);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  u16(value: number): this {
    return this.#append(Uint8Array.of(value, value >>> 8));
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  u64(value: number): this {
    return this.u32(value % twoTo32).u32(Math.floor(value / twoTo32));
  }

  /** Padded with zeros to a multiple of 4 bytes. */
  padded(bytes: Uint8Array): this {
    this.#append(bytes);
    return this.#append(new Uint8Array(-bytes.length & 3));
  }

  option(code: number, value: Uint8Array): this {
    return this.u16(code).u16(value.length).padded(value);
  }

  endOfOptions(): this {
    return this.u16(options.end).u16(0);
  }

  #append(bytes: Uint8Array): this {
    const end = this.#length + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = end;
    return this;
  }
}
