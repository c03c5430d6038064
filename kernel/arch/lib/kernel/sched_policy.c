// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduling policies on one processor that never preempts: priorities are kept
 * and reported, and change nothing.
 */
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/debug.h>
#include <linux/sched/isolation.h>
#include <linux/sched/nohz.h>
#include <linux/sched/prio.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/cpumask.h>
#include <linux/kernel_stat.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <uapi/linux/sched/types.h>

DEFINE_PER_CPU(struct kernel_stat, kstat);
DEFINE_PER_CPU(struct kernel_cpustat, kernel_cpustat);

unsigned int sysctl_sched_child_runs_first;

void set_user_nice(struct task_struct *p, long nice)
{
	p->static_prio = NICE_TO_PRIO(nice);
}

int can_nice(const struct task_struct *p, const int nice)
{
	return 1;
}

int task_prio(const struct task_struct *p)
{
	return p->prio - MAX_RT_PRIO;
}

void sched_set_fifo(struct task_struct *p)
{
}

void sched_set_fifo_low(struct task_struct *p)
{
}

void sched_set_normal(struct task_struct *p, int nice)
{
	set_user_nice(p, nice);
}

int sched_setscheduler(struct task_struct *p, int policy, const struct sched_param *param)
{
	return 0;
}

int sched_setscheduler_nocheck(struct task_struct *p, int policy, const struct sched_param *param)
{
	return 0;
}

int sched_setattr_nocheck(struct task_struct *p, const struct sched_attr *attr)
{
	return 0;
}

long sched_setaffinity(pid_t pid, const struct cpumask *new_mask)
{
	return cpumask_test_cpu(0, new_mask) ? 0 : -EINVAL;
}

long sched_getaffinity(pid_t pid, struct cpumask *mask)
{
	cpumask_copy(mask, cpumask_of(0));
	return 0;
}

int idle_cpu(int cpu)
{
	return 1;
}

int available_idle_cpu(int cpu)
{
	return 1;
}

struct task_struct *idle_task(int cpu)
{
	return &init_task;
}

int task_curr(const struct task_struct *p)
{
	return p == current;
}

unsigned int nr_running(void)
{
	return 1;
}

bool single_task_running(void)
{
	return true;
}

unsigned long long nr_context_switches(void)
{
	return 0;
}

unsigned long long nr_context_switches_cpu(int cpu)
{
	return 0;
}

unsigned int nr_iowait(void)
{
	return 0;
}

unsigned int nr_iowait_cpu(int cpu)
{
	return 0;
}

unsigned long long task_sched_runtime(struct task_struct *p)
{
	return p->se.sum_exec_runtime;
}

/* Time stands still while a task runs: nothing is ever accounted. */

void account_process_tick(struct task_struct *p, int user_tick)
{
}

void account_idle_ticks(unsigned long ticks)
{
}

void account_idle_time(u64 cputime)
{
}

void account_steal_time(u64 cputime)
{
}

void thread_group_cputime(struct task_struct *tsk, struct task_cputime *times)
{
	*times = (struct task_cputime) { };
}

void thread_group_cputime_adjusted(struct task_struct *p, u64 *ut, u64 *st)
{
	*ut = 0;
	*st = 0;
}

void task_cputime_adjusted(struct task_struct *p, u64 *ut, u64 *st)
{
	*ut = 0;
	*st = 0;
}

void show_state_filter(unsigned int state_filter)
{
}

void sched_show_task(struct task_struct *p)
{
}

void dump_cpu_task(int cpu)
{
}


/* What programs ask at start, answered for one processor and SCHED_OTHER. */

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	return SCHED_NORMAL;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, struct sched_param __user *, param)
{
	return put_user(0, &param->sched_priority);
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, struct sched_param __user *, param)
{
	return policy == SCHED_NORMAL ? 0 : -EPERM;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR ? MAX_RT_PRIO - 1 : 0;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR ? 1 : 0;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, mask)
{
	if (len < sizeof(*mask))
		return -EINVAL;
	return put_user(1UL, mask) ?: sizeof(*mask);
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, mask)
{
	unsigned long wanted;

	if (len < sizeof(wanted))
		return -EINVAL;
	if (get_user(wanted, mask))
		return -EFAULT;
	return wanted & 1 ? 0 : -EINVAL;
}
