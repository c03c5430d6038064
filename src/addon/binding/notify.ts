// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/notify.c: seccomp user notification. A call is named by its listener and the two halves of its id;
 * failures come as -errno, ENOENT where nobody waits any more.
 */
export interface NotifyBinding {
  /** Notes calls under way in the memory of `fd`, which the guardian has too. Once in a process. */
  notifyLedger(fd: number): number;
  /**
   * Takes the next call off a listener: a struct seccomp_notif, and behind it the number of its entry in the
   * ledger. `key` names the listener there, and is not 0. Blocks when there is no call: poll first.
   */
  notifyReceive(listener: number, key: number, buffer: Uint8Array): number;
  /** Ends a call: with `value`, with `errno` if it is not 0, or by SECCOMP_USER_NOTIF_FLAG_CONTINUE. */
  notifySend(
    listener: number,
    idLow: number,
    idHigh: number,
    entry: number,
    value: number,
    errno: number,
    flags: number,
  ): number;
  notifyValid(listener: number, idLow: number, idHigh: number): boolean;
  /** SECCOMP_IOCTL_NOTIF_ADDFD: the number in the program. */
  notifyAddFd(
    listener: number,
    idLow: number,
    idHigh: number,
    flags: number,
    fd: number,
    at: number,
    atFlags: number,
  ): number;
  /** The call of this entry has ended otherwise than by `notifySend`. */
  notifySettle(entry: number): void;
  notifySetFlags(listener: number, flags: number): number;
}
