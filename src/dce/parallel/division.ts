// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which worker has which hosts, media and links of a simulation, and the links that are cut because of it. Every
 * worker comes to the same division from the topology; what is added later is put where it fits.
 */
import type { FrameOffloads } from '../../host/index.js';
import type { Link, LinkDirection, Medium } from '../../link/index.js';
import { LibosError } from '../../errors.js';
import { wholeOf, type Connectable } from '../connect.js';
import { SimulatedHost } from '../simulated-host.js';
import { lookaheads, type CutLink } from './lookahead.js';
import type { CrossingFrame } from './mailbox.js';
import { listed, partitionTopology, type PartitionNode } from './partition.js';

/** What a division needs of its simulation. */
export interface DividedSimulation {
  readonly topology: {
    readonly hosts: readonly SimulatedHost[];
    readonly media: readonly Medium[];
    readonly links: readonly Link[];
  };
  /** What a link joins, in the order of its ends. */
  nodesOf(link: Link): readonly [Connectable, Connectable];
}

/** Sends a frame to a worker. */
export type SendFrame = (
  worker: number,
  direction: number,
  arrivalNs: number,
  epoch: number,
  offloads: FrameOffloads,
  bytes: Uint8Array,
) => void;

/** What a division needs of its worker. */
export interface DividedWorker {
  readonly worker: number;
  readonly workers: number;
  warn(text: string): void;
}

/** Windows shorter than this cost more than a second thread brings. */
const shortLookaheadNs = 20_000;

export class Division {
  readonly #simulation: DividedSimulation;
  readonly #worker: DividedWorker;
  readonly #send: SendFrame;
  readonly #workerOf = new Map<Connectable, number>();
  /** Directions by number, once their link has been looked at. */
  readonly #directions: LinkDirection[] = [];
  /** Directions from one worker to another. */
  readonly #cut: { readonly from: number; readonly to: number; direction: LinkDirection }[] = [];
  #links = 0;

  constructor(simulation: DividedSimulation, worker: DividedWorker, send: SendFrame) {
    this.#simulation = simulation;
    this.#worker = worker;
    this.#send = send;
  }

