/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_CURRENT_H
#define __ASM_LIB_CURRENT_H
struct task_struct;
/* Set by the entries (kernel/entry.c): whose call is running. */
extern struct task_struct *lib_current;
#define get_current() (lib_current)
#define current get_current()
#endif
