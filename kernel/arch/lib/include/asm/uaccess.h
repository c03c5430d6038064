/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_UACCESS_H
#define __ASM_LIB_UACCESS_H
/*
 * User memory is memory of the same address space that the host has written
 * arguments into. A pointer outside it (the null page, past the end) is
 * -EFAULT, as on a machine with an MMU.
 */
extern unsigned long lib_user_start, lib_memory_end;

static inline int __access_ok(const void __user *ptr, unsigned long size)
{
	unsigned long addr = (unsigned long)ptr;

#ifdef CONFIG_64BIT
	return size <= TASK_SIZE && addr <= TASK_SIZE - size && (addr >= 0x10000 || !size);
#else
	return size <= lib_memory_end && addr <= lib_memory_end - size &&
	       (addr >= lib_user_start || !size);
#endif
}
#define __access_ok __access_ok

#include <asm-generic/uaccess.h>
#endif
