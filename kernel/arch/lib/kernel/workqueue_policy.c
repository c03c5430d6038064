// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux's work queues have beyond order (workqueue.c): attributes, limits of
 * concurrency, descriptions of workers. With one item at a time none changes a thing.
 */
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

void __init workqueue_init_topology(void)
{
}

void workqueue_softirq_action(bool highpri)
{
}

bool current_is_workqueue_rescuer(void)
{
	return false;
}

bool workqueue_congested(int cpu, struct workqueue_struct *wq)
{
	return false;
}

void __warn_flushing_systemwide_wq(void)
{
}

struct workqueue_attrs *alloc_workqueue_attrs(void)
{
	return kzalloc(sizeof(struct workqueue_attrs), GFP_KERNEL);
}

void free_workqueue_attrs(struct workqueue_attrs *attrs)
{
	kfree(attrs);
}

int apply_workqueue_attrs(struct workqueue_struct *wq, const struct workqueue_attrs *attrs)
{
	return 0;
}

int workqueue_unbound_exclude_cpumask(cpumask_var_t exclude_cpumask)
{
	return 0;
}

void workqueue_set_max_active(struct workqueue_struct *wq, int max_active)
{
}

void workqueue_set_min_active(struct workqueue_struct *wq, int min_active)
{
}

void set_worker_desc(const char *fmt, ...)
{
}

void print_worker_info(const char *log_lvl, struct task_struct *task)
{
}

void show_all_workqueues(void)
{
}

void wq_worker_comm(char *buf, size_t size, struct task_struct *task)
{
	strscpy_pad(buf, task->comm, size);
}

#ifdef CONFIG_SYSFS
int workqueue_sysfs_register(struct workqueue_struct *wq)
{
	return 0;
}
#endif
