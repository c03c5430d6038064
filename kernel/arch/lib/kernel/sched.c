// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduling without switching: in place of kernel/sched/core.c and its classes.
 *
 * Every task runs on the host's stack, to completion. schedule() is a wait: it
 * runs what else can run (softirqs, kernel threads, work items) until something
 * wakes the waiter. When nothing is left,
 *  - a process that may be interrupted gives the wait up: the call unwinds as
 *    for a signal, and its entry reports -ERESTARTSYS, "it waits";
 *  - a wait with a time limit has timed out, since time stands still in a call;
 *  - anything else can never end: the host dies with LIB_DIE_STALL.
 *
 * Called by all of Linux; calls the host only to run threads and to die.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/clock.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/sched/wake_q.h>
#include <linux/sched/cputime.h>
#include <linux/sched/loadavg.h>
#include <linux/sched/debug.h>
#include <linux/sched/nohz.h>
#include <linux/sched/rt.h>
#include <linux/sched/init.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/smpboot.h>
#include <linux/syscalls.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <uapi/linux/sched/types.h>

#include "lib.h"

/* Declared in kernel/sched/sched.h, which is the scheduler's own. */
int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags);
void resched_cpu(int cpu);

struct task_struct *lib_current = &init_task;
unsigned long lib_irq_flags;

static LIST_HEAD(ready);	/* kernel threads to run, oldest first */

/*
 * How many instant sleeps an entry may take before it counts as endless. A wake-up
 * is no sign of an end: who polls may wait for RCU each time, and is woken by it.
 */
#define SLEEPS_MAX 100000
static unsigned int sleeps;

/* Context: at the beginning of an entry. */
void lib_sleeps_begin(void)
{
	sleeps = 0;
}

void lib_thread_ready(struct task_struct *task)
{
	if (list_empty(&task->thread.ready))
		list_add_tail(&task->thread.ready, &ready);
}

/**
 * lib_run_thread - call a kernel thread's function, to its end
 * @task: the thread; it may be gone afterwards
 *
 * Context: process context, nested in whatever waits.
 */
void lib_run_thread(struct task_struct *task)
{
	struct task_struct *caller = current;
	bool dead;

	get_task_struct(task);
	task->thread.running = 1;
	lib_current = task;
	host_thread((unsigned long)task);
	lib_current = caller;
	task->thread.running = 0;

	/* What finish_task_switch() does after a task's last switch. */
	dead = READ_ONCE(task->__state) == TASK_DEAD;
	if (dead) {
		put_task_stack(task);
		put_task_struct_rcu_user(task);
	}
	put_task_struct(task);
}

/* Work items may take RTNL: they must not start under a waiter that holds it. */
static bool work_may_start(void)
{
	return lib_work_pending() && !rtnl_is_locked();
}

bool lib_pending(void)
{
	lib_netdev_check();
	return local_softirq_pending() || !list_empty(&ready) || work_may_start() ||
	       irq_work_needs_cpu();
}

/**
 * lib_progress - run one thing that waits to be run
 *
 * Context: process context, no spinlock held.
 * Return: false when there was nothing.
 */
bool lib_progress(void)
{
	if (irq_work_needs_cpu()) {
		unsigned long flags;

		local_irq_save(flags);
		irq_work_run();
		local_irq_restore(flags);
		return true;
	}
	if (local_softirq_pending() && !in_interrupt()) {
		do_softirq();
		return true;
	}
	if (!list_empty(&ready)) {
		struct task_struct *task =
			list_first_entry(&ready, struct task_struct, thread.ready);

		list_del_init(&task->thread.ready);
		lib_run_thread(task);
		return true;
	}
	lib_netdev_check();
	if (work_may_start())
		return lib_work_run_one();
	return false;
}

void __noreturn lib_stall(const char *what)
{
	static char text[160];

	snprintf(text, sizeof(text), "%s: %s (pid %d) waits for what nothing can bring about",
		 what, current->comm, task_pid_nr(current));
	lib_die(LIB_DIE_STALL, text);
}

/* Runs what can run until the caller is awake; false if it still is not. */
static bool wait_for_wakeup(void)
{
	rcu_softirq_qs();
	while (READ_ONCE(current->__state) != TASK_RUNNING)
		if (!lib_progress())
			return false;
	return true;
}

/* A process gives up an interruptible wait: Linux unwinds it as for a signal. */
static bool give_up(void)
{
	unsigned int state = READ_ONCE(current->__state);

	if ((current->flags & PF_KTHREAD) || !(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)))
		return false;
	if (state & TASK_INTERRUPTIBLE) {
		current->thread.blocked = 1;
		/* Not TIF_SIGPENDING, which Linux works out anew from what is pending. */
		set_tsk_thread_flag(current, TIF_NOTIFY_SIGNAL);
		__set_current_state(TASK_RUNNING);
		return true;
	}
	return false;
}

asmlinkage __visible void __sched schedule(void)
{
	if (wait_for_wakeup() || give_up())
		return;
	if (lib_kthread_parks(current))
		host_thread_exit();
	lib_stall("schedule");
}

void __sched schedule_preempt_disabled(void)
{
	while (lib_progress())
		;
}

signed long __sched schedule_timeout(signed long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (wait_for_wakeup() || give_up())
		return timeout;
	__set_current_state(TASK_RUNNING);
	if (++sleeps > SLEEPS_MAX)
		lib_stall("schedule_timeout");
	return 0;
}

