// SPDX-License-Identifier: GPL-2.0-only

/**
 * The air, much simplified from IEEE 802.11: one channel, on which one sends at a time and whoever is next is
 * picked at random; each try is lost with a probability that depends on the pair and its distance, and is repeated
 * a few times if it is for one receiver. With access points, stations talk to the one that they are associated
 * with; without, to each other.
 */
import { LibosError } from '../errors.js';
import type { Scheduler, SeededEntropy, TargetId } from '../host/index.js';
import { parseDurationNs, parseRateBitsPerSecond } from '../units.js';
import { AccessPoint } from './access-point.js';
import { isGroupAddress, macBytes, macNumber } from './ethernet.js';
import type { FrameHandle } from './frame-pool.js';
import type { Link } from './link.js';
import type { Medium } from './medium.js';
import { Port, type PortOwner } from './port.js';
import { distanceOf, type Position, type Radio } from './radio.js';
import { knownNames } from './settings.js';
import { SharedChannel, type TurnEnd } from './shared-channel.js';
import { Station } from './station.js';
import type { Transmitter } from './transmitter.js';
import type { LinkWorld } from './world.js';

/** Of the air: `simulation.wireless(name, options)`. Distances are in metres. */
export interface WirelessOptions {
  /** Of the channel: "54 Mbit/s" by default. */
  readonly rate?: string | number;
  /** What each turn costs beside its bits: "100 us" by default. */
  readonly overhead?: string | number;
  /** How often a frame for one receiver is tried again: 7 times by default. */
  readonly retries?: number;
  /** Metres beyond which nobody hears anybody: 100 by default. */
  readonly range?: number;
  /** The loss of one try over a distance in metres; by default the fourth power of its share of the range. */
  readonly loss?: (distance: number) => number;
  /** Whether a station goes to the nearest access point by itself (the default) or when it is told. */
  readonly roaming?: 'nearest' | 'manual';
  /** How many metres nearer another access point must be: 10 by default. */
  readonly hysteresis?: number;
  /** How long a station is without a carrier when it changes: "50 ms" by default. */
  readonly handover?: string | number;
}

interface WirelessState {
  readonly channel: unknown;
  readonly entropy: SeededEntropy['state'];
  readonly tries: readonly (readonly [number, number])[];
  readonly stations: readonly unknown[];
  readonly accessPoints: readonly unknown[];
  readonly losses: readonly (readonly [string, number])[];
}

/**
 * The air: one channel on which one sends at a time, with losses by distance and repetitions, much simplified from
 * IEEE 802.11.
 */
export class Wireless implements Medium, PortOwner {
  readonly name: string;
  readonly accessPoints: AccessPoint[] = [];
  readonly stations: Station[] = [];
  readonly #world: LinkWorld;
  readonly #options: Required<Omit<WirelessOptions, 'rate' | 'overhead' | 'handover'>>;
  readonly #handoverNs: number;
  readonly #channel: SharedChannel;
  readonly #entropy: SeededEntropy;
  readonly #scheduler: Scheduler;
  readonly #arrival: TargetId;
  readonly #radios = new Map<Transmitter, Radio>();
  readonly #ofPort = new Map<Port, Radio>();
  readonly #losses = new Map<string, number>();
  readonly #tries = new Map<Transmitter, number>();
  readonly #address = new Uint8Array(macBytes);
  #portCount = 0;

