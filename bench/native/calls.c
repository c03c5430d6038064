// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls cost that have nothing to do with sockets. Prints lines "name nanoseconds", each the best of several
 * rounds. Runs as it is and on the library's stack, where it must make no difference.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20

static int zero;
static int pipes[2];
static int pair[2];
static char buffer[4096];

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_read(void)
{
	must(read(zero, buffer, 64) == 64, "read");
}

static void call_pipe(void)
{
	must(write(pipes[1], buffer, 64) == 64, "write to a pipe");
	must(read(pipes[0], buffer, 64) == 64, "read from a pipe");
}

static void call_stat(void)
{
	struct stat st;

	must(stat("/dev/null", &st) == 0, "stat");
}

static void call_open(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	must(fd >= 0, "open");
	close(fd);
}

static void call_mmap(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	munmap(memory, 4096);
}

static void call_unix(void)
{
	must(send(pair[0], buffer, 64, 0) == 64, "send on a unix socket");
	must(recv(pair[1], buffer, 64, 0) == 64, "recv from a unix socket");
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void measure(const char *name, void (*call)(void), int count)
{
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns();

		for (int i = 0; i < count; i++)
			call();
		double each = (now_ns() - start) / count;

		if (each < best)
			best = each;
	}
	printf("%s %.2f\n", name, best);
}

int main(void)
{
	zero = open("/dev/zero", O_RDONLY);
	must(zero >= 0, "/dev/zero");
	must(pipe(pipes) == 0, "pipe");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	measure("getppid", call_getppid, 20000);
	measure("read", call_read, 20000);
	measure("pipe", call_pipe, 5000);
	measure("stat", call_stat, 5000);
	measure("open", call_open, 3000);
	measure("mmap", call_mmap, 5000);
	measure("unix", call_unix, 3000);
	return 0;
}
