// SPDX-License-Identifier: GPL-2.0-only

/** What a host can be told when it is asked for. */
import { Kernel, type Console, type KernelChoice, type KernelWarning } from '../kernel/index.js';
import { ipVersion } from '../posix/index.js';
import { scenarioError, type CallerLine } from './caller-line.js';
import type { LoadedKernel } from './host-start.js';

/** A kernel, or which: by profile ("sim", "full"), name, file, or as `Kernel.load` takes it. */
export type KernelOption = Kernel | LoadedKernel | KernelChoice | string;

/** A host that is not like the others: `simulation.host(name, options)`. */
export interface HostOptions {
  /** Another kernel than the simulation's. */
  readonly kernel?: KernelOption;
  /** The limit of the host's memory: "64 MiB" by default. */
  readonly memoryMax?: number | string;
  /** Whether it passes on what is not for it; by default it does with more than one interface. */
  readonly forwarding?: boolean;
  /** With several worker threads, which of them runs it, counted round from 0; by default one that suits. */
  readonly worker?: number;
  /** Who hears the kernel's log, in place of the simulation's log. */
  readonly console?: Console;
  /** Who hears of a WARN. */
  readonly onWarning?: (warning: KernelWarning) => void;
}

/** The kernel of an option, loaded. */
export function loadKernel(option: KernelOption = {}): Kernel | LoadedKernel {
  if (typeof option !== 'string') return 'boot' in option ? option : Kernel.loadSync(option);
  return Kernel.loadSync(/[/\\]|\.wasm$/.test(option) ? { path: option } : { name: option });
}

/** Names are as DNS has them, and each host's own: `other` has it already. */
export function checkHostName(
  name: string,
  other: { readonly location: string } | undefined,
  at: CallerLine,
): void {
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/.test(name) || ipVersion(name) !== 0) {
    throw scenarioError('ERR_LIBOS_HOST', `a host cannot be called ${JSON.stringify(name)}`, {
      hint: 'letters, digits, dots and hyphens make a name of up to 63 characters',
      at,
    });
  }
  if (other) {
    throw scenarioError(
      'ERR_LIBOS_HOST',
      `there are two hosts called ${name}: the other one is of ${other.location}`,
      { at },
    );
  }
}
