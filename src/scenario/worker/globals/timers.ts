// SPDX-License-Identifier: GPL-2.0-only

/** Timers on virtual time, as `node:timers` has them: those of a program are gone with it. */
import { AsyncResource } from 'node:async_hooks';
import { promisify } from 'node:util';
import type { CurrentRealm, Realm } from './realm.js';

/** Longer delays are 1 ms to Node.js, and so are shorter ones. */
const delayMaxMs = 2 ** 31 - 1;

type Callback = (...args: unknown[]) => void;

/** Timers that one realm has made: a number must not say what other hosts do. */
const counts = new WeakMap<Realm, number>();
/** So that a timer can be cleared by its number. */
const byNumber = new WeakMap<Realm, Map<number, VirtualTimer>>();

/** What `setTimeout` and `setInterval` give: Node's `Timeout`, as far as programs use it. */
export class VirtualTimer extends AsyncResource {
  readonly #realm: Realm;
  readonly #number: number;
  readonly #delayNs: number;
  readonly #repeats: boolean;
  readonly #call: () => void;
  #dueNs: number;
  #pending: { cancel(): void } | undefined;
  #referenced = true;

  constructor(realm: Realm, call: () => void, delay: unknown, repeats: boolean) {
    super('Timeout');
    const delayMs = Number(delay);
    this.#realm = realm;
    this.#call = call;
    this.#repeats = repeats;
    this.#delayNs = Math.trunc(delayMs >= 1 && delayMs <= delayMaxMs ? delayMs : 1) * 1e6;
    this.#number = (counts.get(realm) ?? 0) + 1;
    counts.set(realm, this.#number);
    this.#dueNs = realm.nowNs;
    this.refresh();
  }

  refresh(): this {
    this.#pending?.cancel();
    this.#dueNs = this.#realm.nowNs;
    this.#arm();
    return this;
  }

  close(): this {
    this.#pending?.cancel();
    this.#pending = undefined;
    byNumber.get(this.#realm)?.delete(this.#number);
    return this;
  }

  /** A simulation ends by its programs, not by their timers: for those who ask. */
  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  [Symbol.toPrimitive](): number {
    let timers = byNumber.get(this.#realm);
    if (!timers) byNumber.set(this.#realm, (timers = new Map<number, VirtualTimer>()));
    if (this.#pending) timers.set(this.#number, this);
    return this.#number;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#dueNs += this.#delayNs;
    this.#pending = this.#realm.callAt(this.#dueNs, () => {
      if (this.#repeats) this.#arm();
      else this.close();
      this.runInAsyncScope(this.#call);
    });
  }
}

/** What `setImmediate` gives. */
export class VirtualImmediate extends AsyncResource {
  #cleared = false;

  constructor(realm: Realm, call: () => void) {
    super('Immediate');
    realm.defer(() => {
      if (!this.#cleared) this.runInAsyncScope(call);
      this.#cleared = true;
    });
  }

  close(): void {
    this.#cleared = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return !this.#cleared;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Waiting {
  readonly signal?: AbortSignal;
}

/** The functions of `node:timers`; `promises` those of `node:timers/promises`. */
export function virtualTimers(realm: CurrentRealm) {
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer || timer instanceof VirtualImmediate) timer.close();
    else if (typeof timer === 'number' || typeof timer === 'string') {
      byNumber.get(realm())?.get(Number(timer))?.close();
    }
  };
  const timeout = (callback: unknown, delay?: unknown, ...args: unknown[]): VirtualTimer =>
    new VirtualTimer(realm(), bound(callback, args), delay, false);
  const interval = (callback: unknown, delay?: unknown, ...args: unknown[]): VirtualTimer =>
    new VirtualTimer(realm(), bound(callback, args), delay, true);
  const immediate = (callback: unknown, ...args: unknown[]): VirtualImmediate =>
    new VirtualImmediate(realm(), bound(callback, args));

  const wait = <T>(delay?: number, value?: T, options?: Waiting): Promise<T | undefined> =>
    settled((done) => timeout(done, delay), value, options);
  const promises = {
    setTimeout: wait,
    setImmediate: <T>(value?: T, options?: Waiting) =>
      settled((done) => immediate(done), value, options),
    async *setInterval<T>(delay?: number, value?: T, options?: Waiting) {
      for (;;) yield await wait(delay, value, options);
    },
    scheduler: {
      wait: (delay: number, options?: Waiting) => wait(delay, undefined, options),
      yield: () => settled((done) => immediate(done), undefined, undefined),
    },
  };
  Object.defineProperty(timeout, promisify.custom, { value: promises.setTimeout });
  Object.defineProperty(immediate, promisify.custom, { value: promises.setImmediate });
  return {
    setTimeout: timeout,
    setInterval: interval,
    setImmediate: immediate,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    promises,
    /** `AbortSignal.timeout`. */
    abortTimeout: (delay: number): AbortSignal => {
      const controller = new AbortController();
      const reason = (): DOMException =>
        new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      timeout(() => controller.abort(reason()), delay);
      return controller.signal;
    },
  };
}

function bound(callback: unknown, args: readonly unknown[]): () => void {
  if (typeof callback !== 'function') {
    throw Object.assign(
      new TypeError(
        `The "callback" argument must be of type function. Received ${typeof callback}`,
      ),
      { code: 'ERR_INVALID_ARG_TYPE' },
    );
  }
  return args.length === 0 ? (callback as Callback) : () => (callback as Callback)(...args);
}

/** A promise for what calls back once, or for the signal that says not to wait any more. */
function settled<T>(
  start: (done: () => void) => { close(): unknown },
  value: T | undefined,
  { signal }: Waiting = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const pending = start(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    });
    const abort = (): void => {
      pending.close();
      reject(abortError(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** As Node.js says it. */
function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  const error = new Error('The operation was aborted', { cause: reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}
