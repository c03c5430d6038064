/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_ARCHRANDOM_H
#define __ASM_LIB_ARCHRANDOM_H
/* The host's entropy, and nothing else: with a seeded host all is repeatable. */
size_t lib_random_longs(unsigned long *v, size_t max_longs);

static inline size_t __must_check arch_get_random_longs(unsigned long *v, size_t max_longs)
{
	return lib_random_longs(v, max_longs);
}
static inline size_t __must_check arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	return lib_random_longs(v, max_longs);
}
#endif
