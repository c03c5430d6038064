// SPDX-License-Identifier: GPL-2.0-only

/**
 * How a scenario's imports are resolved: `libos` and its subpaths, and its files by path, are the package that
 * runs, wherever the scenario lies, so that there is one of each class. And how its files that say `using` are
 * compiled: by TypeScript, because esbuild, on which tsx builds, gets that wrong in a loop. Context: runs in Node's
 * thread for module hooks, on real time.
 */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What the thread of the scenario says to this one. */
export interface HookData {
  /** The package's exports: specifier to URL. */
  readonly exports: Readonly<Record<string, string>>;
  /** Folders that hold other copies of the package's files, and where the running ones lie. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** The extension of the running files. */
  readonly extension: '.ts' | '.js';
}

const commonJsMark = 'tsx-commonjs';

let data: HookData;

export const initialize: InitializeHook<HookData> = (given) => {
  data = given;
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const own = Object.hasOwn(data.exports, specifier) ? data.exports[specifier] : undefined;
  if (own !== undefined) return { url: own, format: 'module', shortCircuit: true };
  const result = await nextResolve(specifier, context);
  const address = fileOf(result.url);
  const copy = data.copies.find(({ from }) => address.startsWith(from));
  if (copy && /\.[jt]s$/.test(address)) {
    const file = address.slice(copy.from.length).replace(/\.[jt]s$/, data.extension);
    return { url: copy.to + file, format: 'module', shortCircuit: true };
  }
  // A file without a package.json that says so is an ES module too: scenarios wait at their top level.
  if (address.includes('/node_modules/')) return result;
  const isModule = address.endsWith('.js')
    ? result.format === 'commonjs' && (await isWrittenAsModule(address))
    : address.endsWith('.ts');
  if (!isModule) return result;
  const url = result.url.includes(commonJsMark) ? address : result.url;
  return { ...result, url, format: 'module' };
};

/** A line that only a module can have. */
async function isWrittenAsModule(address: string): Promise<boolean> {
  const text = await readFile(fileURLToPath(address), 'utf8');
  return /^\s*(import\s*['"{*\w]|export\s+[{*\w])/m.test(text);
}

/**
 * What esbuild makes of `using` remembers in a variable of the whole function that something was thrown: in a loop
 * each later turn throws it again (seen in 0.28).
 */
export const load: LoadHook = async (url, context, nextLoad) => {
  const address = fileOf(url);
  const isSource =
    address.startsWith('file:') && /\.m?[jt]s$/.test(address) && context.format === 'module';
  if (!isSource || address.includes('/node_modules/')) return nextLoad(url, context);
  const path = fileURLToPath(address);
  const text = await readFile(path, 'utf8');
  if (!/\busing\s+[\w$]+\s*=|\busing\s+[\w$]+\s+of\b/.test(text)) return nextLoad(url, context);
  const source = await compile(text, path);
  // What is wrong with a file tsx says as of any other.
  if (source === undefined) return nextLoad(url, context);
  return { format: 'module', source, shortCircuit: true };
};

/** JavaScript with its source map, undefined where the syntax is wrong. */
async function compile(text: string, path: string): Promise<string | undefined> {
  const { default: ts } = await import('typescript');
  const { outputText, diagnostics = [] } = ts.transpileModule(text, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      inlineSourceMap: true,
      inlineSources: true,
    },
  });
  return diagnostics.length > 0 ? undefined : outputText;
}

/** The file's address, without a query, and without the mark that tsx gives to what it takes for CommonJS. */
function fileOf(url: string): string {
  return url.replace(/(\?|#|%3F).*$/, '');
}
