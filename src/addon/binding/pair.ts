// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/pair.c: pairs of AF_UNIX sockets, one end a program's descriptor, the other the broker's. Results
 * and failures as in files.ts.
 */
export interface PairBinding {
  /**
   * A pair of SOCK_STREAM or SOCK_DGRAM with these send buffers (as SO_SNDBUF has them). Fills `ends` with the
   * broker’s end, which never waits, the program’s end, and the latter’s st_ino. A stream’s broker’s end starts
   * with one byte to read; the program’s end of datagrams has a name.
   */
  pairOpen(type: number, brokerBytes: number, programBytes: number, ends: Float64Array): number;
  /** Sets a send buffer, beyond the machine’s maximum where that is allowed. */
  pairSendBuffer(fd: number, bytes: number): number;
  /** Takes up to `lengthBytes` out of a stream and forgets them: how many. */
  pairDiscard(fd: number, lengthBytes: number): number;
  /** Writes zeros until there is no room: how many bytes. */
  pairFill(fd: number): number;
  /**
   * Puts ECONNRESET at the other end of a datagram pair: its poll says POLLERR, its next read or write fails.
   * Messages that wait at this end are lost.
   */
  pairRaise(fd: number): number;
  /** SO_ERROR: the error that waits at a socket, or 0. */
  pairTakeError(fd: number): number;
  /** Gives an end a name of Linux's choice, by which it can be found to be open. */
  pairName(fd: number): number;
  /** 1 while the other end, which has a name, is open, 0 after. */
  pairAlive(fd: number): number;
}