  /** @internal */
  constructor(world: LinkWorld, name: string, options: WirelessOptions = {}) {
    const what = `wireless ${name}`;
    const names = ['rate', 'overhead', 'retries', 'range', 'loss', 'roaming', 'hysteresis'];
    knownNames(options, [...names, 'handover'], what);
    const { rate = '54 Mbit/s', overhead = '100 us', handover = '50 ms', ...others } = options;
    const { retries = 7, range = 100, hysteresis = 10, roaming = 'nearest' } = others;
    for (const [option, value] of Object.entries({ retries, range, hysteresis })) {
      if (typeof value === 'number' && value >= 0 && value < Infinity) continue;
      throw new LibosError('ERR_LIBOS_LINK', `${what}: ${option}: ${String(value)}`, {
        hint: 'it is a number, 0 or more',
      });
    }
    const loss =
      others.loss ?? ((distance: number) => (distance / range) ** 2 * (distance / range) ** 2);
    this.name = name;
    this.#world = world;
    this.#options = { retries, range, hysteresis, roaming, loss };
    this.#handoverNs = parseDurationNs(handover, `${what}: handover`);
    this.#entropy = world.entropy(`medium ${name} loss`);
    this.#scheduler = world.createScheduler();
    this.#arrival = this.#scheduler.register({
      onTime: (station, generation) => this.stations[station]!.arrive(generation),
    });
    const channel = {
      rateBitsPerSecond: parseRateBitsPerSecond(rate, `${what}: rate`),
      overheadNs: parseDurationNs(overhead, `${what}: overhead`),
    };
    this.#channel = new SharedChannel(world, name, channel, (transmitter) =>
      this.#turnEnds(this.#radios.get(transmitter)!, transmitter),
    );
  }

  /** How long the channel was in use. */
  get busyNs(): number {
    return this.#channel.busyNs;
  }

  /** For a station. @internal */
  createPort(): Port {
    return new Port(`${this.name}.radio${this.#portCount++}`, this, this.#world.frames);
  }

  /** A station is there: at 0, 0, until it is moved. @internal */
  plugged(link: Link, port: Port): void {
    const station = new Station(link, port, this.stations.length, {
      choose: (one) => this.#choose(one),
      mayChange: () => this.#world.mayChange?.() ?? true,
      begin: (one, generation) => {
        const atNs = this.#world.nowNs + this.#handoverNs;
        this.#scheduler.at(atNs, this.#arrival, one.number, generation);
      },
      // Nobody has sent anything yet that could be lost.
      get isStart() {
        return world.nowNs === 0;
      },
    });
    const world = this.#world;
    this.stations.push(station);
    this.#addRadio(station, link, port);
    this.#choose(station);
  }

  /** The station at the end of a link. */
  station(link: Link): Station {
    const station = this.stations.find((one) => one.link === link);
    if (station) return station;
    throw new LibosError('ERR_LIBOS_LINK', `${link.name} does not end in ${this.name}`);
  }

  /** Made by `simulation.accessPoint`. @internal */
  createAccessPoint(name: string, position: Position): AccessPoint {
    const port = this.createPort();
    const accessPoint = new AccessPoint(this.#world, this, name, position, port);
    this.accessPoints.push(accessPoint);
    this.#addRadio(accessPoint, accessPoint.link, port);
    for (const station of this.stations) this.#choose(station);
    return accessPoint;
  }

  /** The loss of one try between two, both ways, whatever their distance. */
  setLoss(a: Radio, b: Radio, probability: number): void {
    if (!(probability >= 0 && probability <= 1)) {
      throw new LibosError('ERR_LIBOS_LINK', `${this.name}: a loss of ${probability}`, {
        hint: 'a probability is a number from 0 to 1',
      });
    }
    this.#losses.set(pairOf(a, b), probability);
  }

  /** The loss of one try between two. */
  lossBetween(a: Radio, b: Radio): number {
    const given = this.#losses.get(pairOf(a, b));
    if (given !== undefined) return given;
    const distance = distanceOf(a.position, b.position);
    return distance > this.#options.range ? 1 : this.#options.loss(distance);
  }

  /** A frame has been sent: those who hear it get it. @internal */
  receive(port: Port, frame: FrameHandle): void {
    const { frames } = this.#world;
    const radio = this.#ofPort.get(port)!;
    const at = frames.offsetOf(frame);
    const isGroup = isGroupAddress(frames.bytes, at);
    const destination = macNumber(frames.bytes, at);
    const source = macNumber(frames.bytes, at + macBytes);
    if (radio instanceof Station) {
      radio.address = source;
      if (this.accessPoints.length > 0) {
        if (radio.accessPoint) radio.accessPoint.receiveFromAir(frame);
        else frames.release(frame);
        return;
      }
    }
    for (const station of this.#listeners(radio)) {
      if (station.address === source) continue;
      const wants = isGroup || station.address === destination || station.address === undefined;
      if (!wants) continue;
      // What is for one has been tried until it got there.
      if ((isGroup || station.address === undefined) && this.#loses(radio, station)) continue;
      frames.retain(frame);
      station.port.send(frame);
    }
    frames.release(frame);
  }

  /** @internal */
  saveState(): WirelessState {
    const senders = [...this.#radios.keys()];
    return {
      channel: this.#channel.saveState(),
      entropy: this.#entropy.state,
      tries: Array.from(
        this.#tries,
        ([sender, tries]) => [senders.indexOf(sender), tries] as const,
      ),
      stations: this.stations.map((station) => station.saveState(this.accessPoints)),
      accessPoints: this.accessPoints.map((accessPoint) => accessPoint.saveState()),
      losses: [...this.#losses],
    };
  }

  /** @internal */
  restoreState(saved: unknown): void {
    const state = saved as WirelessState;
    const senders = [...this.#radios.keys()];
    this.#channel.restoreState(state.channel);
    this.#entropy.state = state.entropy;
    this.#tries.clear();
    for (const [sender, tries] of state.tries) this.#tries.set(senders[sender]!, tries);
    for (const [index, one] of state.stations.entries()) {
      this.stations[index]!.restoreState(one, this.accessPoints);
    }
    for (const [index, one] of state.accessPoints.entries()) {
      this.accessPoints[index]!.restoreState(one);
    }
    this.#losses.clear();
    for (const [pair, loss] of state.losses) this.#losses.set(pair, loss);
  }

  #addRadio(radio: Radio, link: Link, port: Port): void {
    const inward = link.ends[1].device === port ? link.forward : link.backward;
    const transmitter = inward.setPacer(this.#channel);
    this.#channel.add(transmitter);
    this.#radios.set(transmitter, radio);
    this.#ofPort.set(port, radio);
  }

  /** Who hears a radio, beside the access point of a station. */
  #listeners(radio: Radio): readonly Station[] {
    return radio instanceof Station
      ? this.stations.filter((station) => station !== radio)
      : this.stations.filter((station) => station.accessPoint === radio);
  }

  #turnEnds(radio: Radio, transmitter: Transmitter): TurnEnd {
    const receiver = this.#receiverOf(radio, transmitter);
    if (receiver === 'all') return 'done';
    if (!receiver) return 'lost';
    if (!this.#loses(radio, receiver)) {
      this.#tries.delete(transmitter);
      return 'done';
    }
    const tries = (this.#tries.get(transmitter) ?? 0) + 1;
    if (tries <= this.#options.retries) {
      this.#tries.set(transmitter, tries);
      return 'again';
    }
    this.#tries.delete(transmitter);
    return 'lost';
  }

  /** For whom the first frame of a radio is; undefined: for nobody that is there. */
  #receiverOf(radio: Radio, transmitter: Transmitter): Radio | 'all' | undefined {
    if (radio instanceof Station && this.accessPoints.length > 0) return radio.accessPoint;
    transmitter.readDestination(this.#address);
    if (isGroupAddress(this.#address, 0)) return 'all';
    const destination = macNumber(this.#address, 0);
    const known = this.#listeners(radio).find(({ address }) => address === destination);
    return known ?? (radio instanceof Station ? 'all' : undefined);
  }

  #loses(from: Radio, to: Radio): boolean {
    const probability = this.lossBetween(from, to);
    return probability > 0 && this.#entropy.nextFraction() < probability;
  }

  /** Lets a station roam, if it does so by itself and somewhere is better. */
  #choose(station: Station): void {
    if (this.#options.roaming === 'manual' || this.accessPoints.length === 0) return;
    const distance = (one: AccessPoint): number => distanceOf(one.position, station.position);
    const nearest = this.accessPoints.reduce((best, one) =>
      distance(one) < distance(best) ? one : best,
    );
    const current = station.accessPoint;
    if (current === nearest) return;
    const isBetter =
      !current ||
      distance(current) > this.#options.range ||
      distance(nearest) + this.#options.hysteresis < distance(current);
    if (isBetter) station.associate(nearest);
  }
}

function pairOf(a: Radio, b: Radio): string {
  return [a.port.label, b.port.label].sort().join(' ');
}
