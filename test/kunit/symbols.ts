// SPDX-License-Identifier: GPL-2.0-only

/** Which options of a Linux tree bring suites of KUnit, as far as its Kconfig files tell. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesBelow } from '../../kernel/build/overlay.js';

/** Every symbol that depends on KUnit or is on when all its suites are. */
export function kunitSymbols(tree: string): string[] {
  const files = filesBelow(tree).filter((name) => basename(name).startsWith('Kconfig'));
  const found = files.flatMap((name) => symbolsIn(readFileSync(join(tree, name), 'utf8')));
  return [...new Set(found)].sort();
}

function symbolsIn(kconfig: string): string[] {
  return kconfig.split(/^(?=\s*(?:menu)?config \w+$)/m).flatMap((entry) => {
    const [, symbol, rest = ''] = /^\s*(?:menu)?config (\w+)$([^]*)/m.exec(entry) ?? [];
    // What is said before its help, or before what comes after it.
    const [said = ''] = rest.split(
      /^(?:\s*(?:help|---help---)\s*|(?:if|endif|menu|endmenu|source|comment|choice)\b.*)$/m,
    );
    return symbol !== undefined && /\bKUNIT\b|KUNIT_ALL_TESTS/.test(said) ? [symbol] : [];
  });
}
