// SPDX-License-Identifier: GPL-2.0-only

/** Runs the code of a page of docs/: all its TypeScript blocks, one after another, as one module. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';

const root = new URL('../../', import.meta.url);

/** What the page prints, a line an entry. */
export async function runPage(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, root), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);
  // Inside the checkout, so that the package is found by its name.
  const folder = await mkdtemp(join(new URL('node_modules/', root).pathname, '.page-'));
  const lines: string[] = [];
  const log = vi
    .spyOn(console, 'log')
    .mockImplementation((...values: unknown[]) => lines.push(values.map(String).join(' ')));
  try {
    const file = join(folder, 'page.ts');
    await writeFile(file, blocks.join('\n'));
    await import(/* @vite-ignore */ file);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
  return lines;
}

/** The shell blocks of a page, in their order. */
export async function shellBlocks(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, root), 'utf8');
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code!);
}
