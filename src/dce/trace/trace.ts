// SPDX-License-Identifier: GPL-2.0-only

/**
 * Watches a simulation at intervals of virtual time: TCP connections, queueing disciplines and links become time
 * series. A sample is taken when what was to happen in a moment has; it asks kernels questions that change
 * nothing, so the traffic is the same with a trace and without.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stateful } from '../../host/index.js';
import type { PosixHost } from '../../posix/index.js';
import type { DigestPart } from '../digest.js';
import { toCsv, toJson } from './format.js';
import {
  linkSample,
  linkSchema,
  linkSubject,
  type LinkSample,
  type LinkSubject,
  type TracedDirection,
} from './link.js';
import { qdiscSchema, readQdiscs, type QdiscSample, type QdiscSubject } from './qdisc.js';
import type { AnySeries, Series } from './series.js';
import { SeriesTable, type EntryState } from './table.js';
import {
  isWanted,
  readConnections,
  tcpSample,
  tcpSchema,
  tcpSubject,
  type TcpEndFilter,
  type TcpSample,
  type TcpSubject,
} from './tcp.js';

/** Samples of one TCP connection: TCP_INFO, tcp(7). */
export type TcpSeries = Series<TcpSample, TcpSubject>;
/** Samples of one queueing discipline: what `tc -s qdisc` shows. */
export type QdiscSeries = Series<QdiscSample, QdiscSubject>;
/** Samples of one direction of a link. */
export type LinkSeries = Series<LinkSample, LinkSubject>;

/** What an iteration gives: a sample, and the series that it is of. */
export type TraceItem =
  | { readonly kind: 'tcp'; readonly series: TcpSeries; readonly sample: TcpSample }
  | { readonly kind: 'qdisc'; readonly series: QdiscSeries; readonly sample: QdiscSample }
  | { readonly kind: 'link'; readonly series: LinkSeries; readonly sample: LinkSample };

/** A host as a trace sees it. */
export interface TracedHost {
  readonly name: string;
  /** Its place in the order of creation. */
  readonly index: number;
  /** Undefined while it is down, and for good when it runs in another thread. */
  readonly posix: PosixHost | undefined;
}

/** What a trace asks of its simulation. */
export interface TraceWorld {
  readonly nowNs: number;
  /** Calls `tick` at a moment, when what was to happen then has. */
  tickAt(timeNs: number): void;
  /** Who waits for samples is given the time to go on. */
  programsWoken(): void;
  /** Those that the trace is about. */
  hosts(): Iterable<TracedHost>;
  /** All directions of links that the trace is about, by creation: those of other threads too. */
  directions(): Iterable<TracedDirection>;
}

/** Of a trace, with all defaults in. @internal */
export interface TraceSettings {
  readonly intervalNs: number;
  /** Of these connections: none if there is no filter, all for one that says nothing. */
  readonly tcp: readonly TcpEndFilter[];
  readonly qdiscs: boolean;
}

/** A trace as plain data: of a snapshot, or the part of it that a thread has. @internal */
export interface TraceState {
  readonly tcp: readonly EntryState[];
  readonly qdisc: readonly EntryState[];
  readonly link: readonly EntryState[];
  readonly lastTickNs: number;
  readonly ended: boolean;
}

/**
 * Time series of TCP connections, queueing disciplines and links: what `simulation.trace` gives. Watching changes nothing
 * of the traffic.
 */
export class Trace implements Stateful, Disposable, AsyncIterable<TraceItem> {
  readonly #world: TraceWorld;
  readonly #settings: TraceSettings;
  readonly #own = createTables();
  /** With what other threads have, when it is known; what is read is of this then. */
  #whole: Tables | undefined;
  readonly #waiting: (() => void)[] = [];
  #lastTickNs = -1;
  #ended = false;

  /** @internal */
  constructor(world: TraceWorld, settings: TraceSettings) {
    this.#world = world;
    this.#settings = settings;
    world.tickAt(world.nowNs);
  }

