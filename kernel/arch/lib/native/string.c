// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies for x86-64. No C library lies below the kernel that a compiler's builtin
 * could call: short ones go by words, long ones by the string instructions.
 */
#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <asm/string.h>

/* Below this the start of a string instruction costs more than a loop. */
#define STRING_INSTRUCTION_BYTES_MIN 256

#undef memcpy
#undef memmove
#undef memset

static void copy_up(char *d, const char *s, size_t n)
{
	if (n >= STRING_INSTRUCTION_BYTES_MIN) {
		asm volatile("rep movsb" : "+D" (d), "+S" (s), "+c" (n) : : "memory");
		return;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		put_unaligned(get_unaligned((const u64 *)s), (u64 *)d);
	while (n--)
		*d++ = *s++;
}

void *memcpy(void *to, const void *from, size_t n)
{
	copy_up(to, from, n);
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if ((unsigned long)d - (unsigned long)s >= n) {
		copy_up(d, s, n);
		return to;
	}
	for (; n >= 8; n -= 8)
		put_unaligned(get_unaligned((const u64 *)(s + n - 8)), (u64 *)(d + n - 8));
	while (n--)
		d[n] = s[n];
	return to;
}

void *memset(void *to, int c, size_t n)
{
	const u64 word = 0x0101010101010101ULL * (u8)c;
	char *d = to;

	if (n >= STRING_INSTRUCTION_BYTES_MIN) {
		asm volatile("rep stosb" : "+D" (d), "+c" (n) : "a" (c) : "memory");
		return to;
	}
	for (; n >= 8; n -= 8, d += 8)
		put_unaligned(word, (u64 *)d);
	while (n--)
		*d++ = c;
	return to;
}
