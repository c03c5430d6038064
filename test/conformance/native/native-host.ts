// SPDX-License-Identifier: GPL-2.0-only
/** A `PosixHost` on native Linux, in real time; the twin of test/helpers/virtual-host.ts. */
import { lp64, PosixHost, type HostTime, type Timer } from '../../../src/posix/index.js';
import type { World } from '../world.js';
import { NativePort } from './native-port.js';

interface Event {
  readonly timeNs: number;
  readonly run: () => void;
}

class RealTime implements HostTime {
  readonly #events = new Set<Event>();
  #deferred: (() => void)[] = [];

  nowNs(): number {
    return Number(process.hrtime.bigint());
  }

  at(timeNs: number, run: () => void): Timer {
    const event = { timeNs, run };
    this.#events.add(event);
    return { cancel: () => void this.#events.delete(event) };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Runs what is deferred and due; whether there was anything. */
  run(): boolean {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const callback of deferred) callback();
    const now = this.nowNs();
    const due = [...this.#events].filter(({ timeNs }) => timeNs <= now);
    for (const event of due) {
      this.#events.delete(event);
      event.run();
    }
    return deferred.length + due.length > 0;
  }
}

const stepMs = 1;
const patienceNs = 10e9;

export function nativeHost(): World {
  const port = new NativePort();
  const time = new RealTime();
  const host = new PosixHost(port, time, lp64);
  host.route.links.change('lo', { up: true });

  const until = async <T>(promise: Promise<T>): Promise<T> => {
    const state = { settled: false };
    const done = (): void => void (state.settled = true);
    promise.then(done, done);
    const giveUpNs = time.nowNs() + patienceNs;
    while (true) {
      do await new Promise((resolve) => setImmediate(resolve));
      while (time.run());
      if (state.settled) return promise;
      if (time.nowNs() > giveUpNs) throw new Error('the promise does not settle on native Linux');
      port.reportReady();
      await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
  };
  return {
    kind: 'linux',
    host,
    until,
    pass: (durationNs) =>
      until(new Promise<void>((resolve) => time.at(time.nowNs() + durationNs, resolve))),
    end: () => {
      host.close();
      port.stop();
    },
  };
}