  /** From worker × workers + to worker: how long it takes now at least until one feels what the other does. */
  lookaheads(): Float64Array {
    const cut = this.#cut.map(({ from, to, direction }): CutLink => {
      return { from, to, lookaheadNs: direction.lookaheadNs };
    });
    return lookaheads(this.#worker.workers, cut);
  }

  /** The worker that has a host or medium. Context: after `divide`. */
  workerOf(node: Connectable): number {
    const worker = this.#workerOf.get(wholeOf(node));
    if (worker === undefined) throw new Error(`division: ${node.name} has no worker yet`);
    return worker;
  }

  isLocal(node: Connectable): boolean {
    return this.#workerOf.get(wholeOf(node)) === this.#worker.worker;
  }

  /** Whether a link's ends are in this worker. */
  isLocalEnd(link: Link): readonly boolean[] {
    return this.#simulation.nodesOf(link).map((node) => this.isLocal(node));
  }

  /** A frame from another worker. A property, so that it can be handed on. */
  readonly accept = (frame: CrossingFrame): void => {
    const direction = this.#directions[frame.direction]!;
    direction.acceptRemote(frame.arrivalNs, frame.epoch, frame.offloads, frame.bytes);
  };

  /**
   * Gives what has no worker yet one, and cuts links between workers. Context: before time passes, whenever the
   * topology has changed. Errors: hosts that have booted before, pins that contradict each other.
   */
  divide(): void {
    const { hosts, media } = this.#simulation.topology;
    const nodes = [...new Set([...hosts, ...media].map(wholeOf))];
    if (this.#workerOf.size === 0) this.#divideAll(nodes);
    else this.#divideMore(nodes);
    for (const host of hosts) if (!this.isLocal(host)) this.#makeForeign(host);
    for (const link of this.#simulation.topology.links.slice(this.#links)) this.#cutLink(link);
    this.#links = this.#simulation.topology.links.length;
  }

  #divideAll(nodes: readonly Connectable[]): void {
    const { workers } = this.#worker;
    const numbers = new Map(nodes.map((node, number) => [node, number]));
    const links = this.#simulation.topology.links.map((link) => {
      const ends = this.#nodesOf(link).map((node) => numbers.get(node)!);
      return {
        name: link.name,
        ends: ends as [number, number],
        lookaheadNs: Math.min(...link.directions.map(({ lookaheadNs }) => lookaheadNs)),
        weight: 1,
      };
    });
    const partition = partitionTopology(
      { nodes: nodes.map((node) => partitionNode(node, workers)), links },
      workers,
    );
    for (const [number, node] of nodes.entries()) {
      this.#workerOf.set(node, partition.partOf[number]!);
    }
    this.#complain(partition);
  }

  #complain({
    parts,
    lookaheadNs,
    hindrances,
  }: {
    readonly parts: number;
    readonly lookaheadNs: number;
    readonly hindrances: readonly string[];
  }): void {
    const { workers } = this.#worker;
    if (parts < workers) {
      const nodes = this.#simulation.topology.hosts.length;
      const why =
        hindrances.length === 0
          ? `it has ${nodes} ${nodes === 1 ? 'host' : 'hosts'}`
          : `links without delay cannot be between two workers: ${listed(hindrances)}`;
      this.#worker.warn(
        `the topology keeps ${parts} of ${workers} workers busy: ${why}; give links a delay to use more`,
      );
    } else if (lookaheadNs < shortLookaheadNs) {
      this.#worker.warn(
        `the workers can only run ${lookaheadNs} ns ahead of each other, which is likely slower than one thread: give the links between them more delay`,
      );
    }
  }

  /** Near what it is joined to, or where the least is. */
  #divideMore(nodes: readonly Connectable[]): void {
    const counts = new Array<number>(this.#worker.workers).fill(0);
    for (const worker of this.#workerOf.values()) counts[worker]!++;
    for (const node of nodes) {
      if (this.#workerOf.has(node)) continue;
      const tied = this.#tiedTo(node);
      const pin = node instanceof SimulatedHost ? node.options.worker : undefined;
      const worker =
        tied ??
        (pin === undefined
          ? counts.indexOf(Math.min(...counts))
          : Math.abs(pin) % this.#worker.workers);
      this.#workerOf.set(node, worker);
      counts[worker]!++;
    }
  }

  #nodesOf(link: Link): readonly [Connectable, Connectable] {
    const [a, b] = this.#simulation.nodesOf(link);
    return [wholeOf(a), wholeOf(b)];
  }

  /** The worker of what it is joined to without delay. */
  #tiedTo(node: Connectable): number | undefined {
    for (const link of this.#simulation.topology.links.slice(this.#links)) {
      if (link.directions.every(({ lookaheadNs }) => lookaheadNs > 0)) continue;
      const nodes = this.#nodesOf(link);
      if (!nodes.includes(node)) continue;
      const other = nodes[0] === node ? nodes[1] : nodes[0];
      const worker = this.#workerOf.get(other);
      if (worker !== undefined) return worker;
    }
    return undefined;
  }

  #makeForeign(host: SimulatedHost): void {
    if (host.state === 'foreign') return;
    if (host.state !== 'planned') {
      throw new LibosError(
        'ERR_LIBOS_FOREIGN_HOST',
        `${host.name} (${host.location}) has booted before time has passed, which it can't with several workers`,
        { hint: 'reach into a host from its own programs and from host.configure' },
      );
    }
    host.makeForeign();
  }

  #cutLink(link: Link): void {
    const [a, b] = this.#simulation.nodesOf(link).map((node) => this.workerOf(node)) as [
      number,
      number,
    ];
    const ways = [
      { direction: link.forward, from: a, to: b },
      { direction: link.backward, from: b, to: a },
    ];
    for (const { direction, from, to } of ways) {
      this.#directions[direction.number] = direction;
      if (from === to) continue;
      if (direction.lookaheadNs === 0) {
        throw new LibosError(
          'ERR_LIBOS_PARTITION',
          `${link.name} has no delay, but its ends are in workers ${a} and ${b}`,
          { hint: 'give it a delay, or connect it before time passes' },
        );
      }
      this.#cut.push({ direction, from, to });
      const send = this.#send;
      if (from !== this.#worker.worker) continue;
      direction.cutToRemote({ send: (...frame) => send(to, ...frame) });
    }
  }
}

/** Work comes with interfaces and with programs. */
function partitionNode(node: Connectable, workers: number): PartitionNode {
  if (!(node instanceof SimulatedHost)) return { name: node.name, weight: 1 };
  const { worker } = node.options;
  return {
    name: node.name,
    weight: 1 + 2 * node.nics.length + 2 * node.programs.length,
    ...(worker === undefined ? {} : { pin: Math.abs(worker) % workers }),
  };
}
