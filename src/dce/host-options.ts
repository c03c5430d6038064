// SPDX-License-Identifier: GPL-2.0-only

/** What a host can be told when it is asked for, and what its kernel starts from. */
import {
  Kernel,
  type Console,
  type KernelChoice,
  type KernelImage,
  type KernelWarning,
} from '../kernel/index.js';
import { ipVersion, O_CREAT, O_WRONLY, PosixHost } from '../posix/index.js';
import { scenarioError, type CallerLine } from './caller-line.js';
import { freshBoot } from './fresh-boot.js';
import { uptimeAtStartNs } from './host-clock.js';

/** A kernel, or which: by profile ("sim", "full"), name, file, or as `Kernel.load` takes it. */
export type KernelOption = Kernel | KernelChoice | string;

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
export function loadKernel(option: KernelOption = {}): Kernel {
  if (option instanceof Kernel) return option;
  if (typeof option !== 'string') return Kernel.loadSync(option);
  return Kernel.loadSync(/[/\\]|\.wasm$/.test(option) ? { path: option } : { name: option });
}

/** Hosts neither ask for routers nor check their own addresses: who gives them has seen to both. */
const quietSettings = ['router_solicitations', 'accept_ra', 'accept_dad', 'dad_transmits'];

export interface BootImageOptions {
  readonly startDateMs: number;
  readonly memoryMax?: number | string;
  readonly quiet: boolean;
}

/**
 * What hosts of a kernel start from: booted, loopback up. `quiet` ones send nothing for IPv6's own sake that a
 * planned network does not need.
 */
export function bootImage(kernel: Kernel, { quiet, ...options }: BootImageOptions): KernelImage {
  const { image, entropy } = freshBoot(kernel, { uptimeNs: uptimeAtStartNs, ...options });
  const instance = kernel.clone(image, {
    name: 'boot image',
    clock: { nowNs: uptimeAtStartNs },
    entropy,
    reseed: false,
  });
  const outside = (): never => {
    throw new Error('boot image: nothing waits while it is made');
  };
  const posix = new PosixHost(instance, {
    nowNs: () => uptimeAtStartNs,
    at: outside,
    defer: () => undefined,
  });
  posix.route.links.change('lo', { up: true });
  posix.service.writeFile('/etc/hosts', '127.0.0.1 localhost\n', O_WRONLY | O_CREAT);
  for (const name of quiet ? quietSettings : []) {
    posix.sysctl(`net.ipv6.conf.default.${name}`, 0);
  }
  posix.close();
  return instance.snapshot(image);
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
