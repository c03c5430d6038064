// SPDX-License-Identifier: GPL-2.0-only

/** `libos kernel`: builds kernels of one's own and keeps house among those in the cache. */
import { Command } from 'commander';
import { kernelBuildCommand } from './kernel-build.js';
import { kernelListCommand } from './kernel-list.js';
import { kernelPathCommand } from './kernel-path.js';
import { kernelRemoveCommand } from './kernel-remove.js';

export function kernelCommand(): Command {
  return new Command('kernel')
    .description('build kernels, and see what is built')
    .addCommand(kernelBuildCommand())
    .addCommand(kernelListCommand())
    .addCommand(kernelPathCommand())
    .addCommand(kernelRemoveCommand());
}
