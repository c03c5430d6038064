// SPDX-License-Identifier: GPL-2.0-only

/** One measurement in a process of its own: what to measure as JSON is the argument, the figures are the output. */
import process from 'node:process';
import { measureHosts, measureStart } from './hosts.js';
import { runWorkload } from './runs.js';
import { workloads, type Workloads } from './workloads.js';

export type Request =
  | { readonly kind: 'workload'; readonly name: keyof Workloads; readonly quick: boolean }
  | { readonly kind: 'hosts'; readonly count: number }
  | { readonly kind: 'start'; readonly count: number };

const request = JSON.parse(process.argv[2]!) as Request;
process.stdout.write(JSON.stringify(await measured()));

async function measured(): Promise<unknown> {
  switch (request.kind) {
    case 'workload':
      return runWorkload(workloads(request.quick), request.name);
    case 'hosts':
      return measureHosts(request.count);
    case 'start':
      return measureStart(request.count);
  }
}
