// SPDX-License-Identifier: GPL-2.0-only

/**
 * A socket of a switch, hub or access point, into which a link is plugged. Frames pass it as the pool's handles,
 * without a copy.
 */
import type { FrameHandle, FramePool } from './frame-pool.js';

/** Whose port it is. */
export interface PortOwner {
  /** Takes a frame, and the caller's hold of it. */
  receive(port: Port, frame: FrameHandle): void;
  /** The link came up or went down. */
  carrierChanged?(port: Port): void;
}

/** @internal */
export class Port {
  /** Unique in its simulation, e.g. "lan.port0". */
  readonly label: string;
  /** A port passes frames of any size; its link has the limit. */
  readonly mtu = Infinity;
  readonly #owner: PortOwner;
  readonly #pool: FramePool;
  #sink: { accept(frame: FrameHandle): void } | undefined;
  #carrier = false;

  constructor(label: string, owner: PortOwner, pool: FramePool) {
    this.label = label;
    this.#owner = owner;
    this.#pool = pool;
  }

  get owner(): PortOwner {
    return this.#owner;
  }

  /** Whether a link is plugged in that carries something. */
  get hasCarrier(): boolean {
    return this.#carrier;
  }

  /** For its link. */
  connect(sink: { accept(frame: FrameHandle): void } | undefined): void {
    this.#sink = sink;
  }

  /** For its link. */
  setCarrier(up: boolean): void {
    if (this.#carrier === up) return;
    this.#carrier = up;
    this.#owner.carrierChanged?.(this);
  }

  /** For its link: a frame has arrived, and the caller's hold of it passes on. */
  receive(frame: FrameHandle): boolean {
    this.#owner.receive(this, frame);
    return true;
  }

  /** For its owner: sends a frame, and gives up the hold of it. */
  send(frame: FrameHandle): void {
    if (this.#sink) this.#sink.accept(frame);
    else this.#pool.release(frame);
  }
}
