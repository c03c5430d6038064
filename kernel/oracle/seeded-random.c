// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into the oracle: the randomness that User-Mode Linux asks its host for is a stream that begins with
 * $LIBOS_ORACLE_SEED, so that a run can be repeated.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t next(void)
{
	static uint64_t state;
	static int is_seeded;
	uint64_t z;

	if (!is_seeded) {
		const char *seed = getenv("LIBOS_ORACLE_SEED");

		state = seed ? strtoull(seed, NULL, 10) : 1;
		is_seeded = 1;
	}
	z = (state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
	unsigned char *out = buffer;

	(void)flags;
	for (size_t i = 0; i < length; i++)
		out[i] = (unsigned char)next();
	return (ssize_t)length;
}
