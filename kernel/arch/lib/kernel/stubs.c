// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger of what is not linked: every symbol that Linux asks for and that
 * neither its objects nor the port define stands here, with its reason. System
 * calls answer -ENOSYS; any other symbol is a function that dies by name.
 */
#include <linux/sched/task.h>
#include <linux/syscalls.h>

#include "lib.h"

asmlinkage long sys_ni_syscall(void);	/* kernel/sys_ni.c */

COND_SYSCALL(mmap);			/* no MMU, and memory belongs to the host */
COND_SYSCALL(mmap2);			/* the same, where long has 32 bits */
COND_SYSCALL(execve);			/* programs run outside the kernel */
COND_SYSCALL(rt_sigreturn);		/* no handler runs inside the kernel */
COND_SYSCALL(sched_setparam);		/* nothing is scheduled by priority */
COND_SYSCALL(sched_setattr);		/* nothing is scheduled by priority */
COND_SYSCALL(sched_getattr);		/* nothing is scheduled by priority */
COND_SYSCALL(sched_rr_get_interval);	/* no time slice exists */

/* fork_idle() makes the idle task of a further processor, and there is one. */
void init_idle(struct task_struct *idle, int cpu)
{
	lib_die(LIB_DIE_MISSING, "init_idle");
}
