// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel threads that run to completion: in place of kernel/kthread.c.
 *
 * A thread is a real task. It starts when it is first woken, from the exit of an
 * entry or from a wait inside one, and its function runs to its end. Functions
 * that loop for ever on events cannot run so: the table below names each that
 * Linux starts, and what does its duty instead.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "lib.h"

struct kthread {
	int (*function)(void *data);
	void *data;
	long result;
	struct completion exited;
	bool started;
	bool stop;
	bool park;
	bool never;	/* by the table */
	bool restarts;	/* by the table */
	char *name;
};

static const struct {
	const char *prefix;
	bool restarts;
} loops[] = {
	/* Memory is balanced by growing it: memory.c waits on kswapd's queue. */
	{ "kswapd", false },
	{ "kcompactd", false },
	/* There is no page table to reap: a dying process frees its memory itself. */
	{ "oom_reaper", false },
	/* These wait in one place, by a pointer only, so they may unwind and start anew. */
	{ "rcu_tasks", true },
	{ "napi/", true },
	{ "cpumap/", true },
	/* Poll the clock, or wait with an entry of a queue on their stack: no duty is done. */
	{ "ipvs-e", false },	/* IPVS: rates of services stay 0 */
	{ "ipvs-m", false },	/* IPVS: connections are not synchronised */
	{ "ipvs-b", false },
	{ "kbatadv_tp", false },	/* batman-adv: no throughput meter */
	/* Consoles print from the caller. */
	{ "pr/", false },
};

struct task_struct *kthreadd_task;

static struct kthread *to_kthread(struct task_struct *k)
{
	return k->worker_private;
}

static int kthread_main(void *data)
{
	struct kthread *self = data;

	self->started = true;
	kthread_exit(self->stop ? -EINTR : self->function(self->data));
}

bool lib_kthread_starts(struct task_struct *task)
{
	struct kthread *kthread;

	if (!(task->flags & PF_KTHREAD) || task->thread.fn != kthread_main)
		return true;
	kthread = to_kthread(task);
	if (!kthread || kthread->never)
		return false;
	/* Created stopped, and started by the first wake-up after that. */
	return READ_ONCE(task->__state) != TASK_NEW && (!kthread->started || kthread->restarts);
}

bool set_kthread_struct(struct task_struct *p)
{
	if (WARN_ON_ONCE(to_kthread(p)))
		return false;
	p->worker_private = kzalloc(sizeof(struct kthread), GFP_KERNEL);
	if (!p->worker_private)
		return false;
	init_completion(&to_kthread(p)->exited);
	p->vfork_done = &to_kthread(p)->exited;
	return true;
}

void free_kthread_struct(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);

	if (!kthread)
		return;
	k->worker_private = NULL;
	kfree(kthread->name);
	kfree(kthread);
}

void get_kthread_comm(char *buf, size_t buf_size, struct task_struct *tsk)
{
	struct kthread *kthread = to_kthread(tsk);

	if (kthread && kthread->name)
		strscpy_pad(buf, kthread->name, buf_size);
	else
		strscpy_pad(buf, tsk->comm, buf_size);
}

/* The parent of all threads: children that it need not wait for. */
int kthreadd(void *unused)
{
	set_task_comm(current, "kthreadd");
	ignore_signals(current);
	current->flags |= PF_NOFREEZE;
	return 0;
}

