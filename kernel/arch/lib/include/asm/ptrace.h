/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_PTRACE_H
#define __ASM_LIB_PTRACE_H
#include <uapi/asm/ptrace.h>
#ifndef __ASSEMBLY__
/* The arguments of the system call that runs (asm/syscall_wrapper.h). */
struct pt_regs {
	unsigned long args[6];
	unsigned long number;
	long result;
};
#define user_mode(regs)			((regs) != NULL)
#define instruction_pointer(regs)	(0UL)
#define user_stack_pointer(regs)	(0UL)
#define profile_pc(regs)		(0UL)
#define kernel_stack_pointer(regs)	(0UL)
#define regs_return_value(regs)		((regs)->result)
static inline void instruction_pointer_set(struct pt_regs *regs, unsigned long ip) { }
#endif
#endif
