// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies for WebAssembly: short ones by words, long ones by an instruction for memory in bulk, which engines pass to the C
 * library of the machine.
 */
#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <asm/string.h>

/* Below this an instruction for memory in bulk costs more than a loop (measured in V8). */
#define BULK_BYTES_MIN 64
/*
 * Above some 2 KiB (2,112 bytes with AVX) glibc copies by "rep movsb", which AMD's Zen 3 and 4 do at a twentieth of their
 * speed where the target's offset in its page is up to 31 bytes above the source's (glibc's bug 30994).
 */
#define BULK_BYTES_MAX 2048

#undef memcpy
#undef memmove
#undef memset

void *memcpy(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	for (; n > BULK_BYTES_MAX; n -= BULK_BYTES_MAX, d += BULK_BYTES_MAX, s += BULK_BYTES_MAX) {
		__builtin_memcpy(d, s, BULK_BYTES_MAX);
		/* Or the compiler would make one copy of them all. */
		OPTIMIZER_HIDE_VAR(d);
	}
	if (n >= BULK_BYTES_MIN) {
		__builtin_memcpy(d, s, n);
		return to;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		put_unaligned(get_unaligned((const u64 *)s), (u64 *)d);
	while (n--)
		*d++ = *s++;
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (n >= BULK_BYTES_MIN)
		return __builtin_memmove(to, from, n);
	if (d <= s) {
		while (n--)
			*d++ = *s++;
	} else {
		while (n--)
			d[n] = s[n];
	}
	return to;
}

void *memset(void *to, int c, size_t n)
{
	char *d = to;

	if (n >= BULK_BYTES_MIN)
		return __builtin_memset(to, c, n);
	while (n--)
		*d++ = c;
	return to;
}
