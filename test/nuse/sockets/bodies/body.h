/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bodies share: each prints what it sees, and must print the same on this machine's Linux and on the
 * library's. So nothing of a port's number, a time or a process may be printed.
 */
#ifndef BODY_H
#define BODY_H
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child inherits is nothing half printed. */
__attribute__((constructor)) static void print_by_lines(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* The result of a call and, where it failed, its errno. */
static inline long show(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
	return result;
}
#define SHOW(call) show(#call, (long)(call))

/* What must work for the rest to mean anything. */
static inline long must(const char *what, long result)
{
	if (result < 0) {
		printf("%s: %s, but it must work\n", what, strerrorname_np(errno));
		exit(1);
	}
	return result;
}
#define MUST(call) must(#call, (long)(call))

static inline struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static inline int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	MUST(getsockname(fd, (struct sockaddr *)&address, &length));
	return ntohs(address.sin_port);
}

static inline int bound(int type)
{
	struct sockaddr_in address = loopback(0);
	int fd = (int)MUST(socket(AF_INET, type, 0));

	MUST(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static inline int listener(int backlog)
{
	int fd = bound(SOCK_STREAM);

	MUST(listen(fd, backlog));
	return fd;
}

static inline int connect_to(int fd, int port)
{
	struct sockaddr_in address = loopback(port);

	return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

/* Two ends of a connection. */
static inline void pair_of(int *client, int *server)
{
	int listening = listener(8);

	*client = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect_to(*client, port_of(listening)));
	*server = (int)MUST(accept(listening, NULL, NULL));
	MUST(close(listening));
}

/* A port at which nobody listens. */
static inline int free_port(void)
{
	int fd = bound(SOCK_STREAM);
	int port = port_of(fd);

	close(fd);
	return port;
}

/* poll's answer by names, within so many milliseconds. */
static inline void show_poll(const char *what, int fd, int events, int timeout_ms)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = { { POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" }, { POLLRDHUP, "RDHUP" },
		      { POLLERR, "ERR" }, { POLLHUP, "HUP" }, { POLLNVAL, "NVAL" } };
	struct pollfd entry = { .fd = fd, .events = (short)events };
	int count = poll(&entry, 1, timeout_ms);

	printf("%s polls %d:", what, count);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (entry.revents & names[i].bit)
			printf(" %s", names[i].name);
	printf("\n");
}
#define ALL_EVENTS (POLLIN | POLLPRI | POLLOUT | POLLRDHUP)

/* Waits until poll says one of the events: what the network does takes a moment. */
static inline void await(int fd, int events)
{
	struct pollfd entry = { .fd = fd, .events = (short)events };

	if (poll(&entry, 1, 3000) != 1)
		printf("nothing came in 3 s\n");
}

/* For what has no event: a moment in which everything settles. */
static inline void settle(void)
{
	usleep(60000);
}

static inline int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	if (getsockopt(fd, level, name, &value, &length) < 0)
		return -errno;
	return value;
}

static inline void nonblocking(int fd)
{
	MUST(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

static inline void set_timeout(int fd, int name, int ms)
{
	struct timeval value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	MUST(setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)));
}

static inline long elapsed_ms(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}
#endif
