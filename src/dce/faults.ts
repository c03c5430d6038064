// SPDX-License-Identifier: GPL-2.0-only

/**
 * Faults by name: partitions, black holes, reset connections, crashes, clocks that are wrong. Each is made of rules
 * on links or of calls of hosts, says in the log when it begins and ends, and ends when it is disposed of.
 */
import { LibosError } from '../errors.js';
import { HostNic } from '../host/index.js';
import { Link, type FrameView, type LinkDirection, type LinkEnd } from '../link/index.js';
import { formatMac } from '../posix/index.js';
import { parseDurationNs } from '../units.js';
import type { ClockSettings } from './host-clock.js';
import { refuse, resetsFor } from './reset.js';
import type { SimulatedHost } from './simulated-host.js';
import type { Simulation } from './simulation.js';

/** When, in virtual time since the start of the simulation: from now on and until disposed of by default. */
export interface FaultOptions {
  readonly from?: string | number;
  readonly until?: string | number;
}

/** A host, or an IP address that one has been given by hand. */
export type FaultEnd = SimulatedHost | string;

export interface PartitionOptions extends FaultOptions {
  /** Only what the first group sends to the second is lost. */
  readonly oneWay?: boolean;
}

export interface ResetOptions extends FaultOptions {
  /** The connections of this host … */
  readonly of: SimulatedHost;
  /** … with this one; with anybody by default. */
  readonly with?: FaultEnd;
  /** Of either end; all by default. */
  readonly port?: number;
}

/** What goes wrong between a begin and an end. */
export class Fault implements Disposable {
  readonly name: string;
  readonly #simulation: Simulation;
  readonly #begin: () => Disposable;
  readonly #timers: { cancel(): void }[] = [];
  #running: Disposable | undefined;
  #ended = false;

  constructor(
    simulation: Simulation,
    name: string,
    { from, until }: FaultOptions,
    begin: () => Disposable,
  ) {
    this.name = name;
    this.#simulation = simulation;
    this.#begin = begin;
    const { nowNs } = simulation;
    const fromNs = from === undefined ? nowNs : parseDurationNs(from, `${name}: from`);
    const untilNs = until === undefined ? Infinity : parseDurationNs(until, `${name}: until`);
    if (fromNs < nowNs || untilNs < fromNs) {
      throw new LibosError('ERR_LIBOS_FAULT', `${name}: it would end before it can begin`, {
        hint: `from and until are times since the start of the simulation, which is at ${nowNs} ns`,
      });
    }
    if (fromNs === nowNs) this.#start();
    else this.#timers.push(simulation.engine.callAt(fromNs, () => this.#start()));
    if (untilNs < Infinity) {
      this.#timers.push(simulation.engine.callAt(untilNs, () => this[Symbol.dispose]()));
    }
  }

  get active(): boolean {
    return this.#running !== undefined;
  }

  /** Ends it, or makes that it never begins. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    if (!this.#running) return;
    this.#running[Symbol.dispose]();
    this.#running = undefined;
    this.#say('ends');
  }

  #start(): void {
    if (this.#ended) return;
    this.#say('begins');
    this.#running = this.#begin();
  }

  #say(what: string): void {
    this.#simulation.log.write(undefined, 'fault', 'notice', `${this.name} ${what}`);
  }
}

/** The faults of a simulation. Each is there until it is disposed of, or as long as it says. */
export class Faults {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /**
   * Nothing gets from one group to the other, whatever is in between: no packet from an address of the one to an
   * address of the other, and no frame between their interfaces. A one-way partition lets address resolution pass,
   * without which the other way would not work either.
   */
  partition(
    groupA: readonly FaultEnd[],
    groupB: readonly FaultEnd[],
    options: PartitionOptions = {},
  ): Fault {
    const { oneWay = false } = options;
    const [a, b] = [new Group(groupA), new Group(groupB)];
    const both = groupA.filter((end) => groupB.includes(end));
    if (both.length > 0 || groupA.length === 0 || groupB.length === 0) {
      const reason = both.length > 0 ? `${nameOf(both[0]!)} is on both sides` : 'a side is empty';
      throw new LibosError('ERR_LIBOS_FAULT', `partition: ${reason}`, {
        hint: 'give two groups of hosts that have no host in common',
      });
    }
    const name = `partition ${a.name} ${oneWay ? '→' : '|'} ${b.name}`;
    return new Fault(this.#simulation, name, options, () => {
      const rule = (frame: FrameView): 'pass' | 'drop' => {
        if (oneWay && isAddressResolution(frame)) return 'pass';
        if (a.sent(frame) && b.getsFrom(frame, a)) return 'drop';
        return !oneWay && b.sent(frame) && a.getsFrom(frame, b) ? 'drop' : 'pass';
      };
      return install(directionsFrom(this.#simulation, [a, b]), rule);
    });
  }

  /** Swallows all frames of a host, a link or one of its directions; the carrier stays, and nobody is told. */
  blackhole(target: SimulatedHost | Link | LinkDirection, options: FaultOptions = {}): Fault {
    const [name, directions] = directionsOf(this.#simulation, target);
    return new Fault(this.#simulation, `black hole at ${name}`, options, () =>
      install(directions, () => 'drop'),
    );
  }

  /**
   * Resets TCP connections as a middlebox does: what a host sends over one is swallowed, and both ends get a RST
   * with the numbers that they expect. Connections that are opened meanwhile are refused. A connection over which
   * its host says nothing is not seen.
   */
  resetConnections(options: ResetOptions): Fault {
    const { of: host, with: other, port } = options;
    const from = new Group([host]);
    const to = other === undefined ? undefined : new Group([other]);
    const name = `reset of ${host.name}'s connections${to ? ` with ${to.name}` : ''}`;
    return new Fault(this.#simulation, name, options, () => {
      const parts = directionsFrom(this.#simulation, [from]).map((direction) => {
        const back = direction.opposite;
        return direction.rule((frame) => {
          const { tcp, sourcePort, destinationPort } = frame;
          const ports = [sourcePort, destinationPort];
          const matches =
            tcp !== undefined &&
            !tcp.rst &&
            from.sent(frame) &&
            (port === undefined || ports.includes(port)) &&
            (to?.gets(frame) ?? true);
          if (!matches) return 'pass';
          if (tcp.syn && !tcp.ack) back.inject(refuse(frame));
          else {
            const { toReceiver, toSender } = resetsFor(frame);
            direction.inject(toReceiver);
            back.inject(toSender);
          }
          return 'drop';
        });
      });
      return together(parts);
    });
  }

