// SPDX-License-Identifier: GPL-2.0-only
/*
 * A native process that makes the system calls it is told to: the other side of native-port.ts. Requests and
 * answers are binary, over two FIFOs a process; the caller's memory lies at the same addresses here and is copied
 * to and fro with each call. It never waits for long: a call that would is interrupted by a timer, and answers
 * -ERESTARTSYS as the library's kernel does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* Generic call numbers, which requests have, to this machine's. */
static const int calls[] = {
#include "call-table.h"
};
#define CALL_COUNT ((int)(sizeof(calls) / sizeof(calls[0])))

#define OP_CALL 0
#define OP_FORK 1
#define OP_EXIT 2
#define OP_TAKE_SIGNAL 3

#define MEMORY_START 0x100000ul
#define MEMORY_BYTES 0x700000ul
/* Descriptors from here on are the server's own: two for each process that has ever been. */
#define OWN_DESCRIPTORS 900
#define ERESTARTSYS 512
#define INTERRUPT_US 10000

struct request {
	uint32_t op;
	int32_t number;
	int64_t args[6];
	uint64_t used_bytes;
};

struct answer {
	int64_t result;
	int64_t signals;
};

static const char *directory;
static int from_caller, to_caller;
static sigset_t wanted;
/* Whether another process has, or had, the same descriptor table. */
static int shares_descriptors;

static void die(const char *what)
{
	fprintf(stderr, "syscall-server: %s: %s\n", what, strerror(errno));
	_exit(70);
}

static void read_all(void *at, size_t size)
{
	while (size > 0) {
		ssize_t n = read(from_caller, at, size);

		if (n == 0)
			_exit(0);
		if (n < 0 && errno != EINTR)
			_exit(71);
		if (n > 0) {
			at = (char *)at + n;
			size -= n;
		}
	}
}

static void write_all(const void *at, size_t size)
{
	while (size > 0) {
		ssize_t n = write(to_caller, at, size);

		if (n < 0 && errno != EINTR)
			_exit(72);
		if (n > 0) {
			at = (const char *)at + n;
			size -= n;
		}
	}
}

static int open_fifo(long task, const char *which, int flags, int target)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%ld.%s", directory, task, which);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 || dup2(fd, target) < 0)
		die(path);
	close(fd);
	return target;
}

static void make_fifos(long task)
{
	static const char *const which[] = { "in", "out" };
	char path[4096];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%ld.%s", directory, task, which[i]);
		if (mkfifo(path, 0600) < 0)
			die(path);
	}
}

static void attach(long task)
{
	int first = OWN_DESCRIPTORS + 2 * (int)task;

	from_caller = open_fifo(task, "in", O_RDONLY, first);
	to_caller = open_fifo(task, "out", O_WRONLY, first + 1);
}

static void interrupted(int signal)
{
	(void)signal;
}

/* Every signal stays pending until it is asked for, except the timer's, which interrupts. */
static void set_up_signals(void)
{
	struct sigaction action = { .sa_handler = interrupted };

	signal(SIGCHLD, SIG_IGN);
	sigaction(SIGALRM, &action, NULL);
	sigfillset(&wanted);
	sigdelset(&wanted, SIGALRM);
	sigdelset(&wanted, SIGCHLD);
	sigprocmask(SIG_SETMASK, &wanted, NULL);
}

static long change_mask(const int64_t *args)
{
	uint64_t set, *mask = (uint64_t *)&wanted;

	if (args[1] == 0)
		return 0;
	memcpy(&set, (void *)args[1], sizeof(set));
	switch (args[0]) {
	case SIG_BLOCK:
		*mask &= ~set;
		return 0;
	case SIG_UNBLOCK:
		*mask |= set;
		return 0;
	case SIG_SETMASK:
		*mask = ~set;
		return 0;
	default:
		return -EINVAL;
	}
}

