// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where the cases of test/nuse/programs run: a host of the library in the test network. With `LIBOS_NUSE_SIDE=linux`
 * in the environment it is this machine's own Linux in the same place instead, which shows that a case is right.
 */
import type { RunOptions, Running, RunResult } from '../../bench/nuse/namespaces.js';
import { LibraryHost } from './library.js';
import { nets, TestNetwork } from './network.js';

export type Side = 'linux' | 'libos';

export const side: Side = process.env['LIBOS_NUSE_SIDE'] === 'linux' ? 'linux' : 'libos';

export interface Stage extends AsyncDisposable {
  readonly network: TestNetwork;
  /** Starts an unmodified program on the host. */
  start(command: readonly string[], options?: RunOptions): Running;
  /** Runs one to its end, however that is. */
  run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs one that must end well, and returns what it printed. */
  check(command: readonly string[], options?: RunOptions): Promise<string>;
  /** The lines of a shell script on the host, which ends at the first that fails. */
  script(lines: readonly string[], options?: RunOptions): Promise<string>;
}

export async function createStage(): Promise<Stage> {
  const network = await TestNetwork.create(side === 'linux' ? 'veth' : 'tap');
  try {
    const host = side === 'linux' ? undefined : await LibraryHost.up(network);
    return new RealStage(network, host);
  } catch (error) {
    await network[Symbol.asyncDispose]();
    throw error;
  }
}

class RealStage implements Stage {
  readonly network: TestNetwork;
  readonly #host: LibraryHost | undefined;

  constructor(network: TestNetwork, host: LibraryHost | undefined) {
    this.network = network;
    this.#host = host;
  }

  start(command: readonly string[], options: RunOptions = {}): Running {
    return this.network.world.start(this.#command(command), { net: nets.programs, ...options });
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return await this.network.world.run(this.#command(command), {
      net: nets.programs,
      ...options,
    });
  }

  async check(command: readonly string[], options: RunOptions = {}): Promise<string> {
    return await this.network.world.check(this.#command(command), {
      net: nets.programs,
      ...options,
    });
  }

  async script(lines: readonly string[], options: RunOptions = {}): Promise<string> {
    return await this.check(['sh', '-ec', lines.join('\n')], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#host?.down();
    } finally {
      await this.network[Symbol.asyncDispose]();
    }
  }

  #command(command: readonly string[]): readonly string[] {
    return this.#host?.command(command) ?? command;
  }
}
