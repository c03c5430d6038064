// SPDX-License-Identifier: GPL-2.0-only

/** The addon, loaded once in a process and built first where it has not been: each C file's functions, typed. */
import { createRequire } from 'node:module';
import { LibosError } from '../errors.js';
import type { FilesBinding } from './binding/files.js';
import type { FramesBinding } from './binding/frames.js';
import type { KernelBinding } from './binding/kernel.js';
import type { NotifyBinding } from './binding/notify.js';
import type { PagesBinding } from './binding/pages.js';
import type { PairBinding } from './binding/pair.js';
import type { ProcessBinding } from './binding/process.js';
import type { ReactorBinding } from './binding/reactor.js';
import type { SocketsBinding } from './binding/sockets.js';
import type { TimerBinding } from './binding/timer.js';
import type { XdpBinding } from './binding/xdp.js';
import { buildNative, builtNative } from './build.js';

/** @internal */
export interface Addon
  extends
    FilesBinding,
    FramesBinding,
    KernelBinding,
    NotifyBinding,
    PagesBinding,
    PairBinding,
    ProcessBinding,
    SocketsBinding,
    ReactorBinding,
    TimerBinding,
    XdpBinding {}

let loaded: Addon | undefined;
let hasLooked = false;

/** Throws ERR_LIBOS_NATIVE_BUILD or ERR_LIBOS_NATIVE_LOAD. @internal */
export function addon(): Addon {
  loaded ??= load(buildNative('addon'));
  return loaded;
}

/** The addon where it has been built and can be loaded, looked for once: for what goes without it, too. @internal */
export function addonIfBuilt(): Addon | undefined {
  if (loaded || hasLooked) return loaded;
  hasLooked = true;
  const path = builtNative('addon');
  if (path === undefined) return undefined;
  try {
    return (loaded = load(path));
  } catch {
    return undefined;
  }
}

function load(path: string): Addon {
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LibosError('ERR_LIBOS_NATIVE_LOAD', `cannot load the addon ${path}: ${why}`, {
      hint: 'remove the file and try again: it is built anew',
      cause,
    });
  }
}
