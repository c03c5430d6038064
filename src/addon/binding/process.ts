// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/process.c: the memory, descriptors and signals of another process, which a waiting thread of it
 * names. Failures come as -errno: ESRCH when it has gone, EPERM when Linux does not let us near it.
 */
export interface ProcessBinding {
  /** A descriptor of our own for an open file of the process. */
  processBorrow(tid: number, fd: number): number;
  /** Fills `fields` with st_ino, st_mode and F_GETFL's flags of an open file of the process. */
  processIdentify(tid: number, fd: number, fields: Float64Array): number;
  /** The thread group that a thread belongs to. */
  processGroup(tid: number): number;
  /** A descriptor that becomes readable when the process has ended. */
  processOpen(pid: number): number;
  processSignal(pid: number, tid: number, signal: number): number;
  /** How many bytes: fewer than asked for where memory is missing behind the first, EFAULT where it is. */
  processRead(
    tid: number,
    address: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): number;
  processWrite(
    tid: number,
    address: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): number;
  /** `ranges` holds address, length, address, length … of the process; `count` pairs, 1024 at most. */
  processReadVector(
    tid: number,
    ranges: Float64Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): number;
  processWriteVector(
    tid: number,
    ranges: Float64Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
  ): number;
}
