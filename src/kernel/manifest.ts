// SPDX-License-Identifier: GPL-2.0-only

/** What a kernel.wasm says of itself, in its custom section "libos": UTF-8 JSON, written by the kernel build. */
import { LibosError } from '../errors.js';
import { ABI_VERSION, kernelExportNames, kernelImportNames } from './abi.generated.js';

/** What a kernel says of itself: Linux version, profile, host interface, what it was built from. */
export interface KernelManifest {
  /** Version of the host interface. */
  readonly abi: number;
  /** Version of Linux, e.g. "6.12.117". */
  readonly linux: string;
  readonly profile: string;
  readonly form: string;
  /** The key in the cache: a digest of all that went into it. */
  readonly key: string;
  /** The memory that the module imports, in pages of 64 KiB. */
  readonly memoryInitialPages: number;
}

const rebuild = 'build it again with `libos kernel build`';

/** Checks that the module is a kernel that this libos can host, and gives its manifest. `where` names it. */
export function checkedManifest(module: WebAssembly.Module, where: string): KernelManifest {
  const manifest = readManifest(module, where);
  if (manifest.abi !== ABI_VERSION) {
    throw new LibosError(
      'ERR_LIBOS_KERNEL_ABI',
      `${where}: its host interface is version ${String(manifest.abi)}, this libos has ${ABI_VERSION}`,
      { hint: rebuild },
    );
  }
  if (!Number.isSafeInteger(manifest.memoryInitialPages)) {
    throw foreign(where, 'its manifest does not say how much memory it needs');
  }
  checkCalls(module, where);
  return manifest;
}

function readManifest(module: WebAssembly.Module, where: string): KernelManifest {
  const section = WebAssembly.Module.customSections(module, 'libos')[0];
  if (!section) throw foreign(where, 'it has no section "libos"');
  let manifest: unknown;
  try {
    manifest = JSON.parse(new TextDecoder().decode(section));
  } catch (cause) {
    throw foreign(where, 'its section "libos" is not JSON', cause);
  }
  if (typeof manifest !== 'object' || manifest === null) {
    throw foreign(where, 'its section "libos" is not JSON of an object');
  }
  return manifest as KernelManifest;
}

function checkCalls(module: WebAssembly.Module, where: string): void {
  const known = new Set<string>(kernelImportNames);
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === 'libos' && kind === 'function' && known.has(name)) continue;
    if (from === 'env' && kind === 'memory' && name === 'memory') continue;
    throw foreign(where, `it imports the ${kind} ${from}.${name}, which no libos provides`);
  }
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const missing = [...kernelExportNames, '__stack_pointer'].filter((name) => !exported.has(name));
  if (missing.length > 0) throw foreign(where, `it does not export ${missing.join(', ')}`);
}

export function foreign(where: string, why: string, cause?: unknown): LibosError {
  return new LibosError('ERR_LIBOS_KERNEL_INVALID', `${where} is not a libos kernel: ${why}`, {
    hint: rebuild,
    ...(cause === undefined ? {} : { cause }),
  });
}
