// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls by number: asm-generic's, each in the one form of
 * asm/syscall_wrapper.h. <asm/unistd.h> chose which, and can be read only once.
 */
#include <linux/linkage.h>
#include <linux/sys.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

asmlinkage long __lib_sys_ni_syscall(const struct pt_regs *regs);
asmlinkage long __lib_sys_ni_syscall(const struct pt_regs *regs)
{
	return -ENOSYS;
}

#undef __SYSCALL
#define __SYSCALL(nr, call) asmlinkage long __lib_##call(const struct pt_regs *);
#include <asm-generic/unistd.h>

#undef __SYSCALL
#define __SYSCALL(nr, call) [nr] = __lib_##call,

const sys_call_ptr_t sys_call_table[__NR_syscalls] = {
	[0 ... __NR_syscalls - 1] = __lib_sys_ni_syscall,
#include <asm-generic/unistd.h>
};
