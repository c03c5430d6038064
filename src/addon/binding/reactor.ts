// SPDX-License-Identifier: GPL-2.0-only

/** native/addon/reactor.c, which src/native/reactor.ts wraps: nobody else calls it. */

/** A reactor of the addon; opaque. */
export type ReactorHandle = object;

export interface ReactorBinding {
  /**
   * `callback(count)` is called with a batch in `events`, which has three words for each: slot, generation,
   * EPOLL* bits. Up to `rounds` batches are delivered before the event loop has its turn. The reactor, or -errno.
   */
  reactorCreate(
    rounds: number,
    events: Uint32Array,
    callback: (count: number) => void,
  ): ReactorHandle | number;
  /** epoll_ctl: 0 or -errno. */
  reactorControl(
    reactor: ReactorHandle,
    operation: number,
    fd: number,
    events: number,
    slot: number,
    generation: number,
  ): number;
  /** Whether what it watches keeps the process alive (1 or 0). */
  reactorKeep(reactor: ReactorHandle, keep: number): void;
  reactorClose(reactor: ReactorHandle): void;
}
