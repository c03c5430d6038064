// SPDX-License-Identifier: GPL-2.0-only

// worker.test.ts runs it: hosts in real time that nobody closes, in threads that are terminated and in this one.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { NativeHost, NativeKernel, Reactor, RealTimeline } from '../../../dist/src/native/index.js';

function openHost() {
  const timeline = new RealTimeline({ reactor: new Reactor() });
  return new NativeHost({ kernel: NativeKernel.load({ profile: 'sim' }), timeline });
}

if (isMainThread) {
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(new URL(import.meta.url));
    await once(worker, 'message');
    await worker.terminate();
    console.log(`thread ${i} ended`);
  }
  process.stdout.write(openHost().posix.readFile('/proc/sys/kernel/ostype'));
  setTimeout(() => process.exit(0), 100);
} else {
  openHost().posix.readFile('/proc/version');
  parentPort.postMessage('up');
}
