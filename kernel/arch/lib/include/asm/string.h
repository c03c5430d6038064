/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_STRING_H
#define __ASM_LIB_STRING_H
#include <linux/types.h>
#define __HAVE_ARCH_MEMCPY
#define __HAVE_ARCH_MEMMOVE
#define __HAVE_ARCH_MEMSET
extern void *memcpy(void *to, const void *from, size_t n);
extern void *memmove(void *to, const void *from, size_t n);
extern void *memset(void *to, int c, size_t n);
#endif
