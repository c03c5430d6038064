// SPDX-License-Identifier: GPL-2.0-only

/**
 * What watches a simulation: captures, traces, the log and the digest of all that. Nothing of it changes what
 * happens. With several threads each watches its own hosts, and what they saw is put together afterwards.
 */
import type { Scheduler, Stateful, TargetId } from '../host/index.js';
import { Capture, type CaptureState, type Link, type LinkEnd } from '../link/index.js';
import { parseDurationNs, parseSizeBytes } from '../units.js';
import { scenarioError } from './caller-line.js';
import { combineDigest, DigestStream, type DigestPart } from './digest.js';
import type { LogState, SimulationLog } from './log.js';
import type { SimulatedHost } from './simulated-host.js';
import { Trace, type TcpEndFilter, type TraceState, type TracedDirection } from './trace/index.js';

/** A host or its name. */
export type HostChoice = SimulatedHost | string;

/** What is captured, and into which files: `simulation.capture`. */
export interface SimulationCaptureOptions {
  /** All interfaces into this file; replaced if it is there. */
  readonly file?: string;
  /** `HOST.INTERFACE.pcapng` for each interface in this folder, which is made if it is not there. */
  readonly directory?: string;
  /** Interfaces of these hosts; of all by default, those that are connected later too. */
  readonly hosts?: readonly HostChoice[];
  /** Interfaces at these links; at all by default. */
  readonly links?: readonly Link[];
  /** The ports of switches and hubs too. */
  readonly ports?: boolean;
  /** How much of each frame is kept, "96 B" or bytes; all by default. */
  readonly snapLength?: number | string;
}

/** What is sampled, and how often: `simulation.trace`. */
export interface SimulationTraceOptions {
  /** The time between samples: "10 ms", or nanoseconds. */
  readonly every: number | string;
  /** Of these hosts; of all by default. */
  readonly hosts?: readonly HostChoice[];
  /** TCP connections: all (true, the default), none, or those that match. */
  readonly tcp?: boolean | TcpEndFilter | readonly TcpEndFilter[];
  /** Queueing disciplines: true by default. */
  readonly qdiscs?: boolean;
  /** Directions of links: all (true, the default), none, or those of some links. */
  readonly links?: boolean | readonly Link[];
}

/**
 * What the digest takes of each frame: its time, its interface, its length, and of frames that leave their
 * beginning (`headers`: Ethernet to TCP) or all (`whole`).
 */
export type DigestCoverage = 'headers' | 'whole' | 'none';

/** What an observation asks of its simulation. */
export interface ObservedWorld {
  readonly now: { readonly nowNs: number };
  readonly startDateMs: number;
  readonly log: SimulationLog;
  readonly hosts: readonly SimulatedHost[];
  /** In the order of creation. */
  links(): readonly Link[];
  createScheduler(): Scheduler;
  defer(callback: () => void): void;
  /** Whether an end of a link, 0 or 1, is in this thread. */
  isHere(link: Link, end: number): boolean;
  /** Behind the names of files that this thread writes a part of; undefined: it is the only one. */
  readonly partSuffix: string | undefined;
}

/** Plain data: of a snapshot, or what one thread saw. @internal */
export interface ObservationState {
  readonly log: LogState;
  readonly frames: readonly DigestPart[];
  readonly captures: readonly CaptureState[];
  readonly traces: readonly TraceState[];
}

interface OpenCapture {
  readonly capture: Capture;
  readonly wants: (end: LinkEnd, link: Link) => boolean;
}

const headersBytes = 80;
const directionTags = { in: 1, out: 2 } as const;

/** @internal */
export class Observation implements Stateful {
  readonly #world: ObservedWorld;
  readonly #coverage: DigestCoverage;
  readonly #frames = new Map<string, DigestStream>();
  readonly #foreignFrames = new Map<string, DigestPart>();
  readonly #captures: OpenCapture[] = [];
  readonly #traces: Trace[] = [];
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #scheduler: Scheduler;
  /** Of the traces' samples, by the trace's number. */
  readonly #ticks: TargetId;

