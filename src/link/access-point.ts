// SPDX-License-Identifier: GPL-2.0-only

/** An access point: a bridge between the stations that are associated with it and what it is wired to. */
import { isGroupAddress, macNumber } from './ethernet.js';
import type { FrameHandle } from './frame-pool.js';
import { Link } from './link.js';
import type { Medium } from './medium.js';
import { Port, type PortOwner } from './port.js';
import { checkPosition, type Position, type Radio } from './radio.js';
import type { Station } from './station.js';
import type { LinkWorld } from './world.js';

/** The logical link control frame with which access points tell switches that a station has moved. */
const exchangeIdentification = [0, 6, 0, 1, 0xaf, 0x81, 1, 2];
const shortestFrameBytes = 60;

/** An access point of the air, with a wired side that links are connected to. */
export class AccessPoint implements Medium, PortOwner, Radio {
  readonly name: string;
  readonly within: Medium;
  readonly position: Position;
  /** Into the air. */
  readonly link: Link;
  readonly port: Port;
  readonly #world: LinkWorld;
  readonly #radio: Port;
  readonly #wired: Port[] = [];
  readonly #links: Link[] = [];
  readonly #stations = new Set<Station>();

  /** Context: called by the air, whose port this is. @internal */
  constructor(world: LinkWorld, air: Medium, name: string, position: Position, port: Port) {
    this.name = name;
    this.within = air;
    this.position = checkPosition(position, name);
    this.port = port;
    this.#world = world;
    this.#radio = new Port(`${name}.radio`, this, world.frames);
    this.link = new Link(world, this.#radio, port);
  }

  /** Links that are plugged in. */
  get links(): readonly Link[] {
    return this.#links;
  }

  /** @internal */
  createPort(): Port {
    const port = new Port(`${this.name}.port${this.#wired.length}`, this, this.#world.frames);
    this.#wired.push(port);
    return port;
  }

  /** @internal */
  plugged(link: Link): void {
    this.#links.push(link);
  }

  /** From what it is wired to. @internal */
  receive(from: Port, frame: FrameHandle): void {
    const { frames } = this.#world;
    const at = frames.offsetOf(frame);
    const isGroup = isGroupAddress(frames.bytes, at);
    if (isGroup || this.#isHere(macNumber(frames.bytes, at))) this.#send(this.#radio, frame);
    if (isGroup) this.#sendWired(frame, from);
    frames.release(frame);
  }

  /** For the air: from a station of ours. @internal */
  receiveFromAir(frame: FrameHandle): void {
    const { frames } = this.#world;
    const at = frames.offsetOf(frame);
    const isGroup = isGroupAddress(frames.bytes, at);
    const isHere = this.#isHere(macNumber(frames.bytes, at));
    if (isGroup || isHere) this.#send(this.#radio, frame);
    if (!isHere) this.#sendWired(frame);
    frames.release(frame);
  }

  /** For the air. @internal */
  enter(station: Station): void {
    this.#stations.add(station);
  }

  /** For the air. @internal */
  leave(station: Station): void {
    this.#stations.delete(station);
  }

  /** Tells switches where a station is now. @internal */
  announce({ address }: Station): void {
    if (address === undefined) return;
    const { frames } = this.#world;
    const frame = frames.allocate(shortestFrameBytes);
    const bytes = frames.view(frame).fill(0);
    bytes.fill(0xff, 0, 6);
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(6, Math.floor(address / 2 ** 32));
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, address % 2 ** 32);
    bytes.set(exchangeIdentification, 12);
    this.#sendWired(frame);
    frames.release(frame);
  }

  /** @internal */
  saveState(): unknown {
    return this.link.saveState();
  }

  /** @internal */
  restoreState(state: unknown): void {
    this.link.restoreState(state);
  }

  #isHere(address: number): boolean {
    for (const station of this.#stations) if (station.address === address) return true;
    return false;
  }

  #sendWired(frame: FrameHandle, except?: Port): void {
    for (const port of this.#wired) {
      if (port !== except && port.hasCarrier) this.#send(port, frame);
    }
  }

  #send(port: Port, frame: FrameHandle): void {
    this.#world.frames.retain(frame);
    port.send(frame);
  }
}
