// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { plot } from './plot.js';

describe('plot', () => {
  test('draws a slope from one corner to the other', () => {
    const slope = { title: 'slope', points: [[0, 0] as const, [10, 100] as const] };
    expect(plot([slope], { width: 8, height: 2, xTitle: 's' })).toEqual([
      ...['     slope', '100 ┤⠀⠀⠀⠀⣀⠤⠒⠉', '  0 ┤⣀⠤⠒⠉⠀⠀⠀⠀', '    └────────', '     0  s  10'],
    ]);
  });

  test('puts curves below each other on one axis, and paints each', () => {
    const lines = plot(
      [
        { title: 'early', points: [[0, 1] as const], paint: (text) => `<${text}>` },
        { title: 'late', points: [[9, 5] as const], format: (value) => `${value} kB` },
      ],
      { width: 4, height: 1 },
    );
    expect(lines).toEqual([
      ...['      early', '   1 ┤<⠁⠀⠀⠀>', '      late', '5 kB ┤⠀⠀⠀⠈', '     └────', '      0  9'],
    ]);
  });

  test('has nothing to draw without points, and draws what is infinite at the top', () => {
    expect(plot([{ title: 'none', points: [] }])).toEqual([]);
    const endless = [
      [0, Infinity],
      [1, 2],
    ] as const;
    const lines = plot([{ title: 't', points: endless }], { width: 2, height: 1 });
    expect(lines[1]).toMatch(/^2 ┤/);
    expect(lines[1]).not.toContain('⠀⠀');
  });
});
