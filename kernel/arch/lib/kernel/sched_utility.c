// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of kernel/sched that do not schedule, unmodified: wait queues,
 * completions and bit waits.
 */
#include <linux/sched/clock.h>
#include <linux/sched/cputime.h>
#include <linux/sched/debug.h>
#include <linux/sched/isolation.h>
#include <linux/sched/loadavg.h>
#include <linux/sched/nohz.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/ctype.h>
#include <linux/hashtable.h>
#include <linux/kobject.h>
#include <linux/nmi.h>
#include <linux/nospec.h>
#include <linux/proc_fs.h>
#include <linux/psi.h>
#include <linux/sched_clock.h>
#include <linux/security.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/timex.h>
#include <linux/utsname.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <uapi/linux/prctl.h>
#include <uapi/linux/sched/types.h>

#include "kernel/sched/sched.h"
#include "kernel/sched/stats.h"

#include "kernel/sched/loadavg.c"
#include "kernel/sched/completion.c"
#include "kernel/sched/swait.c"
#include "kernel/sched/wait_bit.c"
#include "kernel/sched/wait.c"

/* For the load average: a run queue that nothing is ever put on. */
DEFINE_PER_CPU_SHARED_ALIGNED(struct rq, runqueues);
