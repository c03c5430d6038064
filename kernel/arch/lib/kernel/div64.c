// SPDX-License-Identifier: GPL-2.0-only
/*
 * 64-bit division (lib/math/div64.c, compiled through this file). Linux takes a
 * machine of 32 bits to have none, and divides bit by bit; WebAssembly has it.
 */
#include <linux/math64.h>

#if BITS_PER_LONG == 32
u32 __div64_32(u64 *n, u32 base)
{
	u64 dividend = *n;

	*n = dividend / base;
	return dividend % base;
}

u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

#define __div64_32 __div64_32
#define div64_u64_rem div64_u64_rem
#define div64_u64 div64_u64
#define div64_s64 div64_s64
#endif

#include <lib/math/div64.c>
