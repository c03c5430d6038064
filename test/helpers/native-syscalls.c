// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: makes system calls on this machine's own Linux, in a network
 * namespace of its own, for tests that compare the library with it. Requests
 * come from the first FIFO, results go to the second; the memory that arguments
 * point to lies at the same addresses on both sides.
 * CALLS is the table of this machine's numbers by the library's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct request {
	uint64_t number;
	uint64_t arguments[6];
	uint64_t bytes;		/* of memory that follow, from BASE on */
};

static const int calls[] = {
#include "calls.h"
};

static void all(ssize_t (*move)(int, void *, size_t), int fd, void *at, size_t left)
{
	while (left > 0) {
		ssize_t n = move(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			exit(0);
		at = (char *)at + n;
		left -= n;
	}
}

static ssize_t write_some(int fd, void *at, size_t n)
{
	return write(fd, at, n);
}

static void write_file(const char *path, const char *format, int id)
{
	char text[64];
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	write_some(fd, text, snprintf(text, sizeof(text), format, id));
	close(fd);
}

int main(int argc, char **argv)
{
	int uid = getuid(), gid = getgid(), in, out;
	struct request request;

	if (argc != 3)
		return 2;
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		perror("unshare");
		return 3;
	}
	if (uid != 0) {
		write_file("/proc/self/setgroups", "deny", 0);
		write_file("/proc/self/uid_map", "0 %d 1", uid);
		write_file("/proc/self/gid_map", "0 %d 1", gid);
	}
	signal(SIGPIPE, SIG_IGN);
	if (mmap((void *)BASE, BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)BASE) {
		perror("mmap");
		return 3;
	}
	in = open(argv[1], O_RDONLY);
	out = open(argv[2], O_WRONLY);
	for (;;) {
		uint64_t *a = request.arguments;
		int64_t result = -ENOSYS;

		all(read, in, &request, sizeof(request));
		all(read, in, (void *)BASE, request.bytes);
		if (request.number < sizeof(calls) / sizeof(calls[0]) && calls[request.number] >= 0) {
			result = syscall(calls[request.number], a[0], a[1], a[2], a[3], a[4], a[5]);
			if (result == -1)
				result = -errno;
		}
		all(write_some, out, &result, sizeof(result));
		all(write_some, out, (void *)BASE, request.bytes);
	}
}
