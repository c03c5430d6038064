// SPDX-License-Identifier: GPL-2.0-only

/** A kernel that says which of its code for networks has run, and what it says, file by file. */
import { dirname, join } from 'node:path';
import { readKernelSync } from '../../../kernel/build/kernel-file.js';
import { locateKernel, type KernelChoice } from '../../../kernel/build/locate.js';
import { Kernel, type KernelInstance } from '../../../src/kernel/index.js';
import { instrument, type InstrumentedKernel } from './instrument.js';
import { readSources, type SourceOf } from './sources.js';

const networking = /^(net|drivers\/net)\//;
/** Shorter ones are mostly macros' leftovers. */
const shortFunctionBlocks = 3;

export class CoveredKernel {
  readonly kernel: Kernel;
  readonly #instrumented: InstrumentedKernel;
  readonly #sourceOf: SourceOf;

  private constructor(kernel: Kernel, instrumented: InstrumentedKernel, sourceOf: SourceOf) {
    this.kernel = kernel;
    this.#instrumented = instrumented;
    this.#sourceOf = sourceOf;
  }

  static async load(choice: KernelChoice): Promise<CoveredKernel> {
    const path = locateKernel(choice).wasmPath;
    const sourceOf = readSources(join(dirname(path), 'kernel.debug.wasm'));
    const instrumented = instrument(readKernelSync(path), ({ address }) =>
      networking.test(sourceOf(address) ?? ''),
    );
    return new CoveredKernel(
      await Kernel.load({ bytes: instrumented.bytes }),
      instrumented,
      sourceOf,
    );
  }

  /** How many blocks there are to reach. */
  get blockCount(): number {
    return this.#instrumented.blockCount;
  }

  /** The blocks that have run in a host, in the order of their first time. */
  reached({ memory }: KernelInstance): Uint32Array {
    const countAt = this.#instrumented.countAddress >>> 2;
    const count = memory.u32[countAt]!;
    return memory.u32.slice(countAt + 1, countAt + 1 + count);
  }

  /** Of each function that has any of those blocks: how many. */
  functions(blocks: Uint32Array): Map<string, number> {
    const reached = new Set(blocks);
    const all = this.#instrumented.functions.map(
      ({ name, firstBlock, blockAddresses }) =>
        [
          name,
          blockAddresses.filter((_, index) => reached.has(firstBlock + index)).length,
        ] as const,
    );
    return new Map(all.filter(([, count]) => count > 0));
  }

  /** A line a file, reached blocks and all; below it the functions that nothing has entered. */
  report(blocks: Uint32Array): string {
    const reached = new Set(blocks);
    const files = new Map<string, { reached: number; all: number; never: string[] }>();
    for (const { name, address, firstBlock, blockAddresses } of this.#instrumented.functions) {
      const path = this.#sourceOf(address)!;
      const file = files.get(path) ?? { reached: 0, all: 0, never: [] };
      files.set(path, file);
      file.all += blockAddresses.length;
      file.reached += blockAddresses.filter((_, index) => reached.has(firstBlock + index)).length;
      if (!reached.has(firstBlock) && blockAddresses.length > shortFunctionBlocks)
        file.never.push(`${name} (${blockAddresses.length})`);
    }
    const lines = [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([path, { reached, all, never }]) => [
        `${path}: ${reached} of ${all}`,
        ...(never.length > 0 ? [`    never: ${never.join(' ')}`] : []),
      ]);
    return [`${blocks.length} of ${this.blockCount} blocks`, ...lines, ''].join('\n');
  }
}
