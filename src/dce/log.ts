// SPDX-License-Identifier: GPL-2.0-only

/**
 * What happened in a simulation, line by line: what programs say, consoles of kernels, faults, crashes. Each line
 * has its virtual time and its host. The order is by time, then by host as they were created, then as they were
 * said: the same however hosts are spread over threads.
 */
import { LibosError } from '../errors.js';
import type { Stateful } from '../host/index.js';
import { DigestStream, type DigestPart } from './digest.js';

/** Who speaks: a program, a host's kernel, a fault that was begun or ended, or the simulation itself. */
export type LogSource = 'program' | 'kernel' | 'fault' | 'simulation';

/** As syslog has them, most urgent first: a line's level is an index. */
export const logLevels = [
  ...(['emergency', 'alert', 'critical', 'error'] as const),
  ...(['warning', 'notice', 'info', 'debug'] as const),
] as const;
/** A line's level, by syslog(3)'s names. */
export type LogLevel = (typeof logLevels)[number];

/** One line of the log. */
export interface LogLine {
  readonly timeNs: number;
  /** Undefined: of no host alone. */
  readonly host: string | undefined;
  readonly source: LogSource;
  readonly level: LogLevel;
  readonly text: string;
  /** What belongs to the text; cloneable. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What a line is said by: a host as the log needs it. */
export interface LogHost {
  readonly name: string;
  /** Its place in the order of creation. */
  readonly index: number;
  /** False: it runs in another thread, whose log has its lines. */
  readonly local?: boolean;
}

/** Which lines of the log: all that are named must fit. */
export interface LogFilter {
  readonly hosts?: readonly (string | LogHost)[];
  readonly sources?: readonly LogSource[];
  /** This level and what is more urgent. */
  readonly level?: LogLevel;
}

/** A line with its place among those of its moment. */
interface PlacedLine {
  readonly place: number;
  readonly line: LogLine;
}

/** The state of a log, and what a worker's log gives to the whole. */
export interface LogState {
  readonly lines: readonly PlacedLine[];
  /** Lines said, those that are forgotten too. */
  readonly count: number;
  readonly digests: readonly DigestPart[];
}

/** Told of each line when its moment of virtual time is over. */
export type LogListener = (line: LogLine) => void;

const linesMaxDefault = 100_000;
/** The place of lines that belong to no host: before all hosts. */
const noHost = -1;

/** What programs, kernels and faults have said, each line with its virtual time and host: `simulation.log`. */
export class SimulationLog implements Iterable<LogLine>, Stateful {
  readonly #nowNs: () => number;
  readonly #linesMax: number;
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly #digests = new Map<string, DigestStream>();
  readonly #foreignDigests = new Map<string, DigestPart>();
  /** Lines of moments that are over, in order; of other threads too, if there are. */
  #lines: PlacedLine[] = [];
  /** If there are: lines of moments that are over that the others do not have yet. */
  #fresh: PlacedLine[] | undefined;
  /** Lines of a moment that may go on. */
  #moment: PlacedLine[] = [];
  #count = 0;
  /** Moments do not end: what is said goes back in time. */
  #held = false;

  /** `nowNs`: virtual time. Of more lines than `linesMax` the oldest are forgotten; the digest has them all. @internal */
  constructor(nowNs: () => number, { linesMax = linesMaxDefault } = {}) {
    this.#nowNs = nowNs;
    this.#linesMax = linesMax;
  }

