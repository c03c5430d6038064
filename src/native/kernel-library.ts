// SPDX-License-Identifier: GPL-2.0-only

/**
 * A native kernel as a shared object: its kernel.o linked with the host's side of a copy (native/kernel), once for
 * each kernel, and kept in the cache beside the other native parts.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compiler, nativeForm } from '../../kernel/build/forms/native.js';
import {
  kernelByName,
  locateKernel,
  profileKernel,
  type BuiltKernel,
  type KernelChoice,
} from '../../kernel/build/locate.js';
import { cachePath } from '../../kernel/build/cache.js';
import { LibosError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { compileInto, nativeInclude, type BuildOptions } from '../addon/build.js';

const folder = join(packageRoot, 'native/kernel');
const compileOptions = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-fPIC', '-fvisibility=hidden'];
const linkOptions = [
  ...['-shared', '-Wl,-z,text', '-Wl,-z,defs', '-Wl,-z,now', '-Wl,-Bsymbolic'],
  `-Wl,--version-script=${join(folder, 'copy.map')}`,
];

/** The chosen native kernel, by default of profile "full". Throws ERR_LIBOS_KERNEL_NOT_FOUND. */
export function locateNativeKernel(choice: KernelChoice = {}): BuiltKernel {
  if (choice.profile !== undefined) return nativeProfile(choice.profile);
  if (choice.path !== undefined) return locateKernel({ path: choice.path });
  if (choice.name === undefined) return nativeProfile('full');
  if (choice.name === 'sim' || choice.name === 'full') return nativeProfile(choice.name);
  return kernelByName(choice.name);
}

function nativeProfile(profile: NonNullable<KernelChoice['profile']>): BuiltKernel {
  try {
    return profileKernel(profile, nativeForm);
  } catch (cause) {
    throw new LibosError(
      'ERR_LIBOS_KERNEL_NOT_FOUND',
      `the native kernel of profile '${profile}' is not built`,
      {
        hint: `in a checkout \`npm run setup\` builds it, elsewhere \`libos kernel build --form native --profile ${profile}\``,
        cause,
      },
    );
  }
}

export interface LibraryOptions extends BuildOptions {
  /** With what a debugger wants to know. */
  readonly debug?: boolean;
}

/** The shared object of a native kernel, which is linked first if it has not been. */
export function kernelLibrary(
  kernel: BuiltKernel,
  { onBuild, debug = false }: LibraryOptions = {},
): string {
  if (!kernel.wasmPath.endsWith('.o')) {
    throw new LibosError('ERR_LIBOS_KERNEL_INVALID', `${kernel.wasmPath} is no native kernel`, {
      hint: '`libos kernel build --form native` builds one',
    });
  }
  const object = debug ? withDebugInformation(kernel.wasmPath) : kernel.wasmPath;
  const path = join(cachePath('native'), `kernel-${digest(kernel, object)}`, 'kernel.so');
  if (existsSync(path)) return path;
  onBuild?.('kernel.so');
  compileInto(path, [
    ...compileOptions,
    ...(debug ? ['-g'] : []),
    ...linkOptions,
    ...nativeInclude(),
    join(folder, 'copy.c'),
    object,
    ...coverageRuntime(object),
  ]);
  return path;
}

function withDebugInformation(object: string): string {
  const path = object.replace(/(?<!\.debug)\.o$/, '.debug.o');
  if (existsSync(path)) return path;
  throw new LibosError('ERR_LIBOS_KERNEL_NOT_FOUND', `there is no ${path}`, {
    hint: '`libos kernel build --form native` makes it beside the kernel',
  });
}

/** What a kernel that counts its lines (CONFIG_LIB_COVERAGE) is linked with: clang's, which writes the counts to files. */
function coverageRuntime(object: string): string[] {
  if (!readFileSync(object).includes('llvm_gcov_init')) return [];
  const options = ['--rtlib=compiler-rt', '-print-libgcc-file-name'];
  const { stdout, error } = spawnSync(compiler, options, { encoding: 'utf8' });
  const runtime = error ? '' : join(dirname(stdout.trim()), 'libclang_rt.profile-x86_64.a');
  if (existsSync(runtime)) return [runtime];
  throw new LibosError('ERR_LIBOS_TOOL_FAILED', 'the run-time for coverage is not installed', {
    hint: 'apt-get install libclang-rt-22-dev',
  });
}

function digest({ key, wasmPath }: BuiltKernel, object: string): string {
  const which = object === wasmPath ? [] : [basename(object)];
  const hash = createHash('sha256').update(JSON.stringify([compileOptions, key, ...which]));
  if (key === '') hash.update(readFileSync(object));
  const ours = ['copy.c', 'copy.h', 'copy.map'].map((name) => join(folder, name));
  const header = join(packageRoot, 'kernel/arch/lib/include/asm/host_interface.h');
  for (const path of [...ours, header]) hash.update('\n').update(readFileSync(path));
  return hash.digest('hex').slice(0, 24);
}
