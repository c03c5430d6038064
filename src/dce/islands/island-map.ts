// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which islands a simulation has: hosts and media that links join, however slow the links are, and that nothing
 * joins to the others. What happens on one island can't be felt on another.
 */
import { wholeOf, type Connectable } from '../connect.js';
import type { Engine } from '../engine.js';
import { SimulatedHost } from '../simulated-host.js';

/** Schedulers that were made together, for a part that joins these. */
interface Owned {
  readonly first: number;
  readonly end: number;
  readonly nodes: readonly Connectable[];
}

export class IslandMap {
  readonly #engine: Engine;
  readonly #owned: Owned[] = [];
  readonly #islandOf = new Map<Connectable, number>();
  #hostsOn: SimulatedHost[][] = [];
  #countedParts = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Makes a part; `nodesOf` says what it is, or what it joins. */
  own<T>(make: () => T, nodesOf: (made: T) => readonly Connectable[]): T {
    const first = this.#engine.place.schedulers;
    const made = make();
    const end = this.#engine.place.schedulers;
    this.#owned.push({ first, end, nodes: nodesOf(made).map(wholeOf) });
    return made;
  }

  /**
   * How many islands there are. Each part's schedulers are told which is theirs; those of no part belong to all.
   * Context: all have their turn.
   */
  count(): number {
    if (this.#countedParts < this.#owned.length) this.#find();
    return this.#hostsOn.length;
  }

  /** The number of a node's island, by the first of its parts. Context: after `count`. */
  islandOf(node: Connectable): number {
    return this.#islandOf.get(wholeOf(node))!;
  }

  /** Context: after `count`. */
  hostsOn(island: number): readonly SimulatedHost[] {
    return this.#hostsOn[island]!;
  }

  #find(): void {
    this.#countedParts = this.#owned.length;
    const rootOf = this.#joined();
    const numbers = new Map<Connectable, number>();
    this.#hostsOn = [];
    for (const { first, end, nodes } of this.#owned) {
      const root = rootOf(nodes[0]!);
      const island = numbers.get(root) ?? this.#hostsOn.push([]) - 1;
      numbers.set(root, island);
      for (const node of nodes) this.#islandOf.set(node, island);
      for (let scheduler = first; scheduler < end; scheduler++) {
        this.#engine.setIsland(scheduler, island);
      }
    }
    for (const [node, island] of this.#islandOf) {
      if (node instanceof SimulatedHost) this.#hostsOn[island]!.push(node);
    }
  }

  /** Joins the nodes of each part; what it returns gives all nodes that are joined the same one of them. */
  #joined(): (node: Connectable) => Connectable {
    const parents = new Map<Connectable, Connectable>();
    const rootOf = (node: Connectable): Connectable => {
      let root = node;
      for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) {
        // Halves the way for those who come after.
        const above = parents.get(parent);
        if (above !== undefined) parents.set(root, above);
        root = parent;
      }
      return root;
    };
    for (const { nodes } of this.#owned) {
      const root = rootOf(nodes[0]!);
      for (const node of nodes.slice(1)) {
        const other = rootOf(node);
        if (other !== root) parents.set(other, root);
      }
    }
    return rootOf;
  }
}
