// SPDX-License-Identifier: GPL-2.0-only

/** What a broker's parts get to work with: one host, its kernel, and the machine's descriptors. */
import type { Reactor } from '../../native/reactor.js';
import type { PosixHost } from '../../posix/index.js';
import type { HostConfig } from '../config/index.js';

export interface HostServices {
  /** Processes and system calls of the host; its kernel is `posix.port`. */
  readonly posix: PosixHost;
  readonly reactor: Reactor;
  readonly config: HostConfig;
  /** The host's /etc/resolv.conf and /etc/hosts as they are now. */
  readonly files: { readonly resolvConf: string; readonly hosts: string };
  /** A line for the broker's log. */
  log(line: string): void;
}
