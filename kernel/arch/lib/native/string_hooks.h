/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_NATIVE_STRING_HOOKS_H
#define __LIB_NATIVE_STRING_HOOKS_H
/*
 * Stands before lib/string.c: strscpy() reads words that may go on past the end of a
 * string, and finds the end in a way that memcheck cannot follow. Under valgrind such
 * a word is as good as defined.
 */
#include <linux/compiler.h>

#include "valgrind.h"

static inline unsigned long lib_read_word(const void *address)
{
	unsigned long word;

	if (likely(!lib_valgrind))
		return read_word_at_a_time(address);
	lib_valgrind_silence(1);
	word = read_word_at_a_time(address);
	lib_valgrind_defined(&word, sizeof(word));
	lib_valgrind_silence(-1);
	return word;
}
#define read_word_at_a_time lib_read_word
#endif