  /** Says a line now. Lines of text are lines of the log. @internal */
  write(
    host: LogHost | undefined,
    source: LogSource,
    level: LogLevel,
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (host?.local === false) return;
    const timeNs = this.#nowNs();
    if (this.#moment[0] && this.#moment[0].line.timeNs < timeNs) this.endMoment();
    for (const part of text.split('\n')) {
      const about = { timeNs, host: host?.name, source, level, text: part };
      const line: LogLine = fields === undefined ? about : { ...about, fields };
      this.#moment.push({ place: host?.index ?? noHost, line });
      this.#count++;
      this.#sum(line);
    }
  }

  /** The moment is over: its lines are in order, and listeners are told of them. @internal */
  endMoment(): void {
    if (this.#moment.length === 0 || this.#held) return;
    const lines = inOrder(this.#moment);
    this.#moment = [];
    if (this.#fresh === undefined) this.#keep(lines);
    else this.#fresh.push(...lines);
  }

  /** While held, lines come of several moments, in any order; listeners are told of them afterwards, in order. @internal */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.endMoment();
  }

  /** Calls `listener` with each line from now on, once its moment is over. */
  listen(listener: LogListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The lines so far, in order. */
  lines(filter: LogFilter = {}): readonly LogLine[] {
    const rest = [...(this.#fresh ?? []), ...inOrder(this.#moment)];
    const all = [...this.#lines, ...rest].slice(-this.#linesMax);
    return all.map(({ line }) => line).filter(matcher(filter));
  }

  /** Its lines, from the first. */
  [Symbol.iterator](): Iterator<LogLine> {
    return this.lines()[Symbol.iterator]();
  }

  /** How many lines, the oldest, are not here any more. */
  get forgottenCount(): number {
    return Math.max(0, this.#count - this.#linesMax);
  }

  /** A line each, with a newline. */
  text(filter?: LogFilter): string {
    return this.lines(filter)
      .map((line) => `${formatLogLine(line)}\n`)
      .join('');
  }

  /** JSON, an object a line (https://jsonlines.org). */
  json(filter?: LogFilter): string {
    return this.lines(filter)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
  }

  /** For the digest of the run: a part a host that has said something. @internal */
  get digestParts(): readonly DigestPart[] {
    const own = [...this.#digests.values()].map(({ part }) => part);
    return [...own, ...this.#foreignDigests.values()];
  }

  /** @internal */
  saveState(): LogState {
    return {
      lines: [...this.#lines, ...this.#moment],
      count: this.#count,
      digests: this.digestParts,
    };
  }

  /** @internal */
  restoreState(state: unknown): void {
    const { lines, count, digests } = state as LogState;
    const lastNs = lines.at(-1)?.line.timeNs;
    // The last moment may go on.
    this.#lines = lines.filter(({ line }) => line.timeNs !== lastNs);
    this.#moment = lines.filter(({ line }) => line.timeNs === lastNs);
    this.#count = count;
    this.#fresh = undefined;
    this.#foreignDigests.clear();
    this.#digests.clear();
    for (const part of digests) this.#stream(part.name).part = part;
  }

  /** Gives away what has been said here since the last time, for the logs of all threads to merge. @internal */
  takeState(): LogState {
    const lines = [...(this.#fresh ?? this.#lines.splice(0)), ...inOrder(this.#moment)];
    this.#fresh = [];
    this.#moment = [];
    // They count again when they come back.
    this.#count -= lines.length;
    const digests = [...this.#digests.values()].map(({ part }) => part);
    return { lines, count: lines.length, digests };
  }

  /**
   * Takes in what all threads have said since the last time, this one's own too, each about hosts of its own. What
   * is about no host is said in every thread, and taken from the first.
   * @internal
   */
  merge(states: readonly LogState[]): void {
    const lines = states.flatMap((state, index) =>
      state.lines.filter(({ place }) => index === 0 || place !== noHost),
    );
    for (const part of states.flatMap((state) => state.digests)) {
      if (!this.#digests.has(part.name)) this.#foreignDigests.set(part.name, part);
    }
    this.#count += lines.length;
    this.#keep(inOrder(lines));
  }

  #keep(lines: readonly PlacedLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      for (const listener of this.#listeners) listener(line.line);
    }
    // Not at each line: moving them all would cost as much as there are.
    if (this.#lines.length < this.#linesMax * 2) return;
    this.#lines = this.#lines.slice(-this.#linesMax);
  }

  #sum(line: LogLine): void {
    const fields = line.fields === undefined ? '' : `\0${JSON.stringify(line.fields)}`;
    const tag = logLevels.indexOf(line.level);
    const stream = this.#stream(streamName(line.host));
    stream.addText(line.timeNs, tag, `${line.source}\0${line.text}${fields}`);
  }

  #stream(name: string): DigestStream {
    let stream = this.#digests.get(name);
    if (stream === undefined) this.#digests.set(name, (stream = new DigestStream(name)));
    return stream;
  }
}

function streamName(host: string | undefined): string {
  return host === undefined ? 'log' : `log ${host}`;
}

/** `     1.234567890 s alice kernel.warning: text {"field":1}`. */
export function formatLogLine({ timeNs, host, source, level, text, fields }: LogLine): string {
  const seconds = Math.floor(timeNs / 1e9);
  const nanoseconds = String(timeNs % 1e9).padStart(9, '0');
  const time = `${seconds}.${nanoseconds} s`.padStart(16);
  const speaker = host === undefined ? source : `${host} ${source}`;
  const more = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  return `${time} ${speaker}.${level}: ${text}${more}`;
}

/** By time, then place; stable, so that a host's lines stay as they were said. */
function inOrder(lines: readonly PlacedLine[]): PlacedLine[] {
  return [...lines].sort((a, b) => a.line.timeNs - b.line.timeNs || a.place - b.place);
}

function matcher({ hosts, sources, level }: LogFilter): (line: LogLine) => boolean {
  const names = hosts?.map((host) => (typeof host === 'string' ? host : host.name));
  const levelMax = level === undefined ? Infinity : logLevels.indexOf(level);
  if (levelMax < 0) {
    throw new LibosError('ERR_LIBOS_LOG', `${JSON.stringify(level)} is no level of the log`, {
      hint: `one of ${logLevels.join(', ')}`,
    });
  }
  return (line) =>
    (names === undefined || (line.host !== undefined && names.includes(line.host))) &&
    (sources === undefined || sources.includes(line.source)) &&
    logLevels.indexOf(line.level) <= levelMax;
}
