// SPDX-License-Identifier: GPL-2.0-only
/**
 * Holds the configuration fragments to what they promise: every feature in features.json to the symbols that give
 * it, and the page of limits to the profile `full`. Reads text only. Whether Kconfig grants every symbol is for
 * the kernel build to say.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const profiles = ['full', 'sim'] as const;
type Profile = (typeof profiles)[number];

/** A line of features.json: the symbols by profile, or why it needs none, or why `sim` is without. */
interface Feature {
  readonly feature: string;
  readonly always?: string;
  readonly full?: readonly string[];
  readonly sim?: readonly string[];
  readonly notInSim?: string;
}

const { features } = JSON.parse(read('features.json')) as { features: readonly Feature[] };

describe.each(profiles)('profile %s', (profile) => {
  const lines = linesOf(profile);
  const symbols = symbolsOf(profile);

  test('has lines that Kconfig reads, each symbol once', () => {
    for (const line of lines) expect(line).toMatch(/^(# .*|#|CONFIG_\w+=(y|n|\d+|"[^"]*")|)$/);
    const named = lines.flatMap((line) => line.match(/^CONFIG_(\w+)/)?.slice(1) ?? []);
    expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([]);
  });

  test.each(features.filter((feature) => feature[profile] !== undefined))(
    'gives: $feature',
    (feature) => {
      const wanted = feature[profile] ?? [];
      expect(wanted).not.toEqual([]);
      expect(wanted.filter((symbol) => symbols.get(symbol) !== 'y')).toEqual([]);
    },
  );
});

test('profile test only adds to sim, each symbol once, and begins frames with zeros', () => {
  const own = symbolsIn(read('test.config').split('\n'));
  const names = own.map(([name]) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const sim = symbolsOf('sim');
  const taken = own.filter(([name, value]) => value === 'n' && sim.get(name) === 'y');
  expect(taken.map(([name]) => name)).toEqual(['INIT_STACK_NONE']);
});

describe('features', () => {
  test('are each given by full, or by every kernel', () => {
    const unfounded = features.filter(({ always, full }) => (always ?? full) === undefined);
    expect(unfounded).toEqual([]);
  });

  test('are each given by sim, or left out of it with a reason', () => {
    const unexplained = features.filter(
      ({ always, sim, notInSim }) => (always ?? sim ?? notInSim) === undefined,
    );
    expect(unexplained).toEqual([]);
  });

  test.each(features.filter(({ notInSim }) => notInSim !== undefined))(
    'that sim is said to leave out, it leaves out: $feature',
    ({ full = [] }) => {
      const sim = symbolsOf('sim');
      expect(full.every((symbol) => sim.get(symbol) === 'y')).toBe(false);
    },
  );
});

test('what the page of limits says is left out is not in full', () => {
  const page = readFileSync(new URL('../../docs/internals/limits.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('Left out')) ?? '';
  const patterns = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...(line.split('|')[2] ?? '').matchAll(/`([A-Z0-9_*]+)`/g)])
    .map(([, name = '']) => new RegExp(`^${name.replaceAll('*', '.*')}$`));
  expect(patterns.length).toBeGreaterThan(50);
  const enabled = [...symbolsOf('full')].filter(([, value]) => value === 'y');
  const both = enabled.map(([name]) => name).filter((name) => patterns.some((p) => p.test(name)));
  expect(both).toEqual([]);
});

/** A profile's symbols as the build merges them: base first, the profile's own lines over it. */
function symbolsOf(profile: Profile): ReadonlyMap<string, string> {
  return new Map(symbolsIn([...linesOf('base'), ...linesOf(profile)]));
}

function symbolsIn(lines: readonly string[]): (readonly [string, string])[] {
  return lines.flatMap((line) => {
    const [, name, value] = line.match(/^CONFIG_(\w+)=(.*)$/) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

function linesOf(fragment: Profile | 'base'): string[] {
  return read(`${fragment}.config`).split('\n');
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
