// SPDX-License-Identifier: GPL-2.0-only

/**
 * Keeps the real world out of virtual time. What answers by the real event loop (files, real sockets, thread
 * pools) would come back at a virtual moment that differs from run to run, and what draws on the real random number
 * generator would differ itself: while a simulation runs, such a call is an error that names it, unless it is made
 * inside `outside()`, for which virtual time is held.
 */
import { createRequire } from 'node:module';
import { LibosError } from '../../../errors.js';

/** Whether the code that asks may reach the real world now. */
export type MayReachOutside = () => boolean;

type Callable = (this: unknown, ...args: unknown[]) => unknown;

const require = createRequire(import.meta.url);

const asynchronousCrypto = ['checkPrime', 'hkdf', 'pbkdf2', 'scrypt'];
/** Keys, nonces and paddings come from OpenSSL's own generator, in synchronous calls too. */
const randomCrypto = [
  ...['createDiffieHellman', 'createECDH', 'getDiffieHellman', 'generatePrime'],
  ...['generatePrimeSync', 'generateKey', 'generateKeyPair', 'generateKeyPairSync'],
  ...['generateKeySync', 'createSign', 'sign', 'publicEncrypt'],
];
const compression = [
  ...['Brotli', 'Deflate', 'DeflateRaw', 'Gunzip', 'Gzip', 'Inflate', 'InflateRaw', 'Unzip'],
];

/** Modules and what of them is guarded. */
const guarded: readonly (readonly [module: string, names: readonly string[]])[] = [
  ['child_process', ['exec', 'execFile', 'fork', 'spawn']],
  ['crypto', [...asynchronousCrypto, ...randomCrypto]],
  ['dns', functionsOf('dns', /^(lookup|resolve|reverse)/)],
  ['dns/promises', functionsOf('dns/promises', /^(lookup|resolve|reverse)/)],
  ['fs', functionsOf('fs', /^[a-z](?!.*Sync$)/)],
  ['fs/promises', functionsOf('fs/promises', /./)],
  ['tls', ['connect']],
  [
    'zlib',
    [
      ...compression.map((name) => `create${name}`),
      ...['brotliCompress', 'brotliDecompress', 'deflate', 'deflateRaw', 'gunzip', 'gzip'],
      ...['inflate', 'inflateRaw', 'unzip', 'createBrotliCompress', 'createBrotliDecompress'],
    ],
  ],
];

/** Prototypes of modules: what everything that is built on them goes through. */
const guardedMethods: readonly (readonly [
  module: string,
  type: string,
  names: readonly string[],
])[] = [
  ['dgram', 'Socket', ['bind', 'connect', 'send']],
  ['net', 'Server', ['listen']],
  ['net', 'Socket', ['connect']],
];

function functionsOf(module: string, pattern: RegExp): string[] {
  const exports = require(`node:${module}`) as Record<string, unknown>;
  return Object.keys(exports).filter(
    (name) => typeof exports[name] === 'function' && /^[a-z]/.test(name) && pattern.test(name),
  );
}

/** Puts the guards in place. Context: `syncBuiltinESMExports()` must follow. */
export function installGuards(may: MayReachOutside): void {
  for (const [module, names] of guarded) {
    const exports = require(`node:${module}`) as Record<string, unknown>;
    for (const name of names) guard(exports, name, `node:${module} ${name}()`, may);
  }
  for (const [module, type, names] of guardedMethods) {
    const exports = require(`node:${module}`) as Record<string, { prototype: object }>;
    for (const name of names) {
      guard(exports[type]!.prototype, name, `node:${module} ${type}.${name}()`, may);
    }
  }
  guard(globalThis, 'fetch', 'fetch()', may);
  // The asynchronous ones compile on threads.
  const wasm = Reflect.get(globalThis, 'WebAssembly') as object;
  for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming']) {
    guard(wasm, name, `WebAssembly.${name}()`, may);
  }
  const { subtle } = globalThis.crypto;
  const methods = Object.getPrototypeOf(subtle) as object;
  for (const name of Object.getOwnPropertyNames(methods)) {
    if (name !== 'constructor') guard(methods, name, `crypto.subtle.${name}()`, may);
  }
  for (const name of [
    'MessageChannel',
    'BroadcastChannel',
    'CompressionStream',
    'DecompressionStream',
  ]) {
    guardConstructor(globalThis, name, may);
  }
  guardConstructor(require('node:worker_threads') as object, 'Worker', may);
}

function guard(object: object, name: string, what: string, may: MayReachOutside): void {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  const real = Reflect.get(object, name) as Callable | undefined;
  if (typeof real !== 'function') return;
  const guardedCall: Callable = function (...args) {
    if (!may()) throw outsideError(what);
    return Reflect.apply(real, this, args);
  };
  // What hangs on the function (`exec`'s promisified form, `fs.realpath.native`) stays.
  Object.defineProperties(guardedCall, Object.getOwnPropertyDescriptors(real));
  Object.defineProperty(object, name, {
    value: guardedCall,
    configurable: true,
    writable: true,
    enumerable: descriptor?.enumerable ?? true,
  });
}

function guardConstructor(object: object, name: string, may: MayReachOutside): void {
  const real = Reflect.get(object, name) as (new (...args: unknown[]) => object) | undefined;
  if (!real) return;
  const proxy = new Proxy(real, {
    construct(target, args, newTarget) {
      if (!may()) throw outsideError(`new ${name}()`);
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  Object.defineProperty(object, name, { value: proxy, configurable: true, writable: true });
}

function outsideError(what: string): LibosError {
  const why = randomCrypto.some((name) => what === `node:crypto ${name}()`)
    ? 'draws on real randomness, and a simulation has none but its seed'
    : 'answers in real time, and the simulation runs in virtual time';
  return new LibosError('ERR_LIBOS_OUTSIDE', `${what} ${why}`, {
    hint: 'put it into `os.outside(() => …)`, which holds virtual time until it is done, or call it before the simulation runs',
  });
}
