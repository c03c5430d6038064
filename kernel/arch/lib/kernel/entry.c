// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's way in: what every export does first and last, boot, and system
 * calls. An entry runs to completion; its end is Linux's idle path, which leaves
 * the next timer in lib_state.
 */
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/rcupdate.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/signal.h>
#include <linux/start_kernel.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>
#include <linux/tick.h>

#include <asm/syscall.h>

#include "lib.h"

struct lib_shared lib_state = {
	.abi_version = LIB_ABI_VERSION,
	.timer_ns = U64_MAX,
};

/*
 * Work that makes more work (a loop of bridges) would never end at one moment:
 * after so many things an entry leaves the rest to the next, a little later.
 */
#define DRAIN_MAX	10000
#define DRAIN_PAUSE_NS	1000

struct task_struct *lib_init;
static u64 entered_ns = U64_MAX;

unsigned long lib_shared(void)
{
	return (unsigned long)&lib_state;
}

void lib_enter(struct task_struct *task)
{
	lib_current = task;
	lib_sleeps_begin();
	if (entered_ns == lib_state.now_ns)
		return;
	entered_ns = lib_state.now_ns;
	/* The processor was idle: bring jiffies up to date, as an interrupt does. */
	local_irq_disable();
	tick_irq_enter();
	local_irq_enable();
}

/* Runs what waits to be run; false when there was too much of it. */
static bool drain(void)
{
	unsigned int things = 0;

	do {
		while (lib_progress())
			if (++things == DRAIN_MAX)
				return false;
		/* Nothing holds a reference here: a quiescent state. */
		rcu_qs();
	} while (lib_pending());
	return true;
}

void lib_leave(void)
{
	bool drained;

	/* Files that the call let go of are closed on its way out. */
	if (task_work_pending(current))
		task_work_run();
	drained = drain();
	clear_tsk_need_resched(current);
	lib_memory_balance();
	lib_current = &init_task;
	clear_tsk_need_resched(current);
	if (unlikely(!drained)) {
		/* As ksoftirqd would: the rest comes later, and time may move on. */
		lib_state.timer_ns = min(lib_state.timer_ns, lib_state.now_ns + DRAIN_PAUSE_NS);
		return;
	}
	local_irq_disable();
	tick_nohz_idle_stop_tick();
	local_irq_enable();
}

static int boot(void *unused)
{
	start_kernel();
	return 0;
}

int lib_boot(void)
{
	if (lib_state.booted)
		return -EALREADY;
	/* start_kernel() ends in the idle loop, which unwinds to here. */
	init_task.thread.fn = boot;
	host_thread((unsigned long)&init_task);
	init_task.thread.fn = NULL;
	if (!lib_init)
		return -ENOEXEC;
	lib_state.booted = 1;
	tick_nohz_idle_enter();
	lib_leave();
	return 0;
}

void lib_timer(void)
{
	lib_enter(&init_task);
	lib_timer_interrupt();
	lib_leave();
}

void lib_run(void)
{
	/* Frames given back that woke nobody leave no work and no timer behind. */
	if (!lib_pending())
		return;
	lib_enter(&init_task);
	lib_leave();
}

/* The end of a wait that a process gave up: the call is to be tried again. */
static long end_of_wait(long result)
{
	current->thread.blocked = 0;
	clear_thread_flag(TIF_NOTIFY_SIGNAL);
	switch (result) {
	case -EINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
	case -ERESTART_RESTARTBLOCK:
		return -ERESTARTSYS;
	default:
		return result;
	}
}

/* A signal, and not a wait that was given up, ended the call. */
static long end_by_signal(long result)
{
	switch (result) {
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	default:
		return result;
	}
}

long lib_syscall(unsigned long task, u32 number, long a, long b, long c, long d, long e, long f)
{
	struct pt_regs *regs;
	long result;

	lib_enter((struct task_struct *)task);
	if (number >= NR_syscalls) {
		lib_leave();
		return -ENOSYS;
	}
	/* A mask that a call set for its wait, and for which no signal was taken. */
	restore_saved_sigmask();
	regs = current_pt_regs();
	*regs = (struct pt_regs) { .args = { a, b, c, d, e, f }, .number = number };
	result = sys_call_table[number](regs);
	if (unlikely(current->thread.blocked))
		result = end_of_wait(result);
	else
		result = end_by_signal(result);
	/* A signal is taken on the way out, under the mask of the wait that it ended. */
	if (unlikely(task_sigpending(current)))
		host_signal(task);
	else
		restore_saved_sigmask();
	lib_leave();
	return result;
}
