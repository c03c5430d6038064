// SPDX-License-Identifier: GPL-2.0-only

// What a worker thread of a test starts with whose module is TypeScript: `workerData.module` is its URL.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.module);
