// SPDX-License-Identifier: GPL-2.0-only

/** A worker of the tests: runs its share of a scenario, and says what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { setRunContext } from '../../../src/dce/index.js';
import type { ShareRequest } from '../../../src/dce/parallel/request.js';
import { WorkerShare } from '../../../src/dce/parallel/share.js';
import { scenarios, type Outcome } from './topologies.js';

export interface ScenarioJob {
  readonly scenario: string;
  readonly request: ShareRequest;
}

export interface ScenarioReply {
  readonly outcome?: Outcome;
  readonly error?: unknown;
  readonly warnings: readonly string[];
  readonly windows: number;
}

const { scenario, request } = workerData as ScenarioJob;
const warnings: string[] = [];
const share = new WorkerShare(request, { onWarning: (text) => void warnings.push(text) });
setRunContext({ share });
let reply: ScenarioReply;
try {
  const outcome = await scenarios[scenario]!();
  reply = { outcome, warnings, windows: share.windowCount };
} catch (error) {
  const { name, message, code, hint } = error as Error & { code?: string; hint?: string };
  reply = { error: { name, message, code, hint }, warnings, windows: share.windowCount };
}
share.leave();
parentPort!.postMessage(reply);
