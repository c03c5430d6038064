// SPDX-License-Identifier: GPL-2.0-only

/**
 * Faults by name: partitions, black holes, reset connections, crashes, clocks that are wrong. Each is made of rules
 * on links or of calls of hosts, says in the log when it begins and ends, and ends when it is disposed of.
 */
import { LibosError } from '../errors.js';
import { HostNic } from '../host/index.js';
import { Link, type FrameView, type LinkDirection, type LinkEnd } from '../link/index.js';
import { formatMac } from '../posix/index.js';
import {
  Fault,
  type FaultKind,
  type FaultMaker,
  type FaultOptions,
  type FaultRun,
  type FaultState,
} from './fault.js';
import type { ClockSettings } from './host-clock.js';
import { refuse, resetsFor } from './reset.js';
import type { SimulatedHost } from './simulated-host.js';
import type { Simulation } from './simulation.js';

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

/** The faults of a simulation. Each is there until it is disposed of, or as long as it says. */
export class Faults {
  readonly #simulation: Simulation;
  readonly #all: Fault[] = [];

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /**
   * Nothing gets from one group of hosts to the other, whatever is in between: no packet from an address of the one
   * to an address of the other, and no frame between their interfaces. A one-way partition lets address resolution
   * pass, without which the other way would not work either.
   */
  partition(
    groupA: readonly FaultEnd[],
    groupB: readonly FaultEnd[],
    options: PartitionOptions = {},
  ): Fault {
    const { oneWay = false } = options;
    const both = groupA.filter((end) => groupB.includes(end));
    if (both.length > 0 || groupA.length === 0 || groupB.length === 0) {
      const reason = both.length > 0 ? `${nameOf(both[0]!)} is on both sides` : 'a side is empty';
      throw new LibosError('ERR_LIBOS_FAULT', `partition: ${reason}`, {
        hint: 'give two groups of hosts that have no host in common',
      });
    }
    return this.#add(options, (simulation) => {
      const [a, b] = [new Group(groupA, simulation), new Group(groupB, simulation)];
      const rule = (frame: FrameView): 'pass' | 'drop' => {
        if (oneWay && isAddressResolution(frame)) return 'pass';
        if (a.sent(frame) && b.getsFrom(frame, a)) return 'drop';
        return !oneWay && b.sent(frame) && a.getsFrom(frame, b) ? 'drop' : 'pass';
      };
      const name = `partition ${a.name} ${oneWay ? '→' : '|'} ${b.name}`;
      return ruled(name, () => install(directionsFrom(simulation, [a, b]), rule));
    });
  }

  /** Swallows all frames of a host, a link or one of its directions; the carrier stays, and nobody is told. */
  blackhole(target: SimulatedHost | Link | LinkDirection, options: FaultOptions = {}): Fault {
    return this.#add(options, (simulation) => {
      const [name, directions] = directionsOf(simulation, counterpartOf(target, simulation));
      return ruled(`black hole at ${name}`, () => install(directions, () => 'drop'));
    });
  }

  /**
   * Resets TCP connections as a middlebox does: what a host sends over one is swallowed, and both ends get a RST
   * with the numbers that they expect. Connections that are opened meanwhile are refused. A connection over which
   * its host says nothing is not seen.
   */
  resetConnections(options: ResetOptions): Fault {
    const { of: host, with: other, port } = options;
    return this.#add(options, (simulation) => {
      const from = new Group([host], simulation);
      const to = other === undefined ? undefined : new Group([other], simulation);
      const name = `reset of ${host.name}'s connections${to ? ` with ${to.name}` : ''}`;
      const matches = (frame: FrameView): boolean => {
        const { tcp, sourcePort, destinationPort } = frame;
        if (tcp === undefined || tcp.rst || !from.sent(frame)) return false;
        return (
          (port === undefined || [sourcePort, destinationPort].includes(port)) &&
          (to?.gets(frame) ?? true)
        );
      };
      return ruled(name, () =>
        together(
          directionsFrom(simulation, [from]).map((direction) =>
            direction.rule((frame) => {
              if (!matches(frame)) return 'pass';
              const { opposite: back } = direction;
              const { syn, ack } = frame.tcp!;
              if (syn && !ack) back.inject(refuse(frame));
              else {
                const { toReceiver, toSender } = resetsFor(frame);
                direction.inject(toReceiver);
                back.inject(toSender);
              }
              return 'drop';
            }),
          ),
        ),
      );
    });
  }

  /** A host that is gone until the fault ends; then it boots anew. */
  outage(host: SimulatedHost, options: FaultOptions = {}): Fault {
    return this.#add(options, (simulation) => {
      const own = simulation.counterpart(host);
      const resume = (): FaultRun => ({ end: () => own.reboot(), withdraw: () => undefined });
      const begin = (): FaultRun => {
        own.crash();
        return resume();
      };
      return { name: `outage of ${own.name}`, begin, resume };
    });
  }

  /** A clock that is wrong until the fault ends; then it is as it was before. */
  clockSkew(host: SimulatedHost, settings: ClockSettings, options: FaultOptions = {}): Fault {
    return this.#add(options, (simulation) => {
      const { clock, name } = simulation.counterpart(host);
      const resume = (memo: unknown): FaultRun => ({
        memo,
        end: () => clock.set(memo as ClockSettings),
        withdraw: () => undefined,
      });
      const begin = (): FaultRun => {
        const before: ClockSettings = { offset: clock.offsetNs, driftPpm: clock.driftPpm };
        clock.set(settings);
        return resume(before);
      };
      return { name: `clock skew of ${name}`, begin, resume };
    });
  }

  /** @internal */
  saveState(): readonly FaultState[] {
    return this.#all.map((fault) => fault.saveState());
  }

  /** Takes back what faults do now. Context: before hosts and links are restored. @internal */
  withdraw(): void {
    for (const fault of this.#all) fault.withdraw();
  }

  /** Context: everything else is restored. @internal */
  restoreState(saved: unknown): void {
    const states = saved as readonly FaultState[];
    this.#all.length = Math.min(this.#all.length, states.length);
    for (const [index, state] of states.entries()) {
      this.#all[index] ??= new Fault(this.#simulation, state.make);
      this.#all[index].restoreState(state);
    }
  }

  #add(options: FaultOptions, make: FaultMaker): Fault {
    const fault = new Fault(this.#simulation, make);
    if (this.#simulation.snapshots.mayChange()) {
      fault.schedule(options);
      this.#all.push(fault);
    }
    return fault;
  }
}

/** A fault that is nothing but rules on links. */
function ruled(name: string, put: () => Disposable): FaultKind {
  const begin = (): FaultRun => {
    const rules = put();
    const take = (): void => rules[Symbol.dispose]();
    return { end: take, withdraw: take };
  };
  return { name, begin, resume: begin };
}

function counterpartOf(
  target: SimulatedHost | Link | LinkDirection,
  simulation: Simulation,
): SimulatedHost | Link | LinkDirection {
  if (!('opposite' in target)) return simulation.counterpart(target);
  const directions = simulation.links.flatMap((link) => [...link.directions]);
  return directions.find(({ label }) => label === target.label) ?? target;
}

/** Hosts and addresses, as frames name them. */
class Group {
  readonly name: string;
  readonly hosts: readonly SimulatedHost[];
  readonly #given: readonly string[];
  #addresses: ReadonlySet<string> | undefined;
  #macs: ReadonlySet<string> | undefined;

  /** `ends` may be of the simulation that this one is a fork of. */
  constructor(ends: readonly FaultEnd[], simulation: Simulation) {
    this.name = ends.map(nameOf).join(', ');
    this.hosts = ends
      .filter((end) => typeof end !== 'string')
      .map((host) => simulation.counterpart(host));
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
