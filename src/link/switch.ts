// SPDX-License-Identifier: GPL-2.0-only

/**
 * An Ethernet switch: it stores a frame, learns where its sender is, and passes it on to where its receiver is,
 * or everywhere while it does not know. It does not speak the spanning tree protocol, so switches form no loop.
 */
import { LibosError } from '../errors.js';
import { parseDurationNs } from '../units.js';
import type { LinkWorld } from './world.js';
import { etherHeaderBytes, isGroupAddress, macBytes, macNumber } from './ethernet.js';
import type { FrameHandle } from './frame-pool.js';
import { FrameView } from './frame-view.js';
import type { Link } from './link.js';
import type { Medium } from './medium.js';
import { Port, type PortOwner } from './port.js';
import { knownNames } from './settings.js';

/** Of a switch: `simulation.switch(name, options)`. */
export interface SwitchOptions {
  /** How long it remembers where a sender was: "300 s" by default. */
  readonly ageing?: string | number;
}

/** Frames that a switch has passed on to one port, to all, or to none. */
export interface SwitchCounters {
  /** Frames that went to the one port where their receiver is. */
  forwardedFrames: number;
  /** Frames that went to all ports. */
  floodedFrames: number;
  /** Frames that went nowhere: their receiver is where they came from, or nobody wants them. */
  filteredFrames: number;
}

interface SwitchState {
  /** Address, port and time. */
  readonly table: readonly (readonly [number, number, number])[];
  readonly routerPorts: readonly number[];
  readonly counters: SwitchCounters;
}

const ageingDefault = '300 s';
const shortestFrameBytes = etherHeaderBytes;
/** Where hosts say which multicast groups they want (IGMPv3, MLDv2), and where routers ask. */
const reports: readonly number[] = [0x01005e000016, 0x333300000016];
const queries: readonly number[] = [0x01005e000001, 0x333300000001];
const igmpQuery = { protocol: 2, type: 0x11 } as const;
const mldQuery = { protocol: 58, type: 130 } as const;

/** An Ethernet switch that learns where addresses are. Without the spanning tree protocol: switches form no loop. */
export class Switch implements Medium, PortOwner {
  readonly name: string;
  readonly counters: SwitchCounters = { forwardedFrames: 0, floodedFrames: 0, filteredFrames: 0 };
  readonly #world: LinkWorld;
  readonly #ageingNs: number;
  readonly #ports: Port[] = [];
  readonly #links: Link[] = [];
  readonly #table = new Map<number, { port: Port; timeNs: number }>();
  /** Where a multicast router is. */
  readonly #routerPorts = new Set<Port>();

  /** @internal */
  constructor(world: LinkWorld, name: string, options: SwitchOptions = {}) {
    knownNames(options, ['ageing'], `switch ${name}`);
    this.name = name;
    this.#world = world;
    this.#ageingNs = parseDurationNs(options.ageing ?? ageingDefault, `switch ${name}: ageing`);
  }

  /** Links that are plugged in. */
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
  plugged(link: Link): void {
    this.#links.push(link);
    refuseLoop(this, link);
  }

