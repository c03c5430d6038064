// SPDX-License-Identifier: GPL-2.0-only

/** What a link sees of a network device: frames as handles into kernel memory, moved without a copy in between. */

/** What one frame needs done before it is on a wire; all zero for a plain one. */
export interface FrameOffloads {
  /** The transport checksum covers from here to the end of the frame … */
  csumStart: number;
  /** … and goes here, counted from csumStart. */
  csumOffset: number;
  /** Payload bytes of each segment; 0: the frame is one. */
  gsoSize: number;
  /** Bytes of headers before the payload. */
  headerLength: number;
  /** LIB_GSO */
  gsoType: number;
  /** LIB_FRAME */
  flags: number;
}

/** Where a NIC's frames go. Context: the kernel is inside a call; read its memory, record, never call it. */
export interface FrameSink {
  /** Takes a frame, which is the NIC’s until `transmitted`. */
  transmit(nic: Nic, frame: number): void;
}

/** A NIC as links see it: frames by number, in memory of its own. */
export interface Nic {
  /** Unique in its simulation, e.g. "alice.eth0". */
  readonly label: string;
  /** Largest IP packet, in bytes, that it was made for. */
  readonly mtu: number;
  /** Who takes its frames; undefined: nobody. Its host may not have booted yet. */
  connect(sink: FrameSink | undefined): void;
  /** Whether there is a carrier; without one Linux sends and receives nothing. There is none at first. */
  setCarrier(up: boolean): void;

  /**
   * Whether a frame is there to be used. One whose kernel has crashed since is not: nothing else may be asked of
   * it, and it need not be given back.
   */
  holds(frame: number): boolean;
  /** Of a frame, in bytes. */
  frameLength(frame: number): number;
  /** Whether a frame is one segment, with or without its checksum, … */
  isWhole(frame: number): boolean;
  /** … and whether it is as a wire carries it: its offloads are all zero. */
  isPlain(frame: number): boolean;
  /** Fills `offloads` from a frame. */
  readOffloads(frame: number, offloads: FrameOffloads): void;
  /** Where its frames lie; good until the next call into its kernel. */
  readonly memory: DataView;
  /** Where in `memory` so many first bytes of a frame begin; -1 if they do not lie in one piece. */
  locate(frame: number, lengthBytes: number): number;
  /** Copies bytes of a frame out of its kernel, to `toByte` of `target`. */
  read(
    frame: number,
    fromByte: number,
    target: Uint8Array,
    toByte: number,
    lengthBytes: number,
  ): void;
  /** The bytes were taken or dropped. Not while its kernel is inside a call. */
  transmitted(frame: number): void;

  /** A frame to fill, 0 when there is no memory or the device is down. */
  allocate(lengthBytes: number): number;
  /** Copies bytes of a frame of another NIC into one of this one, where nothing is in between. */
  copyFrom(
    source: Nic,
    sourceFrame: number,
    fromByte: number,
    frame: number,
    toByte: number,
    lengthBytes: number,
  ): void;
  /** Fills a frame, which has that length, with bytes of `source`. */
  write(frame: number, source: Uint8Array, fromByte: number, lengthBytes: number): void;
  /** What a received frame says of its checksum and segments. */
  writeOffloads(frame: number, offloads: FrameOffloads): void;
  /** Hands a filled frame to the device, before time moves on. */
  receive(frame: number): void;
}
