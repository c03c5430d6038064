/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_BITSPERLONG_H
#define __LIB_UAPI_BITSPERLONG_H
#define __BITS_PER_LONG (__SIZEOF_LONG__ * 8)
#include <asm-generic/bitsperlong.h>
#endif
