// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: real tasks of Linux that the host drives by calls. What an
 * architecture gives to fork and exit, and the exports that create and end them.
 */
#include <linux/completion.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "lib.h"

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	p->thread = (struct thread_struct) {
		.fn = args->fn,
		.argument = args->fn_arg,
	};
	INIT_LIST_HEAD(&p->thread.ready);
	/* The end of a kernel thread's creation: kthread.c fills its struct in. */
	return 0;
}

void lib_thread_run(unsigned long handle)
{
	struct task_struct *task = (struct task_struct *)handle;

	if (task->thread.exiting)
		do_exit(task->thread.exit_code);
	task->thread.fn(task->thread.argument);
	/* Returning is entering user mode: from here on the host drives it. */
	task->thread.fn = NULL;
}

/**
 * lib_process_create - fork a process
 * @parent: the task that forks; 0 for init
 * @flags: CLONE_*, without an exit signal
 *
 * Context: called by the host.
 * Return: the new task's handle, or -errno.
 */
long lib_process_create(unsigned long parent, u32 flags)
{
	struct task_struct *task;
	struct kernel_clone_args args = {
		.flags = flags & ~CSIGNAL,
		.exit_signal = flags & CLONE_THREAD ? 0 : SIGCHLD,
	};
	pid_t pid;
	long handle;

	lib_enter(parent ? (struct task_struct *)parent : lib_init);
	pid = kernel_clone(&args);
	if (pid < 0) {
		handle = pid;
	} else {
		rcu_read_lock();
		task = find_task_by_vpid(pid);
		rcu_read_unlock();
		handle = (long)task;
		/* A program starts with default actions, whatever init's are. */
		if (!parent && !(flags & CLONE_SIGHAND))
			flush_signal_handlers(task, 1);
	}
	lib_leave();
	return handle;
}

/**
 * lib_process_exit - end a process and all it holds
 * @handle: its task, invalid afterwards
 * @status: as wait(2) reports it
 *
 * Context: called by the host.
 */
void lib_process_exit(unsigned long handle, u32 status)
{
	struct task_struct *task = (struct task_struct *)handle;

	lib_enter(task);
	task->thread.exiting = 1;
	task->thread.exit_code = status;
	lib_run_thread(task);
	lib_current = lib_init;
	lib_leave();
}

/**
 * lib_signal_take - dequeue a pending signal
 * @handle: the task
 *
 * Context: called by the host.
 * Return: its number, or 0 when none is deliverable.
 */
int lib_signal_take(unsigned long handle)
{
	struct task_struct *task = (struct task_struct *)handle;
	kernel_siginfo_t info;
	enum pid_type type;
	int signal;

	lib_enter(task);
	spin_lock_irq(&task->sighand->siglock);
	/* A signal that ends the process shows as SIGKILL in its queue. */
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		signal = task->signal->group_exit_code & 0x7f;
	else
		signal = dequeue_signal(&task->blocked, &info, &type);
	recalc_sigpending();
	spin_unlock_irq(&task->sighand->siglock);
	restore_saved_sigmask();
	lib_leave();
	return signal;
}

/* The tasks' side of headers that expect registers of a machine. */

void ptrace_disable(struct task_struct *child)
{
}

long arch_ptrace(struct task_struct *child, long request, unsigned long addr, unsigned long data)
{
	return -EIO;
}

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	static const struct user_regset_view view = { .name = "lib" };

	return &view;
}

void show_regs(struct pt_regs *regs);
void show_regs(struct pt_regs *regs)
{
}

