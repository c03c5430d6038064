// SPDX-License-Identifier: GPL-2.0-only

/** A worker of the tests: runs its share of a scenario, and says what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { setRunContext } from '../../../src/dce/index.js';
import type { ShareRequest } from '../../../src/dce/parallel/request.js';
import { WorkerShare } from '../../../src/dce/parallel/share.js';
import { scenarios, type Outcome } from './topologies.js';

export interface ScenarioJob {
  /** Run one after the other. */
  readonly names: readonly string[];
  readonly request: ShareRequest;
}

export interface ScenarioReply {
  /** By name; those before an error. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly code: string | undefined;
    readonly hint: string | undefined;
  };
  readonly warnings: readonly string[];
  readonly windows: number;
}

const { names, request } = workerData as ScenarioJob;
const warnings: string[] = [];
const outcomes: Record<string, Outcome> = {};
const share = new WorkerShare(request, { onWarning: (text) => void warnings.push(text) });
setRunContext({ share });
let reply: ScenarioReply;
try {
  for (const name of names) outcomes[name] = await scenarios[name]!();
  reply = { outcomes, warnings, windows: share.windowCount };
} catch (thrown) {
  const { name, message, code, hint } = thrown as Error & { code?: string; hint?: string };
  const error = { name, message, code, hint };
  reply = { outcomes, error, warnings, windows: share.windowCount };
}
share.leave();
parentPort!.postMessage(reply);
