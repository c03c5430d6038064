// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues that run to completion: in place of kernel/workqueue.c.
 *
 * One list of pending items, in the order in which they were queued; the exit of
 * an entry runs them, as does a wait that may (sched.c). Flushing runs the item
 * itself, alone: whoever flushes may hold locks that other items want. A delayed
 * item is a timer of Linux's until it is due.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/rculist.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lib.h"

#define WQ_NAME_LEN 32

struct workqueue_struct {
	char name[WQ_NAME_LEN];
	unsigned int flags;
	struct list_head list;
};

struct workqueue_struct *system_wq, *system_percpu_wq, *system_highpri_wq, *system_long_wq;
struct workqueue_struct *system_unbound_wq, *system_dfl_wq, *system_freezable_wq;
struct workqueue_struct *system_power_efficient_wq, *system_freezable_power_efficient_wq;
struct workqueue_struct *system_bh_wq, *system_bh_highpri_wq;

struct task_struct *lib_worker;	/* whose task items run as */

static LIST_HEAD(workqueues);
static LIST_HEAD(pending);

/* An item that runs now; they nest when one of them waits. */
struct running {
	struct work_struct *work;
	struct workqueue_struct *wq;
	struct running *outer;
};
static struct running *innermost;

/*
 * work->data holds the queue while an item is pending or after it has been, in
 * place of Linux's pool; the low bits stay Linux's.
 */
#define DISABLE_SHIFT	WORK_OFFQ_DISABLE_SHIFT

static void set_queue(struct work_struct *work, struct workqueue_struct *wq)
{
	unsigned long low = atomic_long_read(&work->data) & WORK_STRUCT_PENDING;

	atomic_long_set(&work->data, (unsigned long)wq | low | WORK_STRUCT_PWQ);
}

static struct workqueue_struct *queue_of(struct work_struct *work)
{
	unsigned long data = atomic_long_read(&work->data);

	return data & WORK_STRUCT_PWQ ? (void *)(data & WORK_STRUCT_PWQ_MASK) : NULL;
}

static void clear_pending(struct work_struct *work)
{
	atomic_long_and(~(unsigned long)WORK_STRUCT_PENDING, &work->data);
}

static bool disabled(struct work_struct *work)
{
	unsigned long data = atomic_long_read(&work->data);

	return !(data & WORK_STRUCT_PWQ) && (data & WORK_OFFQ_DISABLE_MASK);
}

static bool is_running(struct work_struct *work)
{
	struct running *r;

	for (r = innermost; r; r = r->outer)
		if (r->work == work)
			return true;
	return false;
}

bool lib_work_pending(void)
{
	return lib_worker && !list_empty(&pending);
}

/* Runs one item. It may free itself, so nothing of it is read afterwards. */
static void run(struct work_struct *work)
{
	struct running self = { .work = work, .wq = queue_of(work), .outer = innermost };
	struct task_struct *caller = current;

	list_del_init(&work->entry);
	clear_pending(work);
	innermost = &self;
	lib_current = lib_worker;
	if (self.wq && (self.wq->flags & WQ_BH)) {
		local_bh_disable();
		work->func(work);
		local_bh_enable();
	} else {
		work->func(work);
	}
	lib_current = caller;
	innermost = self.outer;
}

/**
 * lib_work_run_one - run the oldest pending item that may start
 *
 * An item that is running further out is left alone, as Linux never runs one
 * item twice at the same time; so is every other one of an ordered queue.
 *
 * Return: false when there was none.
 */
bool lib_work_run_one(void)
{
	struct work_struct *work;

	list_for_each_entry(work, &pending, entry) {
		struct running *r;

		for (r = innermost; r; r = r->outer)
			if (r->work == work ||
			    (r->wq && r->wq == queue_of(work) && (r->wq->flags & __WQ_ORDERED)))
				break;
		if (!r) {
			run(work);
			return true;
		}
	}
	return false;
}

static void enqueue(struct workqueue_struct *wq, struct work_struct *work)
{
	set_queue(work, wq);
	list_add_tail(&work->entry, &pending);
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	if (disabled(work) || test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work)))
		return false;
	enqueue(wq, work);
	return true;
}

