/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_H
#define __LIB_H
/* What the files of the port share among themselves. */
#include <linux/sched.h>
#include <asm/host_interface.h>

extern struct lib_shared lib_state;	/* what the export shared gives */

/* sched.c: the work that waits to be run. */
void lib_thread_ready(struct task_struct *task);
bool lib_progress(void);
bool lib_pending(void);
void lib_sleeps_begin(void);
void lib_run_thread(struct task_struct *task);
void __noreturn lib_stall(const char *what);

/* kthread.c */
bool lib_kthread_starts(struct task_struct *task);
bool lib_kthread_parks(struct task_struct *task);

/* workqueue.c */
extern struct task_struct *lib_worker;
bool lib_work_pending(void);
bool lib_work_run_one(void);

/* netdev_todo.c */
void lib_netdev_check(void);

/* die.c */
void __noreturn lib_die(u32 cause, const char *text);
void lib_die_setup(void);

/* memory.c */
void lib_memory_setup(void);
void lib_zones_setup(void);
void lib_memory_balance(void);

/* time.c */
void lib_timer_interrupt(void);
u64 lib_now_ns(void);

/* entry.c: every export begins and ends with these. */
extern struct task_struct *lib_init;
void lib_enter(struct task_struct *task);
void lib_leave(void);
#endif
