/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_UNISTD_H
#define __LIB_UAPI_UNISTD_H
#if __SIZEOF_LONG__ == 4
#define __ARCH_WANT_STAT64
#define __ARCH_WANT_TIME32_SYSCALLS
#endif
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_SYS_CLONE
#define __ARCH_WANT_SYS_CLONE3
#include <asm-generic/unistd.h>
#endif
