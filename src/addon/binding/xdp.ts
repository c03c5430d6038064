// SPDX-License-Identifier: GPL-2.0-only

/** native/addon/xdp.c: a queue of an interface through AF_XDP. Failures are -errno; see frames.ts for the rest. */

/** Opaque; let go of when nobody has it any more. */
export type XdpHandle = object;

/** Which step of opening failed. */
export const xdpStages = ['socket', 'memory', 'bind', 'program', 'attach'] as const;

export interface XdpBinding {
  /**
   * `bindFlags` are XDP_COPY and so on, `attachFlags` XDP_FLAGS_*. `info` gets the stage that failed (an index of
   * xdpStages), the descriptor, and 1 if frames are not copied between the driver and the memory.
   */
  xdpOpen(
    interfaceIndex: number,
    queue: number,
    bindFlags: number,
    attachFlags: number,
    info: Uint32Array,
  ): XdpHandle | number;
  /** Where received frames lie. Once a handle. */
  xdpMemory(handle: XdpHandle): ArrayBuffer;
  /** As tapSend, without headers: how many are done with, or -errno. */
  xdpSend(
    handle: XdpHandle,
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number;
  /** Frames that Linux has not taken yet: `xdpSend`, without frames too, reminds it. */
  xdpUnsent(handle: XdpHandle): number;
  /** As tapReceive, without headers; frames lie in the memory until the next call. */
  xdpReceive(handle: XdpHandle, entries: Uint32Array, countMax: number): number;
  /** Gives the queue back to the machine. Nothing else may be asked of the handle afterwards. */
  xdpClose(handle: XdpHandle): void;
}
