// SPDX-License-Identifier: GPL-2.0-only
/* The ends of a host: panic, BUG, a wait without end; and WARN, which is none. */
#include <linux/bug.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/sched/debug.h>

#include "lib.h"

void __noreturn lib_die(u32 cause, const char *text)
{
	host_die(cause, (unsigned long)text, strlen(text));
	__builtin_unreachable();
}

void __noreturn lib_bug(const char *file, int line, const char *function)
{
	static char text[200];

	snprintf(text, sizeof(text), "kernel BUG at %s:%d, in %s", file, line, function);
	printk(KERN_CRIT "%s\n", text);
	lib_die(LIB_DIE_BUG, text);
}

void lib_warn(const char *file, int line, const char *function)
{
	char text[200];

	snprintf(text, sizeof(text), "%s:%d %s", file, line, function);
	host_warn((unsigned long)text, strlen(text));
}

/* The host takes the stack itself, with names: there is nothing to unwind here. */
void show_stack(struct task_struct *task, unsigned long *sp, const char *log_level)
{
}

/* panic() would wait for ever afterwards: end where it calls its notifiers. */
static int on_panic(struct notifier_block *block, unsigned long code, void *text)
{
	lib_die(LIB_DIE_PANIC, text);
}

static struct notifier_block panic_block = { .notifier_call = on_panic, .priority = INT_MIN };

/* Context: before anything that can panic; without the notifier a panic never ends. */
void __init lib_die_setup(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
