// SPDX-License-Identifier: GPL-2.0-only
/* Starts a broker for who needs one, once for all who need it at the same time. See control.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/control.h"

#define START_SECONDS_MAX 30
/* Where the broker finds the pipe that it reports to: src/nuse/broker/main.ts. */
#define READY_FD 3

int libos_read_paths(const char *file, const char *key, struct libos_paths *paths, struct libos_error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, paths->text, sizeof(paths->text) - 1);
	size_t key_length = strlen(key), count = 0;
	char *save = NULL;

	if (fd >= 0)
		close(fd);
	if (length < 0)
		return libos_fail(error, "cannot read %s: %s; run `libos install` again", file, strerror(errno));
	paths->text[length] = '\0';
	for (char *line = strtok_r(paths->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, key_length) == 0 && line[key_length] == '=' &&
		    count < LIBOS_PATHS_MAX - 1)
			paths->values[count++] = line + key_length + 1;
	}
	paths->values[count] = NULL;
	if (count == 0)
		return libos_fail(error, "%s has no line '%s=': run `libos install` again", file, key);
	return (int)count;
}

/* What must not follow into the broker: it is no program of a host. */
static void clean_environment(void)
{
	unsetenv("LD_PRELOAD");
	unsetenv("NODE_OPTIONS");
	unsetenv("LIBOS_HOST");
}

/* Context: the child; never returns. */
static void become_broker(char *const *command, int log, int ready)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	setsid();
	/* A second fork: the program that asked shall not have a child that it does not know of. */
	if (fork() != 0)
		_exit(0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way of the numbers that are to be filled. */
	ready = fcntl(ready, F_DUPFD, READY_FD + 1);
	log = fcntl(log, F_DUPFD, READY_FD + 1);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	dup2(ready, READY_FD);
	syscall(SYS_close_range, READY_FD + 1, ~0u, 0);
	clean_environment();
	execv(command[0], command);
	dprintf(READY_FD, "cannot start %s: %s; run `libos install` again\n", command[0], strerror(errno));
	_exit(127);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the broker's one line: "ready", or what went wrong. */
static int wait_until_ready(int ready, const char *host, const char *log, struct libos_error *error)
{
	int64_t end = now_ms() + START_SECONDS_MAX * 1000;
	char text[sizeof(error->text) / 2];
	size_t length = 0;

	while (length < sizeof(text) - 1 && !memchr(text, '\n', length)) {
		struct pollfd wait = { .fd = ready, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t count;

		if (left <= 0)
			return libos_fail(error, "the broker of host '%s' is not ready after %d s: see %s", host,
					  START_SECONDS_MAX, log);
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		count = read(ready, text + length, sizeof(text) - 1 - length);
		if (count == 0)
			break;
		if (count > 0)
			length += (size_t)count;
	}
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, "ready") == 0)
		return 0;
	if (text[0])
		return libos_fail(error, "%s", text);
	return libos_fail(error, "the broker of host '%s' ended while it started: see %s", host, log);
}

/* Context: the lock is held and no broker is up. */
static int start_broker(const char *host, const char *paths_file, char *const *options,
			struct libos_error *error)
{
	struct libos_paths paths;
	char *command[2 * LIBOS_PATHS_MAX];
	char log_path[PATH_MAX];
	int count = libos_read_paths(paths_file, "broker", &paths, error);
	int ready[2], log, result;
	pid_t child;

	if (count < 0 || libos_host_file(host, ".log", log_path, error) < 0)
		return -1;
	memcpy(command, paths.values, (size_t)count * sizeof(*command));
	command[count++] = (char *)(uintptr_t)host;
	for (; *options && count < 2 * LIBOS_PATHS_MAX - 1; options++)
		command[count++] = *options;
	if (*options)
		return libos_fail(error, "too many options for the broker of host '%s'", host);
	command[count] = NULL;
	log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		return libos_fail(error, "cannot write %s: %s", log_path, strerror(errno));
	if (pipe2(ready, O_CLOEXEC) < 0) {
		close(log);
		return libos_fail(error, "no pipe for the broker: %s", strerror(errno));
	}
	child = fork();
	if (child == 0)
		become_broker(command, log, ready[1]);
	close(ready[1]);
	close(log);
	if (child < 0) {
		close(ready[0]);
		return libos_fail(error, "cannot start the broker: %s", strerror(errno));
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	result = wait_until_ready(ready[0], host, log_path, error);
	close(ready[0]);
	return result;
}

int libos_start(const char *host, const char *paths_file, char *const *options, struct libos_error *error)
{
	char lock_path[PATH_MAX];
	int control = libos_connect(host, error);
	int lock;

	if (control >= 0 || error->text[0])
		return control;
	if (libos_host_file(host, ".lock", lock_path, error) < 0)
		return -1;
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return libos_fail(error, "cannot open %s: %s", lock_path, strerror(errno));
	/* Whoever holds it gives up in time. */
	while (flock(lock, LOCK_EX) < 0 && errno == EINTR)
		;
	control = libos_connect(host, error);
	if (control < 0 && !error->text[0] && start_broker(host, paths_file, options, error) == 0) {
		control = libos_connect(host, error);
		if (control < 0 && !error->text[0])
			libos_fail(error, "the broker of host '%s' ended at once: its log says why", host);
	}
	close(lock);
	return control;
}
