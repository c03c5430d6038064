// SPDX-License-Identifier: GPL-2.0-only

/**
 * Quantities as people write them ("20 ms", "10 Mbit/s", "64 MiB") as plain numbers. Every public option that has
 * a unit goes through here, so that a wrong one gives the same clear error everywhere.
 */
import { LibosError } from './errors.js';

const durationsNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3600e9,
};
const ratesBitsPerSecond: Readonly<Record<string, number>> = {
  'bit/s': 1,
  'kbit/s': 1e3,
  'Mbit/s': 1e6,
  'Gbit/s': 1e9,
};
const sizesBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** "20 ms" or a number of nanoseconds, as whole nanoseconds. `what` names the option in errors. */
export function parseDurationNs(value: string | number, what: string): number {
  return quantity(value, what, 'a duration', durationsNs);
}

/** "10 Mbit/s" or a number of bits per second. */
export function parseRateBitsPerSecond(value: string | number, what: string): number {
  return quantity(value, what, 'a rate', ratesBitsPerSecond);
}

/** "64 MiB" or a number of bytes. */
export function parseSizeBytes(value: string | number, what: string): number {
  return quantity(value, what, 'a size', sizesBytes);
}

function quantity(
  value: string | number,
  what: string,
  kind: string,
  units: Readonly<Record<string, number>>,
): number {
  const match = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*(\S+)\s*$/.exec(value) : null;
  const factor = match && Object.hasOwn(units, match[2]!) ? units[match[2]!]! : undefined;
  const result =
    typeof value === 'number' ? value : factor && Math.round(Number(match![1]) * factor);
  if (result === undefined || !Number.isSafeInteger(result) || result < 0) {
    throw new LibosError('ERR_LIBOS_UNIT', `${what}: ${JSON.stringify(value)} is not ${kind}`, {
      hint: `write a number and a unit, one of ${Object.keys(units).join(', ')}`,
    });
  }
  return result;
}
