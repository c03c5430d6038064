// SPDX-License-Identifier: GPL-2.0-only

/**
 * Which objects are linked, in which order, and what a linker's complaints mean. Lists and text only. Initcalls of
 * one level run in the order of linking, so the order is Kbuild's, with what the port needs first before it.
 */
import { LibosError } from '../../src/errors.js';

/** Reads kernel/arch/lib/left-out.objects: a path a line, then why it is left out; `#` begins a comment. */
export function parseLeftOut(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim().split(/\s+/)[0] ?? '')
      .filter((path) => path !== ''),
  );
}

/** Begins and ends the sections that wasm-ld has no script for. */
const first = 'arch/lib/kernel/sections.o';

/** The members of Kbuild's `built-in.a` as they are linked. */
export function orderObjects(members: readonly string[], leftOut: ReadonlySet<string>): string[] {
  const linked = members.filter((path) => path !== '' && !leftOut.has(path));
  const inFolder = (folder: string): string[] =>
    linked.filter((path) => path.startsWith(`${folder}/`) && path !== first);
  const others = linked.filter((path) => !/^(init|arch\/lib)\//.test(path));
  return [
    ...linked.filter((path) => path === first),
    ...inFolder('init'),
    ...inFolder('arch/lib'),
    ...others,
  ];
}

/** A symbol that no object defines, and the objects that use it. */
export interface UndefinedSymbol {
  readonly symbol: string;
  readonly users: readonly string[];
}

/** Reads the complaints of wasm-ld (`a.o: undefined symbol: x`) and ld.lld (`undefined symbol: x` and `>>>` lines). */
export function findUndefined(output: string): UndefinedSymbol[] {
  const users = new Map<string, Set<string>>();
  let latest: Set<string> | undefined;
  for (const line of output.split('\n')) {
    const [, object, symbol] = /error: (?:(\S+): )?undefined symbol: (.+)$/.exec(line) ?? [];
    if (symbol !== undefined) {
      latest = users.get(symbol) ?? new Set();
      users.set(symbol, latest);
      if (object !== undefined) latest.add(object);
      continue;
    }
    const by = /^>>>\s+(\S+?):?\(/.exec(line)?.[1];
    if (by !== undefined) latest?.add(by);
  }
  return [...users].map(([symbol, by]) => ({ symbol, users: [...by] }));
}

/** The error of a link that failed: every undefined symbol with who needs it, else the linker's own words. */
export function linkError(tool: string, output: string): LibosError {
  const missing = findUndefined(output);
  if (missing.length === 0) {
    const said = output.trim().split('\n').slice(0, 40).join('\n');
    return new LibosError('ERR_LIBOS_KERNEL_LINK', `${tool} cannot link the kernel:\n${said}`);
  }
  const lines = missing.map(({ symbol, users }) => {
    const more = users.length > 3 ? ` and ${users.length - 3} more` : '';
    return `  ${symbol}  (${users.slice(0, 3).join(', ')}${more})`;
  });
  return new LibosError(
    'ERR_LIBOS_KERNEL_LINK',
    `${missing.length} symbols that the kernel uses are nowhere defined:\n${lines.join('\n')}`,
    {
      hint: 'the option that brings them is off, or their object is in kernel/arch/lib/left-out.objects: define them in kernel/arch/lib (a function that must never be called in kernel/stubs.c, with the reason)',
    },
  );
}