/* A pause: whoever pauses looks again afterwards at what the rest has done. */
static void pause_briefly(const char *what)
{
	__set_current_state(TASK_RUNNING);
	if (lib_progress())
		return;
	if (++sleeps > SLEEPS_MAX)
		lib_stall(what);
}

void msleep(unsigned int msecs)
{
	pause_briefly("msleep");
}

unsigned long msleep_interruptible(unsigned int msecs)
{
	pause_briefly("msleep_interruptible");
	return 0;
}

void __sched usleep_range_state(unsigned long min, unsigned long max, unsigned int state)
{
	pause_briefly("usleep_range");
}

void __sched yield(void)
{
	lib_progress();
}

int __sched __cond_resched(void)
{
	return 0;
}

int __cond_resched_lock(spinlock_t *lock)
{
	return 0;
}

int __cond_resched_rwlock_read(rwlock_t *lock)
{
	return 0;
}

int __cond_resched_rwlock_write(rwlock_t *lock)
{
	return 0;
}

int io_schedule_prepare(void)
{
	return 0;
}

void io_schedule_finish(int token)
{
}

void __sched io_schedule(void)
{
	schedule();
}

long __sched io_schedule_timeout(long timeout)
{
	return schedule_timeout(timeout);
}

/* Waking */

int try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags)
{
	if (test_tsk_thread_flag(p, TIF_SIGPENDING) && !(p->flags & PF_KTHREAD) &&
	    p != current)
		host_signal((unsigned long)p);
	if (!(READ_ONCE(p->__state) & state))
		return 0;
	WRITE_ONCE(p->__state, TASK_RUNNING);
	if (p->thread.fn && !p->thread.running && lib_kthread_starts(p))
		lib_thread_ready(p);
	return 1;
}

int wake_up_process(struct task_struct *p)
{
	return try_to_wake_up(p, TASK_NORMAL, 0);
}

int wake_up_state(struct task_struct *p, unsigned int state)
{
	return try_to_wake_up(p, state, 0);
}

int default_wake_function(wait_queue_entry_t *curr, unsigned mode, int wake_flags, void *key)
{
	return try_to_wake_up(curr->private, mode, wake_flags);
}

void wake_up_new_task(struct task_struct *p)
{
	if (p->thread.fn && !lib_kthread_starts(p))
		return;
	WRITE_ONCE(p->__state, TASK_RUNNING);
	if (p->thread.fn)
		lib_thread_ready(p);
}

static bool __wake_q_add(struct wake_q_head *head, struct task_struct *task)
{
	struct wake_q_node *node = &task->wake_q;

	if (cmpxchg(&node->next, NULL, WAKE_Q_TAIL))
		return false;
	*head->lastp = node;
	head->lastp = &node->next;
	return true;
}

void wake_q_add(struct wake_q_head *head, struct task_struct *task)
{
	if (__wake_q_add(head, task))
		get_task_struct(task);
}

void wake_q_add_safe(struct wake_q_head *head, struct task_struct *task)
{
	if (!__wake_q_add(head, task))
		put_task_struct(task);
}

void wake_up_q(struct wake_q_head *head)
{
	struct wake_q_node *node = head->first;

	while (node != WAKE_Q_TAIL) {
		struct task_struct *task = container_of(node, struct task_struct, wake_q);

		node = node->next;
		task->wake_q.next = NULL;
		wake_up_process(task);
		put_task_struct(task);
	}
}

unsigned long wait_task_inactive(struct task_struct *p, unsigned int match_state)
{
	return 1;
}

/* Life of a task */

int sched_fork(unsigned long clone_flags, struct task_struct *p)
{
	WRITE_ONCE(p->__state, TASK_NEW);
	p->prio = current->normal_prio;
	p->sched_reset_on_fork = 0;
	INIT_LIST_HEAD(&p->thread.ready);
	p->thread.running = 0;
	p->thread.blocked = 0;
	init_task_preempt_count(p);
	return 0;
}

int sched_cgroup_fork(struct task_struct *p, struct kernel_clone_args *kargs)
{
	return 0;
}

void sched_cancel_fork(struct task_struct *p)
{
}

void sched_post_fork(struct task_struct *p)
{
}

void sched_dead(struct task_struct *p)
{
}

void __noreturn do_task_dead(void)
{
	WRITE_ONCE(current->__state, TASK_DEAD);
	current->flags |= PF_NOFREEZE;
	host_thread_exit();
	__builtin_unreachable();
}

/* The idle loop is the host's event loop: boot ends here. */
void cpu_startup_entry(enum cpuhp_state state)
{
	host_thread_exit();
}

void __init sched_init(void)
{
	wait_bit_init();
	init_task.flags |= PF_IDLE;
	INIT_LIST_HEAD(&init_task.thread.ready);
}

void __init sched_init_smp(void)
{
}

void __init sched_clock_init(void)
{
}

unsigned long long notrace sched_clock(void)
{
	return lib_now_ns();
}

unsigned long long notrace running_clock(void)
{
	return lib_now_ns();
}

void sched_tick(void)
{
}

void resched_cpu(int cpu)
{
}

struct task_struct *cpu_curr_snapshot(int cpu)
{
	return current;
}

int task_call_func(struct task_struct *p, task_call_f func, void *arg)
{
	return func(p, arg);
}

/* Threads of one processor each: ksoftirqd, whose work every entry's end does. */
int smpboot_register_percpu_thread(struct smp_hotplug_thread *plug_thread)
{
	return 0;
}

void smpboot_unregister_percpu_thread(struct smp_hotplug_thread *plug_thread)
{
}
