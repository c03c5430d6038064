// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens, connects and accepts sockets in a loop while signals come at any moment, each after twice the time of the one
 * before, for a call that is interrupted each time never ends. The first argument is how many times, the second one
 * "restart" (SA_RESTART) or "interrupt". Says how many descriptors are open afterwards that were not before, and how
 * many connections were lost.
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;
static int lost;

/* Until the next signal. */
static volatile suseconds_t delay_us;

static void alarm_later(void)
{
	struct itimerval timer = { .it_value.tv_usec = delay_us % 1000000 };

	delay_us *= 2;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int number)
{
	(void)number;
	signals++;
	alarm_later();
}

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

/* Repeats a call that a signal has interrupted. */
#define REPEATED(call)                                                 \
	({                                                             \
		int result;                                            \
		while ((result = (call)) < 0 && errno == EINTR)        \
			continue;                                      \
		result;                                                \
	})

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct stat stat;

	if (fd < 0)
		fail("socket");
	/* 0 to 2 are the program's from the beginning. */
	if (fd < 3 || fstat(fd, &stat) < 0 || !S_ISSOCK(stat.st_mode)) {
		printf("socket: %d is none\n", fd);
		exit(1);
	}
	return fd;
}

/* A connect that a signal interrupts goes on. */
static void connect_to(int fd, const struct sockaddr_in *address)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EISCONN)
		return;
	if (errno != EINTR && errno != EALREADY)
		fail("connect");
	if (REPEATED(poll(&poll_fd, 1, 5000)) != 1)
		fail("poll");
}

/* Whether a connection is there that has not been accepted. */
static bool arrives(int listener)
{
	struct pollfd poll_fd = { .fd = listener, .events = POLLIN };

	return REPEATED(poll(&poll_fd, 1, 5000)) == 1;
}

static void exchange(int listener, const struct sockaddr_in *address)
{
	int client = open_socket(), server;

	connect_to(client, address);
	if (!arrives(listener)) {
		lost++;
		close(client);
		return;
	}
	server = REPEATED(accept(listener, NULL, NULL));
	if (server < 3)
		fail("accept");
	if (write(client, "x", 1) != 1)
		lost++;
	close(server);
	close(client);
}

int main(int count, char **arguments)
{
	bool restarts = count > 2 && !strcmp(arguments[2], "restart");
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = restarts ? SA_RESTART : 0 };
	struct itimerval never = { 0 };
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int times = count > 1 ? atoi(arguments[1]) : 0, listener = open_socket(), before;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		fail("listener");
	before = count_descriptors();
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < times; i++) {
		delay_us = 1 + rand() % 500;
		alarm_later();
		exchange(listener, &address);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("%d more, %d lost, %s\n", count_descriptors() - before, lost, signals > 10 ? "signals" : "quiet");
	return 0;
}
