// SPDX-License-Identifier: GPL-2.0-only

/**
 * Configuration fragments: reading and merging them, and holding Kconfig's answer to them. Text in, text out;
 * running Kconfig is kconfig.ts's.
 */
import { LibosError } from '../../src/errors.js';

/** One line of a fragment. */
export interface Setting {
  readonly symbol: string;
  readonly value: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Reads a fragment: `CONFIG_X=value`, `# CONFIG_X is not set`, comments and empty lines. */
export function parseFragment(text: string, file: string): Setting[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    const setting = (symbol: string, value: string): Setting[] => [
      { symbol, value, file, line: index + 1 },
    ];
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset) return setting(unset[1]!, 'n');
    if (line === '' || line.startsWith('#')) return [];
    const assignment = /^(CONFIG_\w+)=(y|n|m|-?\d+|0x[0-9a-fA-F]+|"(?:[^"\\]|\\.)*")$/.exec(line);
    if (!assignment) {
      throw new LibosError(
        'ERR_LIBOS_CONFIG',
        `${file}:${index + 1}: not a configuration line: ${line}`,
        { hint: 'a fragment has lines like CONFIG_TCP_CONG_BBR=y, CONFIG_HZ=1000 or # comments' },
      );
    }
    if (assignment[2] === 'm') {
      throw new LibosError(
        'ERR_LIBOS_CONFIG',
        `${file}:${index + 1}: ${line}: a kernel of libos has no modules`,
        { hint: `write ${assignment[1]!}=y` },
      );
    }
    return setting(assignment[1]!, assignment[2]!);
  });
}

/** Of two settings of one symbol the later one holds. */
export function mergeSettings(settings: readonly Setting[]): Map<string, Setting> {
  return new Map(settings.map((setting) => [setting.symbol, setting]));
}

export function fragmentText(settings: Iterable<Setting>): string {
  return [...settings].map(({ symbol, value }) => `${symbol}=${value}\n`).join('');
}

export interface Unmet {
  readonly setting: Setting;
  /** What Kconfig made of it; `n` if the symbol is not in its answer. */
  readonly got: string;
}

/** The settings that did not take effect in the `.config` that Kconfig wrote. */
export function findUnmet(settings: Iterable<Setting>, dotConfig: string): Unmet[] {
  const given = new Map(
    dotConfig.split('\n').flatMap((line) => {
      const [, symbol, value] = /^(CONFIG_\w+)=(.*)$/.exec(line) ?? [];
      return symbol === undefined || value === undefined ? [] : [[symbol, value] as const];
    }),
  );
  return [...settings]
    .map((setting) => ({ setting, got: given.get(setting.symbol) ?? 'n' }))
    .filter(({ setting, got }) => got !== setting.value);
}

/** What the Kconfig files say of a symbol. */
export interface Definition {
  /** Where, relative to the tree. */
  readonly place: string;
  /** The `depends on` lines of the entry. */
  readonly dependsOn: readonly string[];
  /** Whether it has a prompt: without one only other symbols set it. */
  readonly hasPrompt: boolean;
}

/** The definitions of `symbol` (with its CONFIG_) in one Kconfig file. */
export function findDefinitions(symbol: string, kconfig: string, file: string): Definition[] {
  const name = symbol.replace(/^CONFIG_/, '');
  const lines = kconfig.split('\n');
  return lines.flatMap((start, index) => {
    if (!new RegExp(`^\\s*(menu)?config\\s+${name}\\s*$`).test(start)) return [];
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((line) => /^\S/.test(line) && !line.startsWith('#'));
    const entry = end < 0 ? rest : rest.slice(0, end);
    return {
      place: `${file}:${index + 1}`,
      dependsOn: entry.flatMap((line) => /^\s+depends on\s+(.*)$/.exec(line)?.[1] ?? []),
      hasPrompt: entry.some((line) => /^\s+(bool|tristate|string|int|hex|prompt)\s+"/.test(line)),
    };
  });
}

/** The error that names every setting without effect, and why as far as the Kconfig files tell. */
export function unmetError(
  unmet: readonly Unmet[],
  definitionsOf: (symbol: string) => readonly Definition[],
): LibosError {
  const lines = unmet.map(({ setting, got }) => {
    const { symbol, value, file, line } = setting;
    const definitions = definitionsOf(symbol);
    const where = `${file}:${line}: ${symbol}=${value}`;
    if (definitions.length === 0) return `${where}: this tree has no such symbol`;
    const reasons = definitions.map(({ place, dependsOn, hasPrompt }) => {
      const needs = dependsOn.length === 0 ? '' : `, depends on ${dependsOn.join(' && ')}`;
      const promptless = hasPrompt ? '' : ', has no prompt: other symbols select it';
      return `(${place}${needs}${promptless})`;
    });
    return `${where}: Kconfig gives ${got} ${reasons.join(' ')}`;
  });
  return new LibosError(
    'ERR_LIBOS_CONFIG',
    `${unmet.length} of the configuration has no effect:\n  ${lines.join('\n  ')}`,
    { hint: 'set what it depends on as well, or take the line out' },
  );
}
