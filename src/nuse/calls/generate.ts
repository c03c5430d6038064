// SPDX-License-Identifier: GPL-2.0-only

/** Writes what is made from the table of calls: `npm run generate` runs it, its test compares. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { emitC } from './emit-c.js';

/** The generated files' contents by their path from the package's root. */
export function generateFiles(): ReadonlyMap<string, string> {
  return new Map([['native/common/interface.generated.h', emitC()]]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generateFiles()) writeFileSync(join(process.cwd(), path), content);
}
