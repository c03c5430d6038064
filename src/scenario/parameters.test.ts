// SPDX-License-Identifier: GPL-2.0-only

import { afterEach, describe, expect, test } from 'vitest';
import { checkParameters, giveParameters, parameters } from './parameters.js';

afterEach(() => giveParameters({}));

const declarations = {
  rate: '10 Mbit/s',
  clients: { default: 4, description: 'how many ask' },
  congestion: { default: 'cubic', choices: ['cubic', 'bbr'] },
  fast: false,
} as const;

describe('parameters', () => {
  test('are their defaults when nothing is given', () => {
    expect(parameters(declarations)).toEqual({
      ...{ rate: '10 Mbit/s', clients: 4, congestion: 'cubic', fast: false },
    });
  });

  test('take the type of their default', () => {
    giveParameters({ rate: '5 Mbit/s', clients: '12', congestion: 'bbr', fast: 'true' });
    expect(parameters(declarations)).toEqual({
      ...{ rate: '5 Mbit/s', clients: 12, congestion: 'bbr', fast: true },
    });
    giveParameters({ rate: 5, clients: 1e3, fast: false });
    expect(parameters(declarations)).toMatchObject({ rate: '5', clients: 1000, fast: false });
  });

  test.each([
    [{ client: '3' }, 'the scenario has no parameter client'],
    [{ clients: 'many' }, 'parameter clients: "many" is not a number'],
    [{ clients: '' }, 'parameter clients: "" is not a number'],
    [{ fast: 'yes' }, 'parameter fast: "yes" is not true or false'],
    [{ congestion: 'vegas' }, 'parameter congestion: "vegas" is not one of cubic, bbr'],
  ])('%j is an error', (given, message) => {
    giveParameters(given);
    expect(() => parameters(declarations)).toThrow(message);
  });

  test('an unknown name comes with those that there are', () => {
    giveParameters({ client: '3' });
    expect(() => parameters({ clients: declarations.clients })).toThrow(
      expect.objectContaining({ hint: 'it has clients=4 (how many ask)' }) as Error,
    );
  });

  test('given to a scenario that declares none, they are an error when it runs', () => {
    giveParameters({ rate: '1 bit/s' });
    expect(() => checkParameters()).toThrow('the scenario has no parameter rate');
    giveParameters({});
    expect(() => checkParameters()).not.toThrow();
  });
});
