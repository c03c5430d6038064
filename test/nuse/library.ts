// SPDX-License-Identifier: GPL-2.0-only

/** A host of the library in the test network: its configuration, `libos up`, and programs on it by `libos run`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cacheRoot } from '../../kernel/build/cache.js';
import { packageRoot } from '../../src/package-root.js';
import { ownPrefix } from '../../src/native/prefix.js';
import { addresses, hostInterface, tapName, type TestNetwork } from './network.js';

export interface LibraryHostOptions {
  readonly name?: string;
  /** More TOML, before the NICs. */
  readonly config?: string;
  /** The NICs' TOML; default: one at the router's TAP. */
  readonly nics?: string;
}

export class LibraryHost {
  readonly name: string;
  readonly network: TestNetwork;

  private constructor(network: TestNetwork, name: string) {
    this.network = network;
    this.name = name;
  }

  /** Starts a host whose NIC is the router's TAP. */
  static async up(
    network: TestNetwork,
    { name = 'default', config = '', nics = tapNic() }: LibraryHostOptions = {},
  ): Promise<LibraryHost> {
    prepareLibrary(network);
    network.file(`.config/libos/${name}.toml`, `${config}\n${nics}\n${resolvConf()}`);
    const host = new LibraryHost(network, name);
    // In the router's namespace: that is where the TAP is.
    await network.world.check([...cliCommand(), 'up', name]);
    return host;
  }

  /** The command line that runs `command` on the host. */
  command(command: readonly string[]): string[] {
    return [launcher(), 'run', '--host', this.name, '--', ...command];
  }

  async down(): Promise<void> {
    await this.network.world.check([...cliCommand(), 'down', this.name]);
  }
}

/** The command `libos`, where it is not installed. */
export function cliCommand(): string[] {
  return [process.execPath, join(packageRoot, 'dist/src/cli/main.js')];
}

export function launcher(): string {
  return ownPrefix().launcher;
}

export function tapNic(): string {
  const { library, router } = addresses;
  return [
    '[[nics]]',
    `url = "tap:${tapName}"`,
    `name = "${hostInterface}"`,
    `mac = "${library.mac}"`,
    `addresses = ["${library.ipv4}/24", "${library.ipv6}/64"]`,
    `gateway = ["${router.ipv4}", "${router.ipv6}"]`,
  ].join('\n');
}

function resolvConf(): string {
  return `[resolvConf]\nservers = ["${addresses.router.ipv4}"]`;
}

/** Gives the world a home for configurations, a place for sockets, and the kernels of this checkout. */
export function prepareLibrary(network: TestNetwork): void {
  const { world } = network;
  mkdirSync(network.path('.config/libos'), { recursive: true });
  mkdirSync(network.path('run'), { recursive: true, mode: 0o700 });
  world.env['XDG_RUNTIME_DIR'] = network.path('run');
  world.env['LIBOS_CACHE'] = cacheRoot();
}
