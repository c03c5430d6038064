// SPDX-License-Identifier: GPL-2.0-only

/**
 * When a call is caught: what a seccomp filter can see of it, which is its number, its arguments as bare numbers
 * and the address that it comes from. The table is written in these, the filter is compiled from them.
 */

/** One thing that must hold for a call to be caught. `argument` counts from 0. */
export type Test =
  /** The low 32 bits are one of these. */
  | { readonly argument: number; readonly in: readonly number[] }
  /** The low 32 bits are none of these. */
  | { readonly argument: number; readonly notIn: readonly number[] }
  /** At least one of these bits is set in the low 32. */
  | { readonly argument: number; readonly anyBitOf: number }
  /** A pointer that is not NULL: all 64 bits count. */
  | { readonly argument: number; readonly pointer: 'given' }
  /** The low 32 bits, unsigned, lie between the two, both included. */
  | { readonly argument: number; readonly from: number; readonly to: number };

export type Condition =
  /** Never caught, and not even looked at: as cheap as without a filter. */
  | 'never'
  /** Handed to the broker. */
  | 'always'
  /** Answered ENOSYS in the program itself. */
  | 'refuse'
  /** Caught when one of the tests holds. */
  | { readonly anyOf: readonly Test[] };

/** Whether a test holds, as the filter must find: the reference that its test compares it with. */
export function holds(test: Test, argument: bigint): boolean {
  const low = Number(argument & 0xffffffffn);
  if ('in' in test) return test.in.includes(low);
  if ('notIn' in test) return !test.notIn.includes(low);
  if ('anyBitOf' in test) return (low & test.anyBitOf) !== 0;
  if ('pointer' in test) return argument !== 0n;
  return low >= test.from && low <= test.to;
}
