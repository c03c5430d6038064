// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens, connects and accepts sockets in a loop while signals come at any moment, each after twice the time of the one
 * before, for a call that is interrupted each time never ends. The first argument is how many times, the second one
 * "restart" (SA_RESTART) or "interrupt". Says how many descriptors are open afterwards that were not before, and how
 * many connections were lost.
 */
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alarms.h"

static int lost;

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
	struct itimerval never = { 0 };
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int times = count > 1 ? atoi(arguments[1]) : 0, listener = open_socket(), before;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		fail("listener");
	before = count_descriptors();
	handle_alarms(count > 2 && !strcmp(arguments[2], "restart"));
	for (int i = 0; i < times; i++) {
		begin_alarms();
		exchange(listener, &address);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("%d more, %d lost, %s\n", count_descriptors() - before, lost, alarms_seen());
	return 0;
}
