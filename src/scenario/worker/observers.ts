// SPDX-License-Identifier: GPL-2.0-only

/** What the runner attaches to a scenario's simulations: the log as it is written, captures, traces. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine, Simulation } from '../../dce/index.js';
import type { ScenarioMessage, ScenarioRequest } from '../request.js';

interface Watched {
  readonly simulation: Simulation;
  /** Folders that are written to. */
  readonly pcap?: string;
  readonly trace?: { readonly folder: string; readonly series: ReturnType<Simulation['trace']> };
}

export class Observers {
  readonly #request: ScenarioRequest;
  readonly #send: (message: ScenarioMessage) => void;
  readonly #watched: Watched[] = [];

  constructor(request: ScenarioRequest, send: (message: ScenarioMessage) => void) {
    this.#request = request;
    this.#send = send;
  }

  /** Context: the simulation has just been made, as the scenario's `number`th from 0. */
  add(simulation: Simulation, number: number): void {
    const { log, pcap, trace } = this.#request;
    if (log) this.#sendLines(simulation);
    // A second simulation must not write over the first one's files.
    const own = (folder: string): string => (number === 0 ? folder : join(folder, `${number + 1}`));
    if (pcap) simulation.capture({ directory: own(pcap.folder) });
    this.#watched.push({
      simulation,
      ...(pcap && { pcap: own(pcap.folder) }),
      ...(trace && {
        trace: { folder: own(trace.folder), series: simulation.trace({ every: trace.every }) },
      }),
    });
  }

  /** Writes what is to be written, and says what that was. Several threads leave what all have to the first. */
  close(): readonly string[] {
    const { share } = this.#request;
    return this.#watched.flatMap(({ simulation, pcap, trace }) => {
      simulation.observation.close();
      const writes = trace && (share?.worker ?? 0) === 0;
      if (writes) trace.series.write(trace.folder);
      return [
        ...(pcap !== undefined && !share ? filesIn(pcap) : []),
        ...(writes ? filesIn(trace.folder) : []),
      ];
    });
  }

  /** Lines of a moment go together. */
  #sendLines(simulation: Simulation): void {
    let lines: LogLine[] = [];
    simulation.log.listen((line) => {
      if (lines.push(line) > 1) return;
      queueMicrotask(() => {
        this.#send({ kind: 'log', lines });
        lines = [];
      });
    });
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}
