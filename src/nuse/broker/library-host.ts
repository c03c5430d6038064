// SPDX-License-Identifier: GPL-2.0-only

/** The host that a broker serves: a kernel in its native form, its configuration and NICs, and who answers calls. */
import type { Reactor } from '../../native/reactor.js';
import type { CallHandlers } from '../call.js';
import type { HostConfig } from '../config/index.js';
import type { ServedHost } from './broker.js';

export interface LibraryHostContext {
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
}

export class LibraryHost implements ServedHost {
  readonly handlers: CallHandlers;
  readonly #config: HostConfig;

  private constructor(config: HostConfig) {
    this.#config = config;
    this.handlers = { socket: (call) => void call.fail(97) };
  }

  static async open(config: HostConfig, _context: LibraryHostContext): Promise<LibraryHost> {
    return Promise.resolve(new LibraryHost(config));
  }

  status(): Readonly<Record<string, unknown>> {
    return { source: this.#config.source };
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}
