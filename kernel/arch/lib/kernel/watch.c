// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: how the host learns that a file may have become ready. A watch is a
 * poller, as select and epoll are: it hangs on each wait queue that the file's
 * poll names, and tells the host's cookie at each wake-up. It tests nothing.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "lib.h"

struct watch_entry {
	wait_queue_entry_t wait;
	wait_queue_head_t *head;
	struct watch_entry *next;
	u32 cookie;
};

struct watch {
	struct file *file;
	poll_table table;
	u32 cookie;
	bool no_memory;
	struct watch_entry *entries;
	struct watch_entry first;	/* most files have one queue */
};

static DEFINE_XARRAY(watches);

static int on_wake(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct watch_entry *entry = container_of(wait, struct watch_entry, wait);
	__poll_t events = key_to_poll(key);

	if (events & POLLFREE) {
		/* The queue goes away, and this is the last call from it. */
		list_del_init(&wait->entry);
		smp_store_release(&entry->head, NULL);
	}
	host_wake(entry->cookie, (__force u32)events & 0xffff);
	return 0;
}

/*
 * First come, first woken, as tasks that wait in a call are; but before any that
 * waits exclusively, whose waking ends the walk.
 */
static void add_in_order(wait_queue_head_t *head, wait_queue_entry_t *wait)
{
	wait_queue_entry_t *before;
	unsigned long flags;

	spin_lock_irqsave(&head->lock, flags);
	before = list_last_entry(&head->head, wait_queue_entry_t, entry);
	if (list_empty(&head->head) || !(before->flags & WQ_FLAG_EXCLUSIVE)) {
		list_add_tail(&wait->entry, &head->head);
	} else {
		list_for_each_entry(before, &head->head, entry)
			if (before->flags & WQ_FLAG_EXCLUSIVE)
				break;
		list_add_tail(&wait->entry, &before->entry);
	}
	spin_unlock_irqrestore(&head->lock, flags);
}

static void on_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct watch *watch = container_of(table, struct watch, table);
	struct watch_entry *entry = &watch->first;

	if (entry->head) {
		entry = kzalloc(sizeof(*entry), GFP_KERNEL);
		if (!entry) {
			watch->no_memory = true;
			return;
		}
		entry->next = watch->entries;
		watch->entries = entry;
	}
	entry->head = head;
	entry->cookie = watch->cookie;
	init_waitqueue_func_entry(&entry->wait, on_wake);
	add_in_order(head, &entry->wait);
}

static void detach(struct watch_entry *entry)
{
	if (entry->head)
		remove_wait_queue(entry->head, &entry->wait);
}

static void destroy(struct watch *watch)
{
	struct watch_entry *entry;

	detach(&watch->first);
	while ((entry = watch->entries)) {
		watch->entries = entry->next;
		detach(entry);
		kfree(entry);
	}
	fput(watch->file);
	kfree(watch);
}

static int add(int fd, u32 events, u32 cookie)
{
	struct watch *watch;
	struct file *file;
	__poll_t mask;
	int error;

	if (xa_load(&watches, cookie))
		return -EEXIST;
	file = fget(fd);
	if (!file)
		return -EBADF;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	if (!watch) {
		fput(file);
		return -ENOMEM;
	}
	watch->file = file;
	watch->cookie = cookie;
	init_poll_funcptr(&watch->table, on_queue);
	watch->table._key = (__force __poll_t)events | EPOLLERR | EPOLLHUP;
	mask = vfs_poll(file, &watch->table);
	error = watch->no_memory ? -ENOMEM :
		xa_err(xa_store(&watches, cookie, watch, GFP_KERNEL));
	if (error) {
		destroy(watch);
		return error;
	}
	return (__force u32)(mask & watch->table._key) & 0xffff;
}

int lib_watch(unsigned long task, int fd, u32 events, u32 cookie)
{
	int result;

	lib_enter((struct task_struct *)task);
	result = add(fd, events, cookie);
	lib_leave();
	return result;
}

int lib_unwatch(u32 cookie)
{
	struct watch *watch = xa_erase(&watches, cookie);

	if (!watch)
		return -ENOENT;
	lib_enter(lib_init);
	destroy(watch);
	lib_leave();
	return 0;
}