  /** Context: in the simulation's constructor, so that the scheduler's place is the same in each copy of it. */
  constructor(world: ObservedWorld, coverage: DigestCoverage) {
    this.#world = world;
    this.#coverage = coverage;
    this.#scheduler = world.createScheduler();
    this.#ticks = this.#scheduler.register({
      // A copy of the simulation has no traces of the original's.
      onTime: (number) => world.defer(() => this.#traces[number]?.tick()),
    });
  }

  /** A link has been made. Context: before a frame passes it. */
  linkAdded(link: Link): void {
    for (const end of link.ends) {
      if (this.#coverage !== 'none' && this.#hostOf(end)) this.#sum(end, this.#coverage);
      for (const { capture, wants } of this.#captures) {
        if (!capture.closed && wants(end, link)) capture.addEnd(end, this.#world.now.nowNs);
      }
    }
  }

  capture(options: SimulationCaptureOptions): Capture {
    const { file, directory, snapLength, links, ports = false } = options;
    const { now, startDateMs, partSuffix } = this.#world;
    // First, so that a wrong one leaves no file.
    const hosts = this.#chosen(options.hosts);
    const capture = new Capture({
      ...(file !== undefined && { file }),
      ...(directory !== undefined && { directory }),
      ...(snapLength !== undefined && { snapBytes: parseSizeBytes(snapLength, 'snapLength') }),
      ...(partSuffix !== undefined && { partSuffix }),
      epochMs: startDateMs,
    });
    const wants = (end: LinkEnd, link: Link): boolean => {
      if (links !== undefined && !links.includes(link)) return false;
      const host = this.#hostOf(end);
      return host === undefined
        ? ports && options.hosts === undefined
        : (hosts?.has(host.name) ?? true);
    };
    this.#captures.push({ capture, wants });
    for (const link of this.#world.links()) {
      for (const end of link.ends) if (wants(end, link)) capture.addEnd(end, now.nowNs);
    }
    return capture;
  }

  trace(options: SimulationTraceOptions): Trace {
    const intervalNs = parseDurationNs(options.every, 'every');
    if (intervalNs === 0) {
      throw scenarioError('ERR_LIBOS_TRACE', 'a trace every 0 ns would never let time pass', {
        hint: "write { every: '10 ms' }",
      });
    }
    const chosen = this.#chosen(options.hosts);
    const { tcp = true, qdiscs = true, links = true } = options;
    const world = this.#world;
    const number = this.#traces.length;
    const isTraced = ({ name }: SimulatedHost): boolean => chosen?.has(name) ?? true;
    const filters = typeof tcp === 'boolean' ? (tcp ? [{}] : []) : [tcp].flat();
    const trace = new Trace(
      {
        get nowNs() {
          return world.now.nowNs;
        },
        tickAt: (timeNs) => this.#scheduler.at(timeNs, this.#ticks, number, 0),
        programsWoken: () => this.#scheduler.programsWoken(),
        *hosts() {
          for (const host of world.hosts) {
            if (!isTraced(host)) continue;
            const posix = host.local && host.state === 'up' ? host.posix : undefined;
            yield { name: host.name, index: host.index, posix };
          }
        },
        directions: () => (links === false ? [] : this.#directions(links, chosen)),
      },
      { intervalNs, tcp: filters, qdiscs },
    );
    this.#traces.push(trace);
    return trace;
  }

  /** 16 hexadecimal digits for all that was seen: frames, lines of the log, series of traces. */
  get digest(): string {
    if (this.#coverage === 'none') {
      throw scenarioError('ERR_LIBOS_DIGEST', 'the simulation was made without a digest', {
        hint: "leave out `digest: 'none'`",
      });
    }
    const own = this.#frameParts();
    const traces = this.#traces.flatMap((trace, index) =>
      trace.digestParts.map((part) => ({ ...part, name: `trace ${index} ${part.name}` })),
    );
    const parts = [...own, ...this.#foreignFrames.values(), ...this.#world.log.digestParts];
    return combineDigest([...parts, ...traces]);
  }

  /** Whether somebody wants frames of several interfaces in the order of time. */
  get wantsOrder(): boolean {
    return this.#captures.some(({ capture }) => !capture.closed && capture.isOfAll);
  }

  /** Files of captures that are parts, to be merged when all threads have closed theirs. */
  get captureParts(): readonly { readonly part: string; readonly whole: string }[] {
    return this.#captures.flatMap(({ capture }) => capture.parts);
  }

  saveState(): ObservationState {
    return {
      log: this.#world.log.saveState(),
      frames: this.#frameParts(),
      captures: this.#captures.map(({ capture }) => capture.saveState()),
      traces: this.#traces.map((trace) => trace.saveState()),
    };
  }

  /** Captures and traces that were made since then end, and hold nothing that came after. */
  restoreState(saved: unknown): void {
    const state = saved as ObservationState;
    this.#world.log.restoreState(state.log);
    const parts = new Map(state.frames.map((part) => [part.name, part]));
    for (const [name, stream] of this.#frames) {
      stream.part = parts.get(name) ?? new DigestStream(name).part;
    }
    for (const [index, { capture }] of this.#captures.entries()) {
      const captured = state.captures[index];
      if (capture.closed) continue;
      capture.restoreState(captured ?? {});
      if (captured === undefined) capture[Symbol.dispose]();
    }
    this.#captures.length = Math.min(this.#captures.length, state.captures.length);
    for (const [index, trace] of this.#traces.entries()) {
      const traced = state.traces[index];
      if (traced === undefined) trace[Symbol.dispose]();
      else trace.restoreState(traced);
    }
    // The next one has the place that it would have had.
    this.#traces.length = Math.min(this.#traces.length, state.traces.length);
  }

  /** What this thread saw, for all threads. Of the log what is new. */
  takePart(): ObservationState {
    return {
      log: this.#world.log.takeState(),
      frames: this.#frameParts(),
      captures: [],
      traces: this.#traces.map((trace) => trace.saveState()),
    };
  }

  /** Takes in what all threads saw, this one among them. */
  merge(parts: readonly ObservationState[]): void {
    this.#world.log.merge(parts.map(({ log }) => log));
    for (const frames of parts.flatMap((part) => part.frames)) {
      if (this.#frames.get(frames.name)?.part.count === 0) {
        this.#foreignFrames.set(frames.name, frames);
      }
    }
    for (const [index, trace] of this.#traces.entries()) {
      trace.setWhole(parts.flatMap(({ traces }) => traces[index] ?? []));
    }
  }

  /** Ends captures and traces. */
  close(): void {
    for (const { capture } of this.#captures) capture[Symbol.dispose]();
    for (const trace of this.#traces) trace[Symbol.dispose]();
  }

  /** Those that saw frames: of an interface that another thread has, it is that one's. */
  #frameParts(): readonly DigestPart[] {
    return [...this.#frames.values()].map(({ part }) => part).filter(({ count }) => count > 0);
  }

  #sum(end: LinkEnd, coverage: 'headers' | 'whole'): void {
    const stream = new DigestStream(`frames ${end.label}`);
    this.#frames.set(stream.name, stream);
    const arrived = (timeNs: number, lengthBytes: number): void =>
      stream.add(timeNs, timeNs / 2 ** 32, directionTags.in, lengthBytes);
    const tagOf = (direction: 'in' | 'out', lengthBytes: number): number =>
      directionTags[direction] | (lengthBytes << 2);
    end.observe({
      snapBytes: coverage === 'whole' ? Infinity : headersBytes,
      onFrame: (_end, direction, timeNs, lengthBytes, bytes) => {
        if (direction === 'in' && coverage === 'headers') arrived(timeNs, lengthBytes);
        else stream.addBytes(timeNs, tagOf(direction, lengthBytes), bytes);
      },
      // Of headers only: whole frames are shown as the wire has them.
      onFrameInMemory: (direction, timeNs, lengthBytes, memory, at) => {
        const count = Math.min(lengthBytes, headersBytes);
        if (direction === 'in') arrived(timeNs, lengthBytes);
        else stream.addMemory(timeNs, tagOf(direction, lengthBytes), memory, at, count);
      },
    });
  }

  *#directions(
    links: true | readonly Link[],
    hosts: ReadonlySet<string> | undefined,
  ): Generator<TracedDirection, void, void> {
    for (const link of this.#world.links()) {
      if (links !== true && !links.includes(link)) continue;
      for (const [index, direction] of link.directions.entries()) {
        const from = link.ends[index]!;
        const to = link.ends[1 - index]!;
        const ends = [this.#hostOf(from)?.name, this.#hostOf(to)?.name];
        if (hosts !== undefined && !ends.some((name) => name !== undefined && hosts.has(name))) {
          continue;
        }
        yield {
          ...{ link: link.name, from: from.label, to: to.label },
          sendsHere: this.#world.isHere(link, index),
          receivesHere: this.#world.isHere(link, 1 - index),
          counters: direction.counters,
        };
      }
    }
  }

  /** The host whose interface it is; undefined for a port. */
  #hostOf({ label }: LinkEnd): SimulatedHost | undefined {
    const { hosts } = this.#world;
    if (this.#hosts.size < hosts.length) for (const host of hosts) this.#hosts.set(host.name, host);
    return this.#hosts.get(label.slice(0, label.lastIndexOf('.')));
  }

  #chosen(hosts: readonly HostChoice[] | undefined): ReadonlySet<string> | undefined {
    if (hosts === undefined) return undefined;
    const names = hosts.map((host) => (typeof host === 'string' ? host : host.name));
    const unknown = names.find((name) => !this.#world.hosts.some((host) => host.name === name));
    if (unknown === undefined) return new Set(names);
    throw scenarioError('ERR_LIBOS_HOST', `there is no host called ${JSON.stringify(unknown)}`, {
      hint: `there are ${this.#world.hosts.map(({ name }) => name).join(', ')}`,
    });
  }
}