static long take_signal(void)
{
	struct timespec none = { 0, 0 };
	sigset_t set = wanted;
	int signal;

	sigdelset(&set, SIGALRM);
	sigdelset(&set, SIGCHLD);
	signal = sigtimedwait(&set, NULL, &none);
	return signal < 0 ? 0 : signal;
}

static long signals_pending(void)
{
	sigset_t pending, both;

	sigpending(&pending);
	sigandset(&both, &pending, &wanted);
	return !sigisemptyset(&both);
}

static void arm(long us)
{
	struct itimerval timer = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static long call(const struct request *request)
{
	int64_t args[6];
	long result, number;

	if (request->number < 0 || request->number >= CALL_COUNT || calls[request->number] == 0)
		return -ENOSYS;
	number = calls[request->number] - 1;
	memcpy(args, request->args, sizeof(args));
	switch (number) {
	case SYS_rt_sigaction:
		return 0;
	case SYS_rt_sigprocmask:
		return change_mask(args);
	case SYS_close_range:
		if ((unsigned int)args[1] >= OWN_DESCRIPTORS)
			args[1] = OWN_DESCRIPTORS - 1;
		break;
	}
	arm(INTERRUPT_US);
	result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (result < 0)
		result = errno == EINTR ? -ERESTARTSYS : -errno;
	arm(0);
	return result;
}

/* A child with the number that the caller chose. Returns in the parent and, as -1, in the child. */
static long fork_task(const struct request *request)
{
	long flags = request->args[0], task = request->args[1];
	int old_from = from_caller, old_to = to_caller;
	long pid;

	make_fifos(task);
	shares_descriptors |= (flags & CLONE_FILES) != 0;
	pid = syscall(SYS_clone, SIGCHLD | (flags & (CLONE_FILES | CLONE_FS)), 0, 0, 0, 0);

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	if (!(flags & CLONE_FILES)) {
		shares_descriptors = 0;
		close(old_from);
		close(old_to);
	}
	if ((flags & CLONE_NEWNET) && unshare(CLONE_NEWNET) < 0)
		die("unshare");
	attach(task);
	return -1;
}

/* The caller sees the end of the FIFO when everything else has been closed. */
static void end(int status)
{
	if (!shares_descriptors)
		close_range(0, OWN_DESCRIPTORS - 1, 0);
	close(from_caller);
	close(to_caller);
	_exit(status);
}

static void serve(void)
{
	struct request request;
	struct answer answer;

	while (1) {
		read_all(&request, sizeof(request));
		read_all((void *)MEMORY_START, request.used_bytes);
		switch (request.op) {
		case OP_CALL:
			answer.result = call(&request);
			break;
		case OP_FORK:
			answer.result = fork_task(&request);
			if (answer.result == -1)
				continue;
			break;
		case OP_TAKE_SIGNAL:
			answer.result = take_signal();
			break;
		case OP_EXIT:
			end((int)request.args[0]);
			break;
		default:
			_exit(73);
		}
		answer.signals = signals_pending();
		write_all(&answer, sizeof(answer));
		write_all((void *)MEMORY_START, request.used_bytes);
	}
}

int main(int argc, char **argv)
{
	struct rlimit descriptors = { 1024, 4096 };

	if (argc != 2) {
		fprintf(stderr, "usage: syscall-server DIRECTORY\n");
		return 64;
	}
	directory = argv[1];
	if (unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS) < 0)
		die("unshare (the native half of the tests needs root)");
	setrlimit(RLIMIT_NOFILE, &descriptors);
	if (mmap((void *)MEMORY_START, MEMORY_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		die("mmap");
	/* A file system of its own, where unix sockets can be bound to names. */
	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || chdir(directory) < 0)
		die("mount");
	umask(022);
	set_up_signals();
	make_fifos(0);
	attach(0);
	close_range(0, OWN_DESCRIPTORS - 1, 0);
	for (int i = 0; i < 3; i++)
		open("/dev/null", O_RDWR);
	serve();
}