  /** One for each end of each connection. */
  get tcp(): readonly TcpSeries[] {
    return this.#shown.tcp.list;
  }

  get qdiscs(): readonly QdiscSeries[] {
    return this.#shown.qdisc.list;
  }

  /** One for each direction of each link. */
  get links(): readonly LinkSeries[] {
    return this.#shown.link.list;
  }

  /** The one connection of a host, port or address; an error names those that there are. */
  connection(filter: TcpEndFilter & { readonly host?: string }): TcpSeries {
    return this.#shown.tcp.only(
      JSON.stringify(filter),
      (subject) =>
        (filter.host === undefined || filter.host === subject.host) && isWanted(subject, [filter]),
    );
  }

  /** The one direction of a link that begins at an interface: "alice.eth0". */
  direction(from: string): LinkSeries {
    return this.#shown.link.only(from, (subject) => subject.from === from);
  }

  /** CSV with a line a sample: of `tcp`, `qdisc` or `link`. */
  csv(kind: TraceItem['kind']): string {
    return toCsv(this.#lists()[kind]);
  }

  /** All series as JSON. */
  json(): string {
    return toJson(this.#lists());
  }

  /** Writes `tcp.csv`, `qdisc.csv`, `link.csv` and `trace.json` into a folder, which is made if it is not there. */
  write(directory: string): void {
    mkdirSync(directory, { recursive: true });
    for (const kind of ['tcp', 'qdisc', 'link'] as const) {
      writeFileSync(join(directory, `${kind}.csv`), this.csv(kind));
    }
    writeFileSync(join(directory, 'trace.json'), this.json());
  }

  /** Each sample, those that are there and those that come, until the trace ends; of one time in the lists' order. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TraceItem, void, void> {
    let sinceNs = -1;
    for (;;) {
      const untilNs = this.#lastTickNs;
      if (untilNs > sinceNs) yield* this.#between(sinceNs, untilNs);
      sinceNs = untilNs;
      if (this.#lastTickNs > sinceNs) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Takes a sample of everything. Context: called when no kernel has anything left to run. @internal */
  tick(): void {
    if (this.#ended) return;
    const { nowNs } = this.#world;
    this.#world.tickAt(nowNs + this.#settings.intervalNs);
    this.#whole = undefined;
    this.#sampleHosts(nowNs);
    this.#sampleLinks(nowNs);
    this.#lastTickNs = nowNs;
    this.#wake();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes no more samples; those that were taken stay. */
  [Symbol.dispose](): void {
    this.#ended = true;
    this.#wake();
  }

  /** For the digest of the run. Context: of all threads together, after `setWhole`. @internal */
  get digestParts(): readonly DigestPart[] {
    const { tcp, qdisc, link } = this.#lists();
    return [...tcp, ...qdisc, ...link].map(({ digestPart }) => digestPart);
  }

  /** @internal */
  saveState(): TraceState {
    return {
      tcp: this.#own.tcp.saveState(),
      qdisc: this.#own.qdisc.saveState(),
      link: this.#own.link.saveState(),
      lastTickNs: this.#lastTickNs,
      ended: this.#ended,
    };
  }

  /** @internal */
  restoreState(saved: unknown): void {
    const state = saved as TraceState;
    this.#whole = undefined;
    this.#own.tcp.restoreState(state.tcp);
    this.#own.qdisc.restoreState(state.qdisc);
    this.#own.link.restoreState(state.link);
    this.#lastTickNs = state.lastTickNs;
    this.#ended = state.ended;
  }

  /** What is read is, until the next sample, what all threads have: their states, this one's among them. @internal */
  setWhole(states: readonly TraceState[]): void {
    const whole = createTables();
    whole.tcp.merge(states.map(({ tcp }) => tcp));
    whole.qdisc.merge(states.map(({ qdisc }) => qdisc));
    whole.link.merge(states.map(({ link }) => link));
    this.#whole = whole;
  }

  get #shown(): Tables {
    return this.#whole ?? this.#own;
  }

  #lists() {
    return { tcp: this.tcp, qdisc: this.qdiscs, link: this.links };
  }

  #sampleHosts(timeNs: number): void {
    const { tcp, qdiscs } = this.#settings;
    const seen = { tcp: new Set<string>(), qdisc: new Set<string>() };
    for (const { name, index, posix } of this.#world.hosts()) {
      if (posix === undefined) continue;
      if (tcp.length > 0) this.#sampleTcp(name, index, posix, timeNs, seen.tcp);
      if (qdiscs) this.#sampleQdiscs(name, index, posix, timeNs, seen.qdisc);
    }
    this.#own.tcp.endOthers(seen.tcp);
    this.#own.qdisc.endOthers(seen.qdisc);
  }

  #sampleLinks(timeNs: number): void {
    let place = 0;
    for (const direction of this.#world.directions()) {
      if (direction.sendsHere || direction.receivesHere) {
        const subject = (): LinkSubject => linkSubject(direction);
        this.#own.link.push(`${place}`, place, subject, linkSample(direction, timeNs));
      }
      place++;
    }
  }

  #sampleTcp(
    host: string,
    place: number,
    posix: PosixHost,
    timeNs: number,
    seen: Set<string>,
  ): void {
    for (const entry of readConnections(posix)) {
      if (!isWanted(entry, this.#settings.tcp)) continue;
      const key = `${host} ${entry.cookie}`;
      seen.add(key);
      const subject = (): TcpSubject => tcpSubject(host, entry, timeNs);
      this.#own.tcp.push(key, place, subject, tcpSample(entry, timeNs));
    }
  }

  #sampleQdiscs(
    host: string,
    place: number,
    posix: PosixHost,
    timeNs: number,
    seen: Set<string>,
  ): void {
    for (const { subject, sample } of readQdiscs(host, posix, timeNs)) {
      seen.add(subject.name);
      this.#own.qdisc.push(subject.name, place, () => subject, sample);
    }
  }

  /** Samples after a time and until another one. */
  *#between(sinceNs: number, untilNs: number): Generator<TraceItem, void, void> {
    const cursors = [
      ...this.tcp.map((series) => new Cursor('tcp', series, sinceNs)),
      ...this.qdiscs.map((series) => new Cursor('qdisc', series, sinceNs)),
      ...this.links.map((series) => new Cursor('link', series, sinceNs)),
    ];
    for (;;) {
      const timeNs = Math.min(...cursors.map((cursor) => cursor.nextNs));
      if (timeNs > untilNs) return;
      for (const cursor of cursors) if (cursor.nextNs === timeNs) yield cursor.take();
    }
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    this.#world.programsWoken();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

interface Tables {
  readonly tcp: SeriesTable<TcpSample, TcpSubject>;
  readonly qdisc: SeriesTable<QdiscSample, QdiscSubject>;
  readonly link: SeriesTable<LinkSample, LinkSubject>;
}

function createTables(): Tables {
  return {
    tcp: new SeriesTable(tcpSchema),
    qdisc: new SeriesTable(qdiscSchema),
    link: new SeriesTable(linkSchema),
  };
}

/** Where an iteration is in a series. */
class Cursor {
  readonly #kind: TraceItem['kind'];
  readonly #series: AnySeries;
  #index: number;

  constructor(kind: TraceItem['kind'], series: AnySeries, sinceNs: number) {
    this.#kind = kind;
    this.#series = series;
    this.#index = series.indexAfter(sinceNs);
  }

  get nextNs(): number {
    return this.#series.timeNs(this.#index);
  }

  take(): TraceItem {
    const sample = this.#series.at(this.#index++);
    // The three go together by how cursors are made.
    return { kind: this.#kind, series: this.#series, sample } as unknown as TraceItem;
  }
}
