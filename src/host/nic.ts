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
  transmit(nic: Nic, frame: number): void;
}

export interface Nic {
  /** Unique in its simulation, e.g. "alice.eth0". */
  readonly label: string;
  /** Largest IP packet, in bytes, that it was made for. */
  readonly mtu: number;
  /** Who takes its frames; undefined: nobody, and the carrier is off. */
  connect(sink: FrameSink | undefined): void;

  frameLength(frame: number): number;
  /** Fills `offloads` from a frame. */
  readOffloads(frame: number, offloads: FrameOffloads): void;
  /** Copies bytes of a frame to the host's side, for those who look at them. */
  copyOut(frame: number, fromByte: number, target: Uint8Array): void;
  /** The bytes were taken or dropped. Not while its kernel is inside a call. */
  transmitted(frame: number): void;

  /** A frame to fill, 0 when there is no memory or the device is down. */
  allocate(lengthBytes: number): number;
  /** Copies bytes of a frame of another NIC into one of this one: the one copy on a frame's way. */
  copyFrom(
    source: Nic,
    sourceFrame: number,
    fromByte: number,
    frame: number,
    toByte: number,
    lengthBytes: number,
  ): void;
  /** Writes bytes into a frame, from its start; they must fit its first piece. */
  write(frame: number, bytes: Uint8Array): void;
  writeOffloads(frame: number, offloads: FrameOffloads): void;
  /** Hands a filled frame to the device, before time moves on. */
  receive(frame: number): void;
}
