// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of fs/exec.c: no program is ever loaded into a host, so what is left
 * of exec is names of tasks and flags of mounts.
 */
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "lib.h"

int suid_dumpable;

bool path_noexec(const struct path *path)
{
	return (path->mnt->mnt_flags & MNT_NOEXEC) ||
	       (path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC);
}

char *__get_task_comm(char *buf, size_t buf_size, struct task_struct *tsk)
{
	strscpy_pad(buf, tsk->comm, buf_size);
	return buf;
}

void __set_task_comm(struct task_struct *tsk, const char *buf, bool exec)
{
	strscpy_pad(tsk->comm, buf, sizeof(tsk->comm));
}

void set_dumpable(struct mm_struct *mm, int value)
{
	set_mask_bits(&mm->flags, MMF_DUMPABLE_MASK, value);
}

/* Called by init/main.c where it would run /sbin/init: user space is the host. */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	if (lib_init)
		return -ENOENT;
	lib_init = current;
	/* It waits for nobody: children that are left to it go by themselves. */
	current->sighand->action[SIGCHLD - 1].sa.sa_handler = SIG_IGN;
	return 0;
}
