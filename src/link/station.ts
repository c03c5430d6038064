// SPDX-License-Identifier: GPL-2.0-only

/** A host's place in the air: where it is, and which access point it is associated with. */
import type { AccessPoint } from './access-point.js';
import type { Link } from './link.js';
import type { Port } from './port.js';
import { checkPosition, type Position, type Radio } from './radio.js';

/** What the air does for its stations. */
export interface StationAir {
  /** The station is somewhere else: it may want another access point. */
  choose(station: Station): void;
  /** Calls `arrive(generation)` when a handover is over. */
  begin(station: Station, generation: number): void;
  readonly isStart: boolean;
  mayChange(): boolean;
}

interface StationState {
  readonly position: Position;
  readonly accessPoint: number;
  readonly next: number;
  readonly generation: number;
  readonly address: number | undefined;
}

/** A host in the air, at a place, with an access point that it is associated with. */
export class Station implements Radio {
  readonly link: Link;
  readonly port: Port;
  readonly number: number;
  /** Its Ethernet address as a number, once it has sent something. */
  address: number | undefined;
  readonly #air: StationAir;
  #position: Position = { x: 0, y: 0 };
  #accessPoint: AccessPoint | undefined;
  /** Where it goes to, while it is without a carrier. */
  #next: AccessPoint | undefined;
  #generation = 0;

  /** @internal */
  constructor(link: Link, port: Port, number: number, air: StationAir) {
    this.link = link;
    this.port = port;
    this.number = number;
    this.#air = air;
  }

  get position(): Position {
    return this.#position;
  }

  /** With which it is associated; undefined: with none, or it is on its way to another. */
  get accessPoint(): AccessPoint | undefined {
    return this.#accessPoint;
  }

  /** It is somewhere else from now on, and roams if it has to. */
  moveTo(position: Position): void {
    const checked = checkPosition(position, this.link.name);
    if (!this.#air.mayChange()) return;
    this.#position = checked;
    this.#air.choose(this);
  }

  /**
   * Goes to another access point: at once and with its carrier on, or after a handover without one, in which the
   * host's queued frames are lost as with any link that goes down.
   */
  associate(accessPoint: AccessPoint, { seamless = false } = {}): void {
    if (accessPoint === (this.#next ?? this.#accessPoint) || !this.#air.mayChange()) return;
    this.#generation++;
    if (seamless || this.#air.isStart) {
      this.#next = undefined;
      this.#join(accessPoint);
      return;
    }
    this.#accessPoint?.leave(this);
    this.#accessPoint = undefined;
    this.#next = accessPoint;
    this.link.down();
    this.#air.begin(this, this.#generation);
  }

  /** For the air: the handover that this is the number of is over. @internal */
  arrive(generation: number): void {
    const next = this.#next;
    if (generation !== this.#generation || !next) return;
    this.#next = undefined;
    this.#join(next);
    this.link.up();
  }

  /** @internal */
  saveState(accessPoints: readonly AccessPoint[]): StationState {
    return {
      position: this.#position,
      accessPoint: this.#accessPoint ? accessPoints.indexOf(this.#accessPoint) : -1,
      next: this.#next ? accessPoints.indexOf(this.#next) : -1,
      generation: this.#generation,
      address: this.address,
    };
  }

  /** @internal */
  restoreState(saved: unknown, accessPoints: readonly AccessPoint[]): void {
    const state = saved as StationState;
    this.#position = state.position;
    this.#accessPoint?.leave(this);
    this.#accessPoint = accessPoints[state.accessPoint];
    this.#accessPoint?.enter(this);
    this.#next = accessPoints[state.next];
    this.#generation = state.generation;
    this.address = state.address;
  }

  #join(accessPoint: AccessPoint): void {
    this.#accessPoint?.leave(this);
    this.#accessPoint = accessPoint;
    accessPoint.enter(this);
    if (!this.#air.isStart) accessPoint.announce(this);
  }
}
