// SPDX-License-Identifier: GPL-2.0-only

/**
 * An Ethernet hub: what comes in at a port goes out at all others. With a rate it is one cable that all share, on
 * which one sends at a time; without one, a repeater that costs no time.
 */
import { parseDurationNs, parseRateBitsPerSecond } from '../units.js';
import type { LinkWorld } from './world.js';
import type { FrameHandle } from './frame-pool.js';
import type { Link } from './link.js';
import type { Medium } from './medium.js';
import { Port, type PortOwner } from './port.js';
import { knownNames } from './settings.js';
import { SharedChannel } from './shared-channel.js';
import { refuseLoop } from './switch.js';

/** Of a hub: `simulation.hub(name, options)`. */
export interface HubOptions {
  /** Of the cable that all share: "10 Mbit/s"; no limit by default. */
  readonly rate?: string | number;
  /** What each frame costs beside its bits, the gap and the preamble: nothing by default. */
  readonly overhead?: string | number;
}

/** An Ethernet hub: what comes in at a port goes out at all others. With a rate it is one cable that all share. */
export class Hub implements Medium, PortOwner {
  readonly name: string;
  readonly #world: LinkWorld;
  readonly #channel: SharedChannel | undefined;
  readonly #ports: Port[] = [];
  readonly #links: Link[] = [];

  /** @internal */
  constructor(world: LinkWorld, name: string, options: HubOptions = {}) {
    const what = `hub ${name}`;
    knownNames(options, ['rate', 'overhead'], what);
    const { rate = Infinity, overhead = 0 } = options;
    this.name = name;
    this.#world = world;
    const overheadNs = parseDurationNs(overhead, `${what}: overhead`);
    if (rate === Infinity && overheadNs === 0) return;
    const rateBitsPerSecond =
      rate === Infinity ? rate : parseRateBitsPerSecond(rate, `${what}: rate`);
    this.#channel = new SharedChannel(world, name, { rateBitsPerSecond, overheadNs });
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** @internal */
  createPort(): Port {
    const port = new Port(`${this.name}.port${this.#ports.length}`, this, this.#world.frames);
    this.#ports.push(port);
    return port;
  }

  /** @internal */
  plugged(link: Link, port: Port): void {
    this.#links.push(link);
    refuseLoop(this, link);
    if (!this.#channel) return;
    const inward = link.ends[1].device === port ? link.forward : link.backward;
    this.#channel.add(inward.setPacer(this.#channel));
  }

  /** @internal */
  receive(from: Port, frame: FrameHandle): void {
    const { frames } = this.#world;
    for (const port of this.#ports) {
      if (port === from || !port.hasCarrier) continue;
      frames.retain(frame);
      port.send(frame);
    }
    frames.release(frame);
  }

  /** @internal */
  saveState(): unknown {
    return this.#channel?.saveState();
  }

  /** @internal */
  restoreState(state: unknown): void {
    this.#channel?.restoreState(state);
  }
}
