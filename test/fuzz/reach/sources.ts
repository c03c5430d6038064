// SPDX-License-Identifier: GPL-2.0-only

/** Which source file each function of a kernel is from, by its debugging information. */
import { execFileSync } from 'node:child_process';
import { llvm } from '../../../kernel/build/toolchain.js';

export type SourceOf = (address: number) => string | undefined;

/** `debugPath` is a kernel.debug.wasm. Paths are as in Linux's tree. */
export function readSources(debugPath: string): SourceOf {
  const text = execFileSync(llvm('llvm-dwarfdump'), ['--debug-info', '-r', '0', debugPath], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const ranges: { readonly from: number; readonly to: number; readonly file: string }[] = [];
  let file = '';
  let low = 0;
  const line =
    /DW_AT_name\s+\("(?:\.\.\/)?([^"]*)"\)|DW_AT_low_pc\s+\((0x[0-9a-f]+)\)|DW_AT_high_pc\s+\((0x[0-9a-f]+)\)|\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)/g;
  for (const [, name, lowPc, highPc, from, to] of text.matchAll(line)) {
    if (name !== undefined) file = name;
    else if (lowPc !== undefined) low = Number(lowPc);
    else if (highPc !== undefined) ranges.push({ from: low, to: Number(highPc), file });
    else ranges.push({ from: Number(from), to: Number(to), file });
  }
  ranges.sort((a, b) => a.from - b.from);
  return (address) => {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.from <= address) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low - 1];
    return found && address < found.to ? found.file : undefined;
  };
}
