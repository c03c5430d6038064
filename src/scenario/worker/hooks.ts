// SPDX-License-Identifier: GPL-2.0-only

/**
 * How a scenario's imports are resolved: `libos` and its subpaths, and its files by path, are the package that
 * runs, wherever the scenario lies, so that there is one of each class. Context: runs in Node's thread for module
 * hooks, on real time.
 */
import type { InitializeHook, ResolveHook } from 'node:module';

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
  const isModule = /\.ts$/.test(address) && !address.includes('/node_modules/');
  if (!isModule) return result;
  const url = result.url.includes(commonJsMark) ? address : result.url;
  return { ...result, url, format: 'module' };
};

/** The file's address, without a query, and without the mark that tsx gives to what it takes for CommonJS. */
function fileOf(url: string): string {
  return url.replace(/(\?|#|%3F).*$/, '');
}
