/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_PROCESSOR_H
#define __ASM_LIB_PROCESSOR_H
#include <linux/types.h>
#include <asm/ptrace.h>

struct task_struct;

/* What copy_thread() leaves for the scheduler: kernel threads are called, not switched to. */
struct thread_struct {
	int (*fn)(void *argument);
	void *argument;
	struct list_head ready;	/* on the list of threads to run */
	unsigned int blocked:1;	/* this call gave up a wait that nothing could end */
	unsigned int running:1;
	unsigned int exiting:1;	/* thread_run() ends it with exit_code */
	unsigned int exit_code;
};
#define INIT_THREAD { }

#ifdef CONFIG_64BIT
#define TASK_SIZE		(1UL << 47)
#else
#define TASK_SIZE		0xffff0000UL
#endif
#define TASK_UNMAPPED_BASE	0
#define STACK_TOP		TASK_SIZE
#define STACK_TOP_MAX		STACK_TOP

#define cpu_relax()		barrier()
#define KSTK_EIP(tsk)		(0UL)
#define KSTK_ESP(tsk)		(0UL)
#define task_pt_regs(tsk) \
	((struct pt_regs *)(task_stack_page(tsk) + THREAD_SIZE) - 1)
#define current_pt_regs()	task_pt_regs(current)

static inline unsigned long __get_wchan(struct task_struct *p)
{
	return 0;
}
static inline void start_thread(struct pt_regs *regs, unsigned long pc, unsigned long sp) { }
static inline void flush_thread(void) { }
static inline void prefetch_unused(void) { }
#endif
