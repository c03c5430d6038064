// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { generateFiles } from './generate.js';
import { layoutOf } from './layout.js';

describe('host interface', () => {
  test.each([...generateFiles(packageRoot)])('%s is fresh: `npm run generate`', (path, content) => {
    expect(readFileSync(join(packageRoot, path), 'utf8')).toBe(content);
  });

  test('a field that a compiler would move is refused by name', () => {
    const fields = [
      { name: 'a', type: 'u8', is: '' },
      { name: 'b', type: 'u32', is: '' },
    ] as const;
    expect(() => layoutOf({ name: 's', is: '', fields })).toThrow(
      's.b: u32 at offset 1 needs padding before it',
    );
    expect(() => layoutOf({ name: 's', is: '', fields: [...fields].reverse() })).toThrow(
      's: 5 bytes need padding to a multiple of 4',
    );
  });
});
