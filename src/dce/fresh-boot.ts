// SPDX-License-Identifier: GPL-2.0-only

/**
 * A kernel that has just booted, as an image. Booting takes longer than all else at the start of a small scenario,
 * most of it V8 compiling what Linux runs once; so the image is kept in a file beside the kernel's and read by the
 * next process. What comes of it is the same either way: a boot depends on nothing but what the file's name says.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { SeededEntropy } from '../host/index.js';
import { decodeImage, encodeImage, type Kernel, type KernelImage } from '../kernel/index.js';

export interface FreshBootOptions {
  /** CLOCK_MONOTONIC, which stands still; 0 would be none for Linux. */
  readonly uptimeNs: number;
  readonly startDateMs: number;
  readonly memoryMax?: number | string;
}

export interface FreshBoot {
  readonly image: KernelImage;
  /** The boot's randomness, to go on with. */
  readonly entropy: SeededEntropy;
}

/** Files of other dates and limits of memory that are kept for a kernel. */
const filesMax = 8;
const ending = '.boot';

/** Every simulation's kernels boot with the same randomness: a host draws its own, from the seed, after that. */
export function bootEntropy(): SeededEntropy {
  return SeededEntropy.fromSeed('boot');
}

/**
 * A kernel's boot, without anything of a host's own.
 * `usesFile`: false: boots, and neither reads nor writes a file.
 */
export function freshBoot(
  kernel: Kernel,
  options: FreshBootOptions,
  { usesFile = true } = {},
): FreshBoot {
  const path = usesFile ? pathOf(kernel, options) : undefined;
  return (path === undefined ? undefined : read(path)) ?? boot(kernel, options, path);
}

function boot(kernel: Kernel, options: FreshBootOptions, path: string | undefined): FreshBoot {
  const { uptimeNs, startDateMs, memoryMax } = options;
  const entropy = bootEntropy();
  const instance = kernel.boot({
    name: 'boot image',
    clock: { nowNs: uptimeNs },
    realtimeOffsetMs: startDateMs - uptimeNs / 1e6,
    entropy,
    ...(memoryMax === undefined ? {} : { memoryMax }),
  });
  const image = instance.snapshot();
  if (path !== undefined) write(path, encodeImage(image, entropy.state));
  return { image, entropy };
}

/** Undefined for a kernel that is in no file. */
function pathOf(kernel: Kernel, options: FreshBootOptions): string | undefined {
  const { file, manifest } = kernel;
  if (file === undefined) return undefined;
  const { abi, key } = manifest;
  const startBytes = kernel.memoryToBootBytes(0);
  // A hash of 128 bits: what it is of is no secret.
  const { state } = SeededEntropy.fromSeed(
    JSON.stringify([abi, key, file.key, startBytes, options]),
  );
  const digest = state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  return join(dirname(file.path), `${digest}${ending}`);
}

function read(path: string): FreshBoot | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const decoded = decodeImage(bytes);
  if (decoded?.more.length !== 4) return undefined;
  const [a, b, c, d] = decoded.more as [number, number, number, number];
  return { image: decoded.image, entropy: new SeededEntropy([a, b, c, d]) };
}

/** A folder that can't be written, as of a package that is installed for all, is no error: the next process boots. */
function write(path: string, bytes: Uint8Array): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, bytes);
    renameSync(unfinished, path);
    removeOldest(dirname(path), basename(path));
  } catch {
    rmSync(unfinished, { force: true });
  }
}

function removeOldest(folder: string, newest: string): void {
  const others = readdirSync(folder).filter((name) => name.endsWith(ending) && name !== newest);
  const dated = others.map((name) => ({ name, dateMs: statSync(join(folder, name)).mtimeMs }));
  dated.sort((a, b) => b.dateMs - a.dateMs);
  for (const { name } of dated.slice(filesMax - 1)) rmSync(join(folder, name), { force: true });
}
