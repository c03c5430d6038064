// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/{frame,tap,packet,stream}.c: frames between a kernel's memory and the machine. `memory` is all of a
 * kernel's memory and `base` the kernel's address of its first byte; a frame is the address of a lib_frame. A
 * header is a virtio_net_hdr of 10 bytes.
 */
export interface FramesBinding {
  /**
   * Copies `lengthBytes` of `bytes` into a frame that was allocated with that length, and the offloads of the
   * header that is right before them if `withHeader` is 1. 0, or -EINVAL.
   */
  frameFill(
    memory: Uint8Array,
    base: number,
    frame: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    withHeader: number,
  ): number;

  /**
   * Writes frames, each with its header, to a TAP interface or a packet socket that does not block, in order.
   * Returns how many are done with, sent or dropped: fewer than `count` when there was no room for the next.
   * `sent` counts on: frames, bytes, frames dropped, the errno of the last of those.
   */
  tapSend(
    fd: number,
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number;
  /**
   * Reads frames with headers into `buffer` until nothing is there, `buffer` is full or `countMax` are in it, which
   * is what it returns, or -errno. `entries` gets the offset and the length of each; its header is right before it.
   */
  tapReceive(fd: number, buffer: Uint8Array, entries: Uint32Array, countMax: number): number;
  /** The same from a packet socket with PACKET_VNET_HDR and PACKET_AUXDATA. */
  packetReceive(fd: number, buffer: Uint8Array, entries: Uint32Array, countMax: number): number;

  /**
   * As tapSend, behind lengths instead of headers. `rest` (65,572 bytes) keeps the frame that was begun, between
   * the two offsets in `ends`. -errno: the other side is gone.
   */
  streamSend(
    fd: number,
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
    rest: Uint8Array,
    ends: Uint32Array,
  ): number;
  /**
   * As tapReceive, without headers. `ends`: between which offsets of `buffer` the bytes lie that are no whole frame
   * yet; 0 and 0 at first. -EPIPE: the other side has closed; -EPROTO: it said a length that no frame has.
   */
  streamReceive(
    fd: number,
    buffer: Uint8Array,
    ends: Uint32Array,
    entries: Uint32Array,
    countMax: number,
  ): number;
}