  /** A host that is gone until the fault ends; then it boots anew. */
  outage(host: SimulatedHost, options: FaultOptions = {}): Fault {
    return new Fault(this.#simulation, `outage of ${host.name}`, options, () => {
      host.crash();
      return { [Symbol.dispose]: () => host.reboot() };
    });
  }

  /** A clock that is wrong until the fault ends; then it is as it was before. */
  clockSkew(host: SimulatedHost, settings: ClockSettings, options: FaultOptions = {}): Fault {
    return new Fault(this.#simulation, `clock skew of ${host.name}`, options, () => {
      const { offsetNs, driftPpm } = host.clock;
      host.clock.set(settings);
      return { [Symbol.dispose]: () => host.clock.set({ offset: offsetNs, driftPpm }) };
    });
  }
}

/** Hosts and addresses, as frames name them. */
class Group {
  readonly name: string;
  readonly hosts: readonly SimulatedHost[];
  readonly #given: readonly string[];
  #addresses: ReadonlySet<string> | undefined;
  #macs: ReadonlySet<string> | undefined;

  constructor(ends: readonly FaultEnd[]) {
    this.name = ends.map(nameOf).join(', ');
    this.hosts = ends.filter((end) => typeof end !== 'string');
    this.#given = ends.filter((end) => typeof end === 'string');
  }

  sent({ source, sourceMac }: FrameView): boolean {
    return (source !== undefined && this.#has(source)) || this.#isOurs(sourceMac);
  }

  gets({ destination, destinationMac }: FrameView): boolean {
    return (destination !== undefined && this.#has(destination)) || this.#isOurs(destinationMac);
  }

  /** By address from an address, or by interface from an interface. */
  getsFrom(frame: FrameView, from: Group): boolean {
    const { source, destination, sourceMac, destinationMac } = frame;
    const byAddress =
      source !== undefined &&
      destination !== undefined &&
      from.#has(source) &&
      this.#has(destination);
    return byAddress || (from.#isOurs(sourceMac) && this.#isOurs(destinationMac));
  }

  /** Context: frames pass, so that addresses have been given. */
  #has(address: string): boolean {
    this.#addresses ??= new Set([
      ...this.#given,
      ...this.hosts.flatMap(({ attachments }) =>
        attachments.flatMap(({ addresses }) => addresses.map((one) => one.address)),
      ),
    ]);
    return this.#addresses.has(address);
  }

  #isOurs(mac: string): boolean {
    this.#macs ??= new Set(this.hosts.flatMap(({ nics }) => nics.map((nic) => formatMac(nic.mac))));
    return this.#macs.has(mac);
  }
}

function nameOf(end: FaultEnd): string {
  return typeof end === 'string' ? end : end.name;
}

/** ARP, and neighbour solicitations and advertisements. */
function isAddressResolution(frame: FrameView): boolean {
  const type = frame.protocol === 58 ? frame.payload[0] : undefined;
  return frame.etherType === 0x0806 || type === 135 || type === 136;
}

/** The directions in which frames leave hosts of the groups; where there are only addresses, all. */
function directionsFrom(simulation: Simulation, groups: readonly Group[]): LinkDirection[] {
  const hosts = new Set(groups.flatMap((group) => group.hosts));
  const anywhere = groups.some((group) => group.hosts.length === 0);
  return simulation.links.flatMap(({ ends, directions }) =>
    directions.filter((_, index) => anywhere || isOf(ends[index]!, hosts)),
  );
}

function directionsOf(
  simulation: Simulation,
  target: SimulatedHost | Link | LinkDirection,
): [string, readonly LinkDirection[]] {
  if (target instanceof Link) return [target.name, target.directions];
  if ('opposite' in target) return [target.label, [target]];
  const hosts = new Set([target]);
  const links = simulation.links.filter(({ ends }) => ends.some((end) => isOf(end, hosts)));
  return [target.name, links.flatMap(({ directions }) => [...directions])];
}

function isOf({ device }: LinkEnd, hosts: ReadonlySet<SimulatedHost>): boolean {
  return device instanceof HostNic && [...hosts].some(({ nics }) => nics.includes(device));
}

function install(
  directions: readonly LinkDirection[],
  rule: (frame: FrameView) => 'pass' | 'drop',
): Disposable {
  return together(directions.map((direction) => direction.rule(rule)));
}

function together(parts: readonly Disposable[]): Disposable {
  return {
    [Symbol.dispose]: () => {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}
