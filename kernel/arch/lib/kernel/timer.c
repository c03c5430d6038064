// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's timer wheel, compiled here instead of in kernel/time for two reasons:
 * `jiffies` is an alias into jiffies_64 that only a linker script or this file
 * can make, and its sleeping calls are replaced by those of sched.c.
 */
#define schedule_timeout		linux_schedule_timeout
#define msleep				linux_msleep
#define msleep_interruptible		linux_msleep_interruptible
#define usleep_range_state		linux_usleep_range_state

#include "kernel/time/timer.c"

extern unsigned long volatile jiffies __attribute__((alias("jiffies_64")));
