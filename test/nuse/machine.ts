// SPDX-License-Identifier: GPL-2.0-only

/**
 * The router of the test network as somebody's machine: with copies of /etc and /usr/local that can be changed, and
 * the command `libos` as a checkout has it. What is done there is forgotten with the network.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { cliCommand, prepareLibrary } from './library.js';
import { TestNetwork } from './network.js';

export async function createMachine(): Promise<TestNetwork> {
  const network = await TestNetwork.create('tap');
  await network.serveWeb();
  prepareLibrary(network);
  const { world } = network;
  chmodSync(world.folder, 0o755);
  // The command as a checkout has it, until it is installed.
  mkdirSync(network.path('bin'));
  chmodSync(network.file('bin/libos', `#!/bin/sh\nexec ${cliCommand().join(' ')} "$@"\n`), 0o755);
  world.env['PATH'] = `/usr/local/bin:${world.env['PATH']!}:${network.path('bin')}`;
  await world.script([
    'mkdir $HOME/over',
    'mount -t tmpfs tmpfs $HOME/over',
    'for at in /etc /usr/local; do',
    '  name=$(basename $at)',
    '  mkdir $HOME/over/$name $HOME/over/$name.work',
    '  mount -t overlay -o lowerdir=$at,upperdir=$HOME/over/$name,workdir=$HOME/over/$name.work overlay $at',
    'done',
  ]);
  return network;
}
