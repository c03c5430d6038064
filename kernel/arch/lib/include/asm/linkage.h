/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_LINKAGE_H
#define __ASM_LIB_LINKAGE_H
/*
 * Included before <linux/instruction_pointer.h>: a label's address and a
 * return address are not values in WebAssembly, so both forms do without.
 */
#define _THIS_IP_	0UL
#define __builtin_return_address(level) ((void *)0)
#define __builtin_frame_address(level) ((void *)0)

/* Aliases at the assembler's level do not exist for WebAssembly. */
#define SYSCALL_ALIAS(alias, name)
#define cond_syscall(x)
#endif