  /** Which senders are remembered, as numbers of 48 bits, and the labels of the ports where they are. */
  get addresses(): ReadonlyMap<number, string> {
    const known = [...this.#table].filter(([, entry]) => this.#isFresh(entry));
    return new Map(known.map(([address, { port }]) => [address, port.label]));
  }

  /** @internal */
  receive(port: Port, frame: FrameHandle): void {
    const { frames, nowNs } = this.#world;
    if (frames.lengthOf(frame) < shortestFrameBytes) {
      this.#filter(frame);
      return;
    }
    const { bytes } = frames;
    const at = frames.offsetOf(frame);
    if (!isGroupAddress(bytes, at + macBytes))
      this.#learn(macNumber(bytes, at + macBytes), port, nowNs);
    const destination = macNumber(bytes, at);
    if (isGroupAddress(bytes, at)) {
      this.#passGroup(port, frame, destination);
      return;
    }
    const known = this.#table.get(destination);
    if (!known || !this.#isFresh(known)) {
      this.#flood(port, frame);
    } else if (known.port === port) {
      this.#filter(frame);
    } else {
      this.counters.forwardedFrames++;
      known.port.send(frame);
    }
  }

  /** What was behind a port may be elsewhere when it is back. @internal */
  carrierChanged(port: Port): void {
    if (port.hasCarrier) return;
    for (const [address, entry] of this.#table) {
      if (entry.port === port) this.#table.delete(address);
    }
    this.#routerPorts.delete(port);
  }

  /** @internal */
  saveState(): SwitchState {
    const number = (port: Port): number => this.#ports.indexOf(port);
    return {
      table: Array.from(
        this.#table,
        ([address, { port, timeNs }]) => [address, number(port), timeNs] as const,
      ),
      routerPorts: Array.from(this.#routerPorts, number),
      counters: { ...this.counters },
    };
  }

  /** @internal */
  restoreState(saved: unknown): void {
    const state = saved as SwitchState;
    this.#table.clear();
    for (const [address, port, timeNs] of state.table) {
      this.#table.set(address, { port: this.#ports[port]!, timeNs });
    }
    this.#routerPorts.clear();
    for (const port of state.routerPorts) this.#routerPorts.add(this.#ports[port]!);
    Object.assign(this.counters, state.counters);
  }

  #learn(address: number, port: Port, timeNs: number): void {
    const entry = this.#table.get(address);
    if (!entry) this.#table.set(address, { port, timeNs });
    else {
      entry.port = port;
      entry.timeNs = timeNs;
    }
  }

  #isFresh({ timeNs }: { timeNs: number }): boolean {
    return this.#world.nowNs - timeNs <= this.#ageingNs;
  }

  /**
   * Everywhere, but for what hosts report about their groups: that goes to multicast routers alone (RFC 4541,
   * section 2.1.1), so that many hosts on one switch do not tell each other what none of them asks.
   */
  #passGroup(port: Port, frame: FrameHandle, destination: number): void {
    if (queries.includes(destination) && this.#isQuery(frame)) this.#routerPorts.add(port);
    if (!reports.includes(destination)) {
      this.#flood(port, frame);
      return;
    }
    const to = [...this.#routerPorts].filter((one) => one !== port);
    if (to.length === 0) this.#filter(frame);
    else this.#sendAll(to, frame);
  }

  #isQuery(frame: FrameHandle): boolean {
    const place = { timeNs: this.#world.nowNs, direction: 'forward', from: '', to: '' } as const;
    const view = new FrameView(place, () => this.#world.frames.view(frame));
    const type = view.payload[0];
    return [igmpQuery, mldQuery].some(
      (query) => query.protocol === view.protocol && query.type === type,
    );
  }

  #flood(from: Port, frame: FrameHandle): void {
    this.#sendAll(
      this.#ports.filter((port) => port !== from && port.hasCarrier),
      frame,
    );
  }

  #sendAll(ports: readonly Port[], frame: FrameHandle): void {
    this.counters.floodedFrames++;
    for (const port of ports) {
      this.#world.frames.retain(frame);
      port.send(frame);
    }
    this.#world.frames.release(frame);
  }

  #filter(frame: FrameHandle): void {
    this.counters.filteredFrames++;
    this.#world.frames.release(frame);
  }
}

/** A loop of switches carries each broadcast round and round, for ever. */
export function refuseLoop(from: Medium & { readonly links: readonly Link[] }, link: Link): void {
  const seen = new Set<unknown>([from]);
  const next: unknown[] = otherOwners(from, [link]);
  for (let owner = next.pop(); owner !== undefined; owner = next.pop()) {
    if (seen.has(owner)) continue;
    seen.add(owner);
    const { links = [] } = owner as { readonly links?: readonly Link[] };
    for (const other of links) {
      if (other === link) continue;
      if (otherOwners(owner, [other]).includes(from)) {
        throw new LibosError('ERR_LIBOS_TOPOLOGY', `${link.name} makes a loop of switches`, {
          hint: 'switches here do not speak the spanning tree protocol: join them as a tree',
        });
      }
      next.push(...otherOwners(owner, [other]));
    }
  }
}

function otherOwners(self: unknown, links: readonly Link[]): unknown[] {
  return links
    .flatMap(({ ends }) =>
      ends.map(({ device }) => (device instanceof Port ? device.owner : undefined)),
    )
    .filter((owner) => owner !== undefined && owner !== self);
}
