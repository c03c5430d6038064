/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_BUG_H
#define __ASM_LIB_BUG_H
#ifndef __ASSEMBLY__
/* BUG ends the host with the place that found it (kernel/die.c). */
void lib_bug(const char *file, int line, const char *function) __attribute__((__noreturn__, __cold__));
#define BUG() lib_bug(__FILE__, __LINE__, __func__)
#define HAVE_ARCH_BUG
#endif
#include <asm-generic/bug.h>

#ifndef __ASSEMBLY__
/* WARN is told to the host first, where it happens; then Linux prints its report. */
void lib_warn(const char *file, int line, const char *function) __attribute__((__cold__));
#undef __WARN_printf
#define __WARN_printf(taint, arg...) do {				\
		lib_warn(__FILE__, __LINE__, __func__);			\
		warn_slowpath_fmt(__FILE__, __LINE__, taint, arg);	\
	} while (0)
#endif
#endif
