// SPDX-License-Identifier: GPL-2.0-only
/** What a body of the conformance suite runs on: a host of the library, or native Linux behind the same calls. */
import type { PosixHost } from '../../src/posix/index.js';
import { virtualHost, virtualNativeHost } from '../helpers/virtual-host.js';
import { nativeHost } from './native/native-host.js';

export type WorldKind = 'linux' | 'libos' | 'native-form';

export interface World {
  readonly kind: WorldKind;
  readonly host: PosixHost;
  /** The promise’s value, with time moved (the library) or waited for (native) as far as it takes. */
  until<T>(promise: Promise<T>): Promise<T>;
  pass(durationNs: number): Promise<void>;
  end(): void;
}

export async function makeWorld(kind: WorldKind): Promise<World> {
  if (kind === 'linux') return nativeHost();
  const virtual = kind === 'libos' ? await virtualHost() : virtualNativeHost();
  return {
    kind,
    host: virtual.host,
    until: (promise) => virtual.until(promise),
    pass: (durationNs) => virtual.pass(durationNs),
    end: () => virtual[Symbol.dispose](),
  };
}
