// SPDX-License-Identifier: GPL-2.0-only

/**
 * The library's host: a TAP in the peer's namespace, the broker on the programs' core, and the programs in a
 * namespace with nothing in it, so that they have no way out but the library's.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { cacheRoot } from '../../kernel/build/cache.js';
import { packageRoot } from '../../src/package-root.js';
import { ownPrefix } from '../../src/native/prefix.js';
import { Namespaces } from './namespaces.js';
import { cores, hostAddress, onCore, peerAddress, type Side } from './side.js';

export interface LibosSide extends Side {
  up(): Promise<void>;
  down(): Promise<void>;
  /** The command line of a program on the host, for whoever runs it by other means; it starts the broker if need be. */
  launch(command: readonly string[]): string[];
}

const config = `
[[nics]]
url = "tap:tap0"
addresses = ["${hostAddress}/24"]
`;

/** The broker is up. */
export async function libosSide(): Promise<LibosSide> {
  const world = await Namespaces.create();
  const net = 'programs';
  await world.addNetwork(net);
  await world.script([
    'ip tuntap add dev tap0 mode tap',
    'ip link set tap0 up',
    `ip addr add ${peerAddress}/24 dev tap0`,
  ]);
  mkdirSync(join(world.folder, '.config/libos'), { recursive: true });
  writeFileSync(join(world.folder, '.config/libos/default.toml'), config);
  mkdirSync(join(world.folder, 'run'), { mode: 0o700 });
  Object.assign(world.env, {
    XDG_RUNTIME_DIR: join(world.folder, 'run'),
    LIBOS_CACHE: cacheRoot(),
  });
  const { launcher } = ownPrefix();
  const libos = [process.execPath, join(packageRoot, 'dist/src/cli/main.js')];
  const launch = (command: readonly string[]): string[] =>
    onCore(cores.host, [launcher, 'run', '--', ...command]);
  const side: LibosSide = {
    world,
    launch,
    start: (command) => world.start(launch(command), { net }),
    check: (command, timeoutMs = 60_000) => world.check(launch(command), { net, timeoutMs }),
    up: async () => {
      await world.check(onCore(cores.host, [...libos, 'up']));
    },
    down: async () => {
      await world.check([...libos, 'down']);
    },
    close: () => world[Symbol.asyncDispose](),
  };
  await side.up();
  return side;
}
