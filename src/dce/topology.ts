// SPDX-License-Identifier: GPL-2.0-only

/**
 * What is joined to what, as addresses and routes see it: hosts by their interfaces, and segments, each of which
 * is all interfaces that reach each other without a router. It knows nothing of kernels.
 */
import type { CallerLine } from './caller-line.js';

/** A host. */
export interface Station {
  readonly name: string;
  /** In the order of creation. */
  readonly index: number;
  /** Its interfaces, in order. */
  readonly attachments: readonly Attachment[];
  /** Whether it passes on what is not for it. */
  readonly forwards: boolean;
}

export interface Address {
  readonly version: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
}

/** Which families are given addresses without being asked; none in `manual`. */
export type AddressFamilies = 'automatic' | 'ipv4' | 'ipv6' | 'manual';

/** An interface of a host in a segment. */
export interface Attachment {
  readonly station: Station;
  /** "alice.eth0" */
  readonly label: string;
  /** Of the interface among its host's: 0 is eth0. */
  readonly number: number;
  /** Of leaving the host by it. */
  readonly cost: number;
  /** Addresses with their prefix lengths that were asked for. */
  readonly wanted: readonly string[];
  readonly families: AddressFamilies;
  /** Where it was asked for. */
  readonly at: CallerLine;
  /** What it was given; nothing until the plan has got to it. */
  addresses: readonly Address[];
}

/** Interfaces that reach each other without a router. */
export class Segment {
  readonly #attachments: Attachment[] = [];
  /** Those that have been planned already come first; this many. */
  planned = 0;
  /** Into which other segment this one has gone. */
  #mergedInto: Segment | undefined;

  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }

  add(attachment: Attachment): void {
    this.#attachments.push(attachment);
  }

  /** The segment that it is part of now: itself, or one that it was joined with. */
  find(): Segment {
    if (!this.#mergedInto) return this;
    this.#mergedInto = this.#mergedInto.find();
    return this.#mergedInto;
  }

  /** Makes one of two, of which at least one has no addresses yet; returns that one. */
  merge(other: Segment): Segment {
    const [into, from] = other.planned > 0 ? [other, this] : [this, other];
    into.#attachments.push(...from.#attachments.splice(0));
    from.#mergedInto = into;
    return into;
  }
}

export class Topology {
  readonly #stations: Station[] = [];
  readonly #segments: Segment[] = [];
  readonly #segmentOf = new Map<Attachment, Segment>();
  #changed = new Set<Segment>();
  #version = 0;

  /** Changes with every change. */
  get version(): number {
    return this.#version;
  }

  get stations(): readonly Station[] {
    return this.#stations;
  }

  /** Those that are not part of another, in the order of creation. */
  get segments(): readonly Segment[] {
    return this.#segments.filter((segment) => segment.find() === segment);
  }

  addStation(station: Station): void {
    this.#stations.push(station);
    this.#version++;
  }

  createSegment(): Segment {
    const segment = new Segment();
    this.#segments.push(segment);
    return segment;
  }

  attach(segment: Segment, attachment: Attachment): void {
    const whole = segment.find();
    whole.add(attachment);
    this.#segmentOf.set(attachment, whole);
    this.#changed.add(whole);
    this.#version++;
  }

  /** Two segments become one, as when two switches are joined. */
  join(a: Segment, b: Segment): void {
    const [first, second] = [a.find(), b.find()];
    if (first === second) return;
    this.#changed.add(first.merge(second));
    this.#version++;
  }

  segmentOf(attachment: Attachment): Segment {
    return this.#segmentOf.get(attachment)!.find();
  }

  /** The segments that something was attached to since this was asked last. */
  takeChanged(): readonly Segment[] {
    const changed = new Set([...this.#changed].map((segment) => segment.find()));
    this.#changed = new Set();
    return [...changed];
  }
}