bool queue_work_node(int node, struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(0, wq, work);
}

void delayed_work_timer_fn(struct timer_list *t)
{
	struct delayed_work *dwork = from_timer(dwork, t, timer);

	enqueue(dwork->wq, &dwork->work);
}

static void start_delayed(struct workqueue_struct *wq, struct delayed_work *dwork,
			  unsigned long delay)
{
	dwork->wq = wq;
	dwork->cpu = WORK_CPU_UNBOUND;
	if (!delay) {
		enqueue(wq, &dwork->work);
		return;
	}
	dwork->timer.expires = jiffies + delay;
	add_timer_global(&dwork->timer);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			   unsigned long delay)
{
	if (disabled(&dwork->work) ||
	    test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(&dwork->work)))
		return false;
	start_delayed(wq, dwork, delay);
	return true;
}

/* Takes an item off the list or its timer; true if it was pending. */
static bool take(struct work_struct *work, struct delayed_work *dwork)
{
	if (!work_pending(work))
		return false;
	if (dwork && timer_delete(&dwork->timer)) {
		clear_pending(work);
		return true;
	}
	if (list_empty(&work->entry))
		return false;
	list_del_init(&work->entry);
	clear_pending(work);
	return true;
}

bool mod_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay)
{
	bool was_pending = take(&dwork->work, dwork);

	if (!disabled(&dwork->work)) {
		set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(&dwork->work));
		start_delayed(wq, dwork, delay);
	}
	return was_pending;
}

static void rcu_work_rcufn(struct rcu_head *rcu)
{
	struct rcu_work *rwork = container_of(rcu, struct rcu_work, rcu);

	enqueue(rwork->wq, &rwork->work);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	struct work_struct *work = &rwork->work;

	if (disabled(work) || test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work)))
		return false;
	rwork->wq = wq;
	call_rcu_hurry(&rwork->rcu, rcu_work_rcufn);
	return true;
}

bool flush_work(struct work_struct *work)
{
	bool waited = false;

	while (work_pending(work) && !list_empty(&work->entry) && !is_running(work)) {
		run(work);
		waited = true;
	}
	return waited;
}

bool flush_delayed_work(struct delayed_work *dwork)
{
	if (timer_delete_sync(&dwork->timer))
		enqueue(dwork->wq, &dwork->work);
	return flush_work(&dwork->work);
}

bool flush_rcu_work(struct rcu_work *rwork)
{
	if (!work_pending(&rwork->work))
		return false;
	rcu_barrier();
	flush_work(&rwork->work);
	return true;
}

bool cancel_work(struct work_struct *work)
{
	return take(work, NULL);
}

bool cancel_work_sync(struct work_struct *work)
{
	return take(work, NULL);
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	return take(&dwork->work, dwork);
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return take(&dwork->work, dwork);
}

/* The disable count lives in the off-queue data, as Linux keeps it. */
static void disable(struct work_struct *work)
{
	unsigned long data = atomic_long_read(&work->data);
	unsigned long count = data & WORK_STRUCT_PWQ ? 0 :
			      (data & WORK_OFFQ_DISABLE_MASK) >> DISABLE_SHIFT;

	atomic_long_set(&work->data, WORK_STRUCT_NO_POOL | ((count + 1) << DISABLE_SHIFT));
}

static bool enable(struct work_struct *work)
{
	unsigned long data = atomic_long_read(&work->data);
	unsigned long count = (data & WORK_OFFQ_DISABLE_MASK) >> DISABLE_SHIFT;

	if (WARN_ON_ONCE(data & WORK_STRUCT_PWQ || !count))
		return false;
	atomic_long_set(&work->data, WORK_STRUCT_NO_POOL | ((count - 1) << DISABLE_SHIFT));
	return count == 1;
}

bool disable_work(struct work_struct *work)
{
	bool was_pending = take(work, NULL);

	disable(work);
	return was_pending;
}

bool disable_work_sync(struct work_struct *work)
{
	return disable_work(work);
}

bool enable_work(struct work_struct *work)
{
	return enable(work);
}

bool disable_delayed_work(struct delayed_work *dwork)
{
	bool was_pending = take(&dwork->work, dwork);

	disable(&dwork->work);
	return was_pending;
}

