// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rtnl_unlock() does with unregistered devices: in place of netdev_run_todo()
 * in net/core/dev.c, which it calls for those that nobody holds any more.
 *
 * There Linux waits until the last reference has gone, for as long as a program
 * keeps one (an LLC socket that is bound to the device). On one stack that program
 * would never run again. Here whoever unregisters waits while anything can run; a
 * device that is held then is kept, and freed at the end of the entry that lets go of
 * it. As in Linux's wait, its unregistration is told again each second and a
 * warning logged each ten, but at the next entry, so that an idle host stays idle.
 */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

/* The Makefile gives Linux's own function this name. */
#define netdev_run_todo linux_netdev_run_todo
#include "net/core/dev.h"
#undef netdev_run_todo

#include "lib.h"

void netdev_run_todo(void);

/* Work that makes more work has no end: a wait for it ends after so many things. */
#define THINGS_MAX	10000

static LIST_HEAD(kept);		/* through todo_list; each holds the memory of its namespace */
static unsigned long told, warned;	/* jiffies */

static bool is_held(const struct net_device *dev)
{
	return netdev_refcnt_read(dev) > 1;
}

static bool any_is_held(struct list_head *devices)
{
	struct net_device *dev;

	list_for_each_entry(dev, devices, todo_list) {
		/* An event of its link that is still to be told would hold it too. */
		linkwatch_sync_dev(dev);
		if (is_held(dev))
			return true;
	}
	return false;
}

/* Context: no lock of RTNL's. */
static void wait_for_references(struct list_head *devices)
{
	unsigned int things = 0;

	rcu_barrier();
	while (any_is_held(devices) && things++ < THINGS_MAX) {
		/* Nothing here reads under RCU, so the next callbacks may run. */
		rcu_qs();
		if (!lib_progress())
			return;
	}
}

static void keep(struct net_device *dev)
{
	if (list_empty(&kept))
		told = warned = jiffies;
	net_passive_inc(dev_net(dev));
	list_move_tail(&dev->todo_list, &kept);
}

/**
 * netdev_run_todo - let go of RTNL, and free the devices that were unregistered under it
 *
 * Context: process context, RTNL held.
 */
void netdev_run_todo(void)
{
	struct net_device *dev, *next;
	LIST_HEAD(leaving);

	if (list_empty(&net_todo_list)) {
		linux_netdev_run_todo();
		return;
	}
	list_replace_init(&net_todo_list, &leaving);
	__rtnl_unlock();
	wait_for_references(&leaving);
	rtnl_lock();
	list_for_each_entry_safe(dev, next, &leaving, todo_list) {
		if (is_held(dev))
			keep(dev);
		else
			list_move_tail(&dev->todo_list, &net_todo_list);
	}
	linux_netdev_run_todo();
}

static struct net_device *first_free(void)
{
	struct net_device *dev;

	list_for_each_entry(dev, &kept, todo_list)
		if (!is_held(dev))
			return dev;
	return NULL;
}

/* Whoever missed that a device was unregistered is told again. */
static void tell_again(void)
{
	struct net_device *dev;

	told = jiffies;
	list_for_each_entry(dev, &kept, todo_list)
		if (check_net(dev_net(dev)))
			call_netdevice_notifiers(NETDEV_UNREGISTER, dev);
}

static void warn_again(void)
{
	struct net_device *dev;

	warned = jiffies;
	list_for_each_entry(dev, &kept, todo_list)
		pr_emerg("unregister_netdevice: waiting for %s to become free. Usage count = %d\n",
			 dev->name, netdev_refcnt_read(dev));
}

static bool is_time_to_tell(void)
{
	return time_after(jiffies, told + HZ);
}

static bool is_time_to_warn(void)
{
	return time_after(jiffies, warned + READ_ONCE(netdev_unregister_timeout_secs) * HZ);
}

static void look_after_kept(struct work_struct *unused)
{
	struct net_device *dev;
	struct net *net = NULL;

	rtnl_lock();
	if (is_time_to_tell())
		tell_again();
	dev = first_free();
	if (dev) {
		net = dev_net(dev);
		list_move_tail(&dev->todo_list, &net_todo_list);
	}
	if (is_time_to_warn())
		warn_again();
	linux_netdev_run_todo();
	if (net)
		net_passive_dec(net);
}

static DECLARE_WORK(look, look_after_kept);

/**
 * lib_netdev_check - queue the work for devices that are kept, if there is some
 *
 * Context: any.
 */
void lib_netdev_check(void)
{
	if (likely(list_empty(&kept)))
		return;
	if (first_free() || is_time_to_tell() || is_time_to_warn())
		schedule_work(&look);
}
