// SPDX-License-Identifier: GPL-2.0-only

/** `libos kernel build`: a kernel of any 6.12 tree and configuration, by a name that `Kernel.load` takes. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, Option } from 'commander';
import { buildKernel, profiles } from '../../kernel/build/index.js';
import type { BuildResult, FormName, Manifest, Profile } from '../../kernel/build/index.js';
import { lazyStep, tellStepsOnStandardError } from './terminal.js';

interface Options {
  readonly source?: string;
  readonly config: readonly string[];
  readonly profile: Profile;
  readonly form: 'wasm' | 'native';
  readonly name?: string;
  readonly json?: true;
}

const forms: Readonly<Record<Options['form'], FormName>> = { wasm: 'wasm32', native: 'x86_64' };

export function kernelBuildCommand(): Command {
  return new Command('build')
    .description("build a kernel, of a tree of one's own if --source names one")
    .option('--source <dir>', "top folder of a Linux 6.12 tree (default: Debian's package)")
    .option(
      '--config <fragment>',
      "file with configuration on top of the profile's; may be given again",
      (file: string, files: string[]) => [...files, file],
      [],
    )
    .addOption(
      new Option('--profile <profile>', 'configuration to start from')
        .choices([...profiles])
        .default('sim'),
    )
    .addOption(
      new Option('--form <form>', 'WebAssembly module or x86-64 object')
        .choices(Object.keys(forms))
        .default('wasm'),
    )
    .option('--name <name>', "what to call it (default: the tree's folder)")
    .option('--json', 'print the result as JSON; progress goes to standard error')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { source, config, profile, form, name, json } = options;
  if (json) tellStepsOnStandardError();
  const step = lazyStep(`kernel ${name ?? source ?? profile}`);
  const result = await buildKernel({
    ...(source === undefined ? {} : { sourceDir: source }),
    ...(name === undefined ? {} : { name }),
    onProgress: step.onProgress,
    profile,
    form: forms[form],
    fragments: config,
  });
  step.done(result.kernel.key);
  process.stdout.write(json ? `${asJson(result)}\n` : describe(result));
}

function describe({ kernel, name, cached }: BuildResult): string {
  const { linux, profile } = manifestOf(kernel.manifestPath);
  return (
    `'${name}' is Linux ${linux}, profile ${profile}${cached ? ', from the cache' : ''}:\n` +
    `  ${kernel.wasmPath}\n`
  );
}

function asJson({ kernel, name, cached }: BuildResult): string {
  return JSON.stringify({ name, cached, ...kernel, manifest: manifestOf(kernel.manifestPath) });
}

function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
