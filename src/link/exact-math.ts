// SPDX-License-Identifier: GPL-2.0-only

/**
 * Logarithm and exponential out of operations that IEEE 754 rounds exactly. The engine's own may differ in the
 * last bit between versions, and one bit more or less of a delay makes another run.
 */
const ln2 = 0.6931471805599453;
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Where the exponent is: typed arrays have the machine's byte order. */
const high = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** The natural logarithm of a positive, normal number; off by less than 1e-15 of it or of 1. */
export function ln(value: number): number {
  float[0] = value;
  let exponent = ((words[high]! >>> 20) & 0x7ff) - 1023;
  words[high] = (words[high]! & 0x000fffff) | 0x3ff00000;
  let mantissa = float[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh(z) = 2 (z + z³/3 + z⁵/5 + …), |z| < 0.172
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let sum = 0;
  for (let odd = 23; odd > 1; odd -= 2) sum = (sum + 1 / odd) * square;
  return exponent * ln2 + 2 * z * (1 + sum);
}

/** e to a number between -700 and 700; off by less than 1e-14 of the result. */
export function exp(value: number): number {
  const exponent = Math.round(value / ln2);
  const rest = value - exponent * ln2;
  // |rest| < 0.347: 1 + r (1 + r/2 (1 + r/3 (…)))
  let sum = 1;
  for (let term = 16; term > 0; term--) sum = 1 + (rest / term) * sum;
  float[0] = 1;
  words[high] = (exponent + 1023) << 20;
  words[1 - high] = 0;
  return float[0] * sum;
}
