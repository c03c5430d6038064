// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import {
  findDefinitions,
  findUnmet,
  fragmentText,
  mergeSettings,
  parseFragment,
  unmetError,
} from './config.js';

describe('parseFragment', () => {
  test('reads settings with their lines', () => {
    const text =
      '# a comment\nCONFIG_NET=y\n\n# CONFIG_SMP is not set\nCONFIG_HZ=1000\nCONFIG_NAME="a b"\n';
    expect(parseFragment(text, 'own.config')).toEqual([
      { symbol: 'CONFIG_NET', value: 'y', file: 'own.config', line: 2 },
      { symbol: 'CONFIG_SMP', value: 'n', file: 'own.config', line: 4 },
      { symbol: 'CONFIG_HZ', value: '1000', file: 'own.config', line: 5 },
      { symbol: 'CONFIG_NAME', value: '"a b"', file: 'own.config', line: 6 },
    ]);
  });

  test.each(['NET=y', 'CONFIG_NET', 'CONFIG_NET = y', 'CONFIG_NET=yes', 'set CONFIG_NET'])(
    'names the line that is none: %s',
    (line) => {
      expect(() => parseFragment(`CONFIG_A=y\n${line}\n`, 'own.config')).toThrow(
        `own.config:2: not a configuration line: ${line}`,
      );
    },
  );

  test('says that there are no modules', () => {
    expect(() => parseFragment('CONFIG_TLS=m', 'own.config')).toThrow(/own\.config:1.*no modules/);
  });
});

const settings = mergeSettings([
  ...parseFragment('CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=5\n', 'base.config'),
  ...parseFragment('CONFIG_A=n\nCONFIG_D=y\n', 'own.config'),
]);

test('of two settings the later one holds', () => {
  expect(fragmentText(settings.values())).toBe('CONFIG_A=n\nCONFIG_B=n\nCONFIG_C=5\nCONFIG_D=y\n');
});

describe('findUnmet', () => {
  test('finds nothing where Kconfig did as it was told', () => {
    expect(findUnmet(settings.values(), '# CONFIG_A is not set\nCONFIG_C=5\nCONFIG_D=y\n')).toEqual(
      [],
    );
  });

  test('finds what is on, off or another value', () => {
    const unmet = findUnmet(settings.values(), 'CONFIG_A=y\nCONFIG_C=6\n');
    expect(unmet.map(({ setting, got }) => [setting.symbol, setting.value, got])).toEqual([
      ['CONFIG_A', 'n', 'y'],
      ['CONFIG_C', '5', '6'],
      ['CONFIG_D', 'y', 'n'],
    ]);
  });
});

const kconfig = `
config TLS
	tristate "Transport Layer Security support"
	depends on INET
	select CRYPTO
	help
	  config INSIDE_HELP

config TLS_DEVICE
	bool "offload"
	depends on TLS
	depends on NET_DEVLINK

config HIDDEN
	bool
`;

describe('an error about the configuration', () => {
  test('knows where a symbol is defined and what it depends on', () => {
    expect(findDefinitions('CONFIG_TLS_DEVICE', kconfig, 'net/tls/Kconfig')).toEqual([
      { place: 'net/tls/Kconfig:9', dependsOn: ['TLS', 'NET_DEVLINK'], hasPrompt: true },
    ]);
  });

  test('says for each setting why it has no effect', () => {
    const wanted = parseFragment(
      'CONFIG_TLS_DEVICE=y\nCONFIG_HIDDEN=y\nCONFIG_TYPO=y\n',
      'own.config',
    );
    const error = unmetError(findUnmet(wanted, ''), (symbol) =>
      findDefinitions(symbol, kconfig, 'net/tls/Kconfig'),
    );
    expect(error.code).toBe('ERR_LIBOS_CONFIG');
    expect(error.message.split('\n').slice(1)).toEqual([
      '  own.config:1: CONFIG_TLS_DEVICE=y: Kconfig gives n (net/tls/Kconfig:9, depends on TLS && NET_DEVLINK)',
      '  own.config:2: CONFIG_HIDDEN=y: Kconfig gives n (net/tls/Kconfig:14, has no prompt: other symbols select it)',
      '  own.config:3: CONFIG_TYPO=y: this tree has no such symbol',
    ]);
  });
});
