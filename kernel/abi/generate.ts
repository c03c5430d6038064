// SPDX-License-Identifier: GPL-2.0-only

/**
 * Writes what is made from host-interface.ts: `npm run generate` runs it, its test compares. The files are
 * committed, so that neither the kernel build nor the package needs this step.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { emitC } from './emit-c.js';
import { withHostInterface } from './emit-markdown.js';
import { emitTypeScript } from './emit-typescript.js';

/** The generated files' contents by their path from `root`. */
export function generateFiles(root: string): ReadonlyMap<string, string> {
  const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  return new Map([
    ['kernel/arch/lib/include/asm/host_interface.h', emitC()],
    ['src/kernel/abi.generated.ts', emitTypeScript()],
    ['ARCHITECTURE.md', withHostInterface(architecture)],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.cwd();
  for (const [path, content] of generateFiles(root)) writeFileSync(join(root, path), content);
}
