// SPDX-License-Identifier: GPL-2.0-only

/**
 * Reads what make and Kbuild print: which lines say that something was made, and, of a build that failed, which
 * target failed and what the compiler said about it. Text only.
 */

/** The target of a line like `  CC      net/ipv4/tcp.o`, undefined for every other line. */
export function madeTarget(
  line: string,
): { readonly kind: string; readonly target: string } | undefined {
  const match = /^ {2}([A-Z][A-Z0-9_]+) +(\S+)$/.exec(line);
  return match ? { kind: match[1]!, target: match[2]! } : undefined;
}

/** Whether a line says that an object of the kernel was compiled. */
export function isObject(line: string): boolean {
  return ['CC', 'AS'].includes(madeTarget(line)?.kind ?? '');
}

export interface MakeFailure {
  /** What could not be made, e.g. `net/ipv4/tcp_input.o`; undefined if make failed otherwise. */
  readonly target: string | undefined;
  /** What was said about it. */
  readonly said: readonly string[];
}

/**
 * The first failure in the output of a make run with `--output-sync`, which keeps what is said about a target
 * together: its line, the messages, and make's own line at the end.
 */
export function findFailure(lines: readonly string[]): MakeFailure {
  const at = lines.findIndex((line) => /^make(\[\d+\])?: \*\*\* /.test(line));
  if (at < 0) return { target: undefined, said: lines.filter(isSaid).slice(-20) };
  const target = /\*\*\* \[(?:[^\]]*: )?([^\]:]+)\] /.exec(lines[at]!)?.[1];
  let start = at;
  while (start > 0 && isSaid(lines[start - 1]!)) start--;
  const said = lines.slice(start, at).filter((line) => line.trim() !== '');
  return { target, said: said.length > 0 ? said : [lines[at]!] };
}

/** Neither progress nor make's own. */
function isSaid(line: string): boolean {
  return madeTarget(line) === undefined && !/^make(\[\d+\])?: /.test(line);
}

/**
 * A line of the compiler with the places that its reader knows in it: the compiler runs in a folder of the overlay,
 * so the source is `../` to it, and the arch port a copy there.
 */
export function withRealPaths(line: string, tree: string, arch: string): string {
  return line
    .replaceAll(/(^|[\s[(])\.\.\/arch\/lib\//g, `$1${arch}/`)
    .replaceAll(/(^|[\s[(])\.\.\/(?=\w)/g, `$1${tree}/`);
}