bool disable_delayed_work_sync(struct delayed_work *dwork)
{
	return disable_delayed_work(dwork);
}

bool enable_delayed_work(struct delayed_work *dwork)
{
	return enable(&dwork->work);
}

/* Runs what a queue has pending now, one at a time and in order. */
static bool flush_once(struct workqueue_struct *wq)
{
	struct work_struct *work;

	list_for_each_entry(work, &pending, entry)
		if (queue_of(work) == wq && !is_running(work)) {
			run(work);
			return true;
		}
	return false;
}

void __flush_workqueue(struct workqueue_struct *wq)
{
	struct work_struct *last = NULL, *work;

	/* Items that the flushed ones queue are not waited for. */
	list_for_each_entry(work, &pending, entry)
		if (queue_of(work) == wq)
			last = work;
	while (last && work_pending(last) && !list_empty(&last->entry) && flush_once(wq))
		;
}

void drain_workqueue(struct workqueue_struct *wq)
{
	while (flush_once(wq))
		;
}

static struct workqueue_struct *make(const char *name, unsigned int flags)
{
	struct workqueue_struct *wq;

	/* Aligned so that the low bits of work->data stay free. */
	wq = kzalloc(max(sizeof(*wq), (size_t)1 << WORK_STRUCT_PWQ_SHIFT), GFP_KERNEL);
	if (!wq)
		return NULL;
	if (WARN_ON_ONCE((unsigned long)wq & ~WORK_STRUCT_PWQ_MASK)) {
		kfree(wq);
		return NULL;
	}
	strscpy(wq->name, name, sizeof(wq->name));
	wq->flags = flags;
	list_add_tail(&wq->list, &workqueues);
	return wq;
}

struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags,
						int max_active, ...)
{
	char name[WQ_NAME_LEN];
	va_list args;

	va_start(args, max_active);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	return make(name, flags);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	drain_workqueue(wq);
	list_del(&wq->list);
	kfree(wq);
}

void __init workqueue_init_early(void)
{
	system_wq = make("events", 0);
	system_percpu_wq = make("events", 0);
	system_highpri_wq = make("events_highpri", WQ_HIGHPRI);
	system_long_wq = make("events_long", 0);
	system_unbound_wq = make("events_unbound", WQ_UNBOUND);
	system_dfl_wq = make("events_unbound", WQ_UNBOUND);
	system_freezable_wq = make("events_freezable", WQ_FREEZABLE);
	system_power_efficient_wq = make("events_power_efficient", WQ_POWER_EFFICIENT);
	system_freezable_power_efficient_wq =
		make("events_freezable_pwr_efficient", WQ_FREEZABLE | WQ_POWER_EFFICIENT);
	system_bh_wq = make("events_bh", WQ_BH);
	system_bh_highpri_wq = make("events_bh_highpri", WQ_BH | WQ_HIGHPRI);
	BUG_ON(!system_wq || !system_bh_highpri_wq);
}

static int worker_main(void *unused)
{
	return 0;
}

void __init workqueue_init(void)
{
	lib_worker = kthread_create(worker_main, NULL, "kworker/0:0");
	BUG_ON(IS_ERR(lib_worker));
	lib_worker->flags |= PF_WQ_WORKER;
	/* It only lends its task to the items: a wake-up of one must not start it. */
	lib_worker->thread.fn = NULL;
	WRITE_ONCE(lib_worker->__state, TASK_RUNNING);
}

struct work_struct *current_work(void)
{
	return current == lib_worker && innermost ? innermost->work : NULL;
}

unsigned int work_busy(struct work_struct *work)
{
	return (work_pending(work) ? WORK_BUSY_PENDING : 0) |
	       (is_running(work) ? WORK_BUSY_RUNNING : 0);
}

int schedule_on_each_cpu(work_func_t func)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, func);
	schedule_work(&work);
	flush_work(&work);
	return 0;
}

int execute_in_process_context(work_func_t fn, struct execute_work *ew)
{
	if (!in_interrupt()) {
		fn(&ew->work);
		return 0;
	}
	INIT_WORK(&ew->work, fn);
	schedule_work(&ew->work);
	return 1;
}