static __printf(4, 0) struct task_struct *create(int (*function)(void *data), void *data,
						 int node, const char format[], va_list args)
{
	struct task_struct *caller = current, *task;
	struct kthread *kthread;
	char *name;
	int pid, i;

	name = kvasprintf(GFP_KERNEL, format, args);
	if (!name)
		return ERR_PTR(-ENOMEM);

	if (kthreadd_task)
		lib_current = kthreadd_task;
	/* The new task's struct kthread exists only after the call: pass none yet. */
	pid = kernel_thread(kthread_main, NULL, name, CLONE_FS | CLONE_FILES | SIGCHLD);
	lib_current = caller;
	if (pid < 0) {
		kfree(name);
		return ERR_PTR(pid);
	}
	rcu_read_lock();
	task = find_task_by_pid_ns(pid, &init_pid_ns);
	rcu_read_unlock();

	kthread = to_kthread(task);
	kthread->function = function;
	kthread->data = data;
	kthread->name = name;
	for (i = 0; i < ARRAY_SIZE(loops); i++)
		if (!strncmp(name, loops[i].prefix, strlen(loops[i].prefix))) {
			kthread->restarts = loops[i].restarts;
			kthread->never = !loops[i].restarts;
		}
	task->thread.argument = kthread;
	set_task_comm(task, name);
	WRITE_ONCE(task->__state, TASK_UNINTERRUPTIBLE);
	return task;
}

struct task_struct *kthread_create_on_node(int (*function)(void *data), void *data, int node,
					   const char format[], ...)
{
	struct task_struct *task;
	va_list args;

	va_start(args, format);
	task = create(function, data, node, format, args);
	va_end(args);
	return task;
}

struct task_struct *kthread_create_on_cpu(int (*function)(void *data), void *data,
					  unsigned int cpu, const char *format)
{
	return kthread_create_on_node(function, data, NUMA_NO_NODE, format, cpu);
}

void __noreturn kthread_exit(long result)
{
	to_kthread(current)->result = result;
	do_exit(0);
}

void __noreturn kthread_complete_and_exit(struct completion *completion, long code)
{
	if (completion)
		complete(completion);
	kthread_exit(code);
}

bool kthread_should_stop(void)
{
	return to_kthread(current)->stop;
}

bool kthread_should_park(void)
{
	return to_kthread(current)->park;
}

/* Context: any task. Waits of system calls ask too, and a process is no kernel thread. */
bool kthread_should_stop_or_park(void)
{
	struct kthread *kthread = to_kthread(current);

	return kthread && (kthread->stop || kthread->park);
}

bool kthread_freezable_should_stop(bool *was_frozen)
{
	if (was_frozen)
		*was_frozen = false;
	return kthread_should_stop();
}

void *kthread_func(struct task_struct *task)
{
	struct kthread *kthread = to_kthread(task);

	return kthread ? kthread->function : NULL;
}

void *kthread_data(struct task_struct *task)
{
	return to_kthread(task)->data;
}

void *kthread_probe_data(struct task_struct *task)
{
	struct kthread *kthread = to_kthread(task);

	return kthread ? kthread->data : NULL;
}

int kthread_stop(struct task_struct *k)
{
	struct kthread *kthread = to_kthread(k);
	int result;

	get_task_struct(k);
	kthread->stop = true;
	/* One that never starts by the table still ends here. */
	kthread->never = false;
	wake_up_process(k);
	wait_for_completion(&kthread->exited);
	result = kthread->result;
	put_task_struct(k);
	return result;
}

int kthread_stop_put(struct task_struct *k)
{
	int result = kthread_stop(k);

	put_task_struct(k);
	return result;
}

int kthread_park(struct task_struct *k)
{
	to_kthread(k)->park = true;
	return 0;
}

void kthread_unpark(struct task_struct *k)
{
	to_kthread(k)->park = false;
	wake_up_process(k);
}

void kthread_parkme(void)
{
}

void kthread_bind(struct task_struct *p, unsigned int cpu)
{
}

void kthread_bind_mask(struct task_struct *p, const struct cpumask *mask)
{
}

void kthread_set_per_cpu(struct task_struct *k, int cpu)
{
}

bool kthread_is_per_cpu(struct task_struct *p)
{
	return false;
}

int tsk_fork_get_node(struct task_struct *tsk)
{
	return NUMA_NO_NODE;
}

/* A restarting thread that has nothing to do unwinds here, from schedule(). */
bool lib_kthread_parks(struct task_struct *task)
{
	return (task->flags & PF_KTHREAD) && task->thread.fn == kthread_main &&
	       to_kthread(task) && to_kthread(task)->restarts;
}
