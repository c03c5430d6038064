// SPDX-License-Identifier: GPL-2.0-only

/** What the main thread and the thread of a scenario say to each other. All of it is structured-cloneable. */
import type { LogLine, Report, ShareRequest } from '../dce/index.js';
import type { Failure } from './failure.js';
import type { ParameterValue } from './parameters.js';

/** The whole of what a scenario's thread is started with. */
export interface ScenarioRequest {
  /** The scenario's file. */
  readonly url: string;
  /** Takes the place of the scenario's own. */
  readonly seed?: number | string;
  readonly untilNs?: number;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Whether lines of the log are wanted as they are said. */
  readonly log: boolean;
  /** `heartbeatWords` doubles, see src/dce/run-context.ts. */
  readonly heartbeat: SharedArrayBuffer;
  readonly pcap?: PcapRequest;
  readonly trace?: TraceRequest;
  /** With several threads: this one's share. */
  readonly share?: ShareRequest;
}

export interface PcapRequest {
  /** The folder that captures go to. */
  readonly folder: string;
}

export interface TraceRequest {
  /** The folder that series go to. */
  readonly folder: string;
  /** Between samples: "10 ms", or nanoseconds. */
  readonly every: number | string;
}

/** What a thread says before it ends. */
export type ScenarioMessage =
  | { readonly kind: 'simulation'; readonly seed: number | string }
  | { readonly kind: 'run'; readonly nowNs: number; readonly endNs: number }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'log'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'end'; readonly outcome: ScenarioOutcome };

/** How a scenario has ended, as its thread knows it. */
export interface ScenarioOutcome {
  readonly failure?: Failure;
  /** What the scenario's function has returned. */
  readonly value: unknown;
  readonly simulations: readonly SimulationSummary[];
  /** Files that have been written. */
  readonly files: readonly string[];
  /** With several threads: captures of which this thread has written a part. */
  readonly captureParts?: readonly CapturePart[];
}

/** Paths of files. */
export interface CapturePart {
  readonly part: string;
  readonly whole: string;
}

/** What is left of a simulation. */
export interface SimulationSummary {
  readonly seed: number | string;
  readonly nowNs: number;
  readonly events: number;
  readonly digest: string;
  readonly hosts: readonly string[];
  readonly programs: readonly ProgramSummary[];
  readonly links: readonly LinkSummary[];
  readonly reports: readonly Report[];
  readonly log: readonly LogLine[];
}

/** What became of one program. */
export interface ProgramSummary {
  readonly host: string;
  readonly name: string;
  /** Where the scenario gave it to its host. */
  readonly location: string;
  readonly state: string;
  /** What it has returned; undefined while it has not, or has failed. */
  readonly result: unknown;
  /** What it has thrown. */
  readonly error?: string;
  /** What it waits for. */
  readonly waiting: readonly string[];
}

/** One direction of a link. */
export interface LinkSummary {
  readonly link: string;
  /** The interface that it begins at. */
  readonly from: string;
  readonly frames: number;
  readonly bytes: number;
  readonly drops: number;
}
