// SPDX-License-Identifier: GPL-2.0-only

/** What a scenario's thread starts with: runs the scenario that it was given, and says how that went. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ScenarioMessage, ScenarioRequest } from '../request.js';
import { evaluateScenario } from './evaluate.js';

const port = parentPort;
if (!port) throw new Error('entry: this module is what a thread starts with');
// `postMessage` of a port that is not listened to does not keep the thread alive, and it must end by itself.
const send = (message: ScenarioMessage): void => port.postMessage(message);
await evaluateScenario(workerData as ScenarioRequest, send);
