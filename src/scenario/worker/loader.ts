// SPDX-License-Identifier: GPL-2.0-only

/** Makes this thread import TypeScript, with its own lines in errors, and `libos` as the package that runs. */
import { readFileSync } from 'node:fs';
import { register as registerHooks } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { register as registerTypeScript } from 'tsx/esm/api';
import { packageRoot } from '../../package-root.js';
import type { HookData } from './hooks.js';

/** The running files: TypeScript in a checkout's tests, else compiled. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

interface PackageExports {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** Context: once in a thread, before the scenario is imported. */
export function registerLoader(): void {
  process.setSourceMapsEnabled(true);
  // From sources there is one already, which has loaded this.
  if (extension === '.js') registerTypeScript();
  registerHooks<HookData>(`./hooks${extension}`, {
    parentURL: import.meta.url,
    data: { exports: packageExports(), copies: copies(), extension },
  });
}

/** The package's exports, each as the file that runs. */
function packageExports(): Record<string, string> {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  const { exports } = JSON.parse(text) as PackageExports;
  const entries = Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    const compiled = join(packageRoot, target.default);
    return [[`libos${subpath.slice(1)}`, running(pathToFileURL(compiled).href)] as const];
  });
  return Object.fromEntries(entries);
}

const folder = (...parts: readonly string[]): string =>
  pathToFileURL(join(packageRoot, ...parts)).href + '/';

/** The file that runs, of a compiled one. */
function running(compiled: string): string {
  if (extension === '.js') return compiled;
  return compiled.replace(folder('dist'), folder()).replace(/\.js$/, '.ts');
}

/** In a checkout, examples and tests import sources by path. */
function copies(): HookData['copies'] {
  return ['src', 'kernel'].map((name) =>
    extension === '.js'
      ? { from: folder(name), to: folder('dist', name) }
      : { from: folder('dist', name), to: folder(name) },
  );
}
