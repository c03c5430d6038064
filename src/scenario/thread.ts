// SPDX-License-Identifier: GPL-2.0-only

/** A thread that evaluates a scenario: starts it, hears what it says, and knows how it ended. */
import process from 'node:process';
import { Worker, type Transferable } from 'node:worker_threads';
import {
  heartbeatEvents,
  heartbeatLife,
  heartbeatStop,
  heartbeatTime,
  heartbeatWords,
} from '../dce/index.js';
import { LibosError } from '../errors.js';
import { placeOf, type ThreadPlace } from './inspect-thread.js';
import type { ScenarioMessage, ScenarioOutcome, ScenarioRequest } from './request.js';
import { whereAmI } from './where.js';

/** In a checkout's tests libos itself is TypeScript, and the thread needs a loader before anything else. */
const fromSource = import.meta.url.endsWith('.ts');
const entry = new URL(`./worker/${fromSource ? 'source-entry' : 'entry'}.js`, import.meta.url);

const terminatePeriodMs = 200;

/** How far a thread is. */
export interface Progress {
  readonly nowNs: number;
  readonly events: number;
  /** Changes as long as the thread's event loop goes round, or hosts boot. */
  readonly life: number;
}

/** Evaluates a scenario, in one thread or several. */
export interface ScenarioRunner {
  /** How it ended: what it said last, or why it could not say it. */
  readonly outcome: Promise<ScenarioOutcome>;
  readonly progress: Progress;
  /** Asks the run to end between two moments. */
  interrupt(): void;
  /** Where it is, as far as that can be found out. Its value is what `whereAmI` says. */
  place(): Promise<ThreadPlace | undefined>;
  terminate(): Promise<void>;
}

export function createHeartbeat(): SharedArrayBuffer {
  return new SharedArrayBuffer(heartbeatWords * Float64Array.BYTES_PER_ELEMENT);
}

export class ScenarioThread implements ScenarioRunner {
  readonly outcome: Promise<ScenarioOutcome>;
  readonly #worker: Worker;
  readonly #heartbeat: Float64Array;

  constructor(
    request: ScenarioRequest,
    onMessage: (message: ScenarioMessage) => void,
    transferList: readonly Transferable[] = [],
  ) {
    this.#heartbeat = new Float64Array(request.heartbeat);
    this.#worker = new Worker(entry, {
      workerData: request,
      transferList: [...transferList],
      // This process's may be a test runner's or a loader's.
      execArgv: [],
      stdout: true,
      stderr: true,
      name: `libos scenario${request.share ? ` ${request.share.worker}` : ''}`,
      env: process.env,
    });
    this.outcome = new Promise((resolve, reject) => {
      let last: ScenarioOutcome | undefined;
      this.#worker.on('message', (message: ScenarioMessage) => {
        if (message.kind === 'end') last = message.outcome;
        else onMessage(message);
      });
      for (const stream of ['stdout', 'stderr'] as const) {
        this.#worker[stream].setEncoding('utf8').on('data', (text: string) => {
          onMessage({ kind: 'output', stream, text });
        });
      }
      this.#worker.on('error', reject);
      this.#worker.on('exit', (code) => {
        if (last) resolve(last);
        else reject(endedEarly(code));
      });
    });
  }

  get progress(): Progress {
    return {
      nowNs: this.#heartbeat[heartbeatTime]!,
      events: this.#heartbeat[heartbeatEvents]!,
      life: this.#heartbeat[heartbeatLife]!,
    };
  }

  interrupt(): void {
    this.#heartbeat[heartbeatStop] = 1;
  }

  place(): Promise<ThreadPlace | undefined> {
    return placeOf(this.#worker, whereAmI);
  }

  /** Asked again and again: a thread that is just leaving the debugger forgets the first time. */
  async terminate(): Promise<void> {
    this.#worker.setMaxListeners(0);
    const again = setInterval(() => void this.#worker.terminate(), terminatePeriodMs);
    try {
      await this.#worker.terminate();
    } finally {
      clearInterval(again);
    }
  }
}

/** It could not even say why: the process is out of memory, or a native add-on has ended it. */
function endedEarly(exitCode: number): LibosError {
  return new LibosError(
    'ERR_LIBOS_SCENARIO',
    `the scenario's thread has ended, with code ${exitCode}`,
  );
}
