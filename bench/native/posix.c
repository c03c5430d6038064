// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same as bench/posix does, on native Linux: prints "name value" lines, in
 * nanoseconds or per second. Started by bench/posix/native.ts, on one core; makes
 * a network namespace of its own, and touches nothing outside of it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int or_die(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static struct sockaddr_in loopback(int last, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(0x7f000000 | last);
	return address;
}

static void own_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	or_die(unshare(CLONE_NEWNET), "unshare");
	fd = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	or_die(ioctl(fd, SIOCSIFFLAGS, &lo), "lo up");
	close(fd);
}

static double getsockname_ns(int count)
{
	struct sockaddr_in address;
	int fd = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	double start = now_ns();

	for (int i = 0; i < count; i++) {
		socklen_t length = sizeof(address);

		getsockname(fd, (struct sockaddr *)&address, &length);
	}
	close(fd);
	return (now_ns() - start) / count;
}

static double udp_ns(int count)
{
	struct sockaddr_in address = loopback(1, 5000);
	int to = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int from = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	char byte = 1;
	double start;

	or_die(bind(to, (struct sockaddr *)&address, sizeof(address)), "bind");
	start = now_ns();
	for (int i = 0; i < count; i++) {
		or_die(sendto(from, &byte, 1, 0, (struct sockaddr *)&address, sizeof(address)), "sendto");
		or_die(recv(to, &byte, 1, 0), "recv");
	}
	close(to);
	close(from);
	return (now_ns() - start) / count;
}

/* A child answers each wake-up with one: half of a round is one wake-up. */
static double epoll_wake_ns(int count)
{
	int there = or_die(eventfd(0, 0), "eventfd"), back = or_die(eventfd(0, 0), "eventfd");
	int epoll = or_die(epoll_create1(0), "epoll_create1");
	struct epoll_event event = { .events = EPOLLIN };
	uint64_t one = 1;
	pid_t child = or_die(fork(), "fork");
	int mine = child ? back : there, other = child ? there : back;
	double start;

	if (!child)
		epoll = or_die(epoll_create1(0), "epoll_create1");
	or_die(epoll_ctl(epoll, EPOLL_CTL_ADD, mine, &event), "epoll_ctl");
	start = now_ns();
	for (int i = 0; i < count; i++) {
		if (child)
			or_die(write(other, &one, 8), "write");
		or_die(epoll_wait(epoll, &event, 1, -1), "epoll_wait");
		or_die(read(mine, &one, 8), "read");
		if (!child)
			or_die(write(other, &one, 8), "write");
	}
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	return (now_ns() - start) / count / 2;
}

static double blocking_read_ns(int count)
{
	int there[2], back[2];
	char byte = 1;
	pid_t child;
	double start;

	or_die(pipe(there), "pipe");
	or_die(pipe(back), "pipe");
	child = or_die(fork(), "fork");
	start = now_ns();
	for (int i = 0; i < count; i++) {
		if (child)
			or_die(write(there[1], &byte, 1), "write");
		or_die(read(child ? back[0] : there[0], &byte, 1), "read");
		if (!child)
			or_die(write(back[1], &byte, 1), "write");
	}
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	return (now_ns() - start) / count / 2;
}

static double connections_per_second(int count, int last)
{
	struct sockaddr_in address = loopback(last, 6000);
	int listener = or_die(socket(AF_INET, SOCK_STREAM, 0), "socket");
	double start;

	or_die(bind(listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	or_die(listen(listener, 128), "listen");
	start = now_ns();
	for (int i = 0; i < count; i++) {
		int client = or_die(socket(AF_INET, SOCK_STREAM, 0), "socket"), server;

		or_die(connect(client, (struct sockaddr *)&address, sizeof(address)), "connect");
		server = or_die(accept(listener, NULL, NULL), "accept");
		close(client);
		close(server);
	}
	close(listener);
	return count / ((now_ns() - start) / 1e9);
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

int main(void)
{
	double name = 1e18, udp = 1e18, epoll = 1e18, blocking = 1e18, connections = 0;

	own_network();
	/* The best of some: what is left out is what else the machine did. */
	for (int round = 0; round < 5; round++) {
		double rate = connections_per_second(10000, 2 + round);

		name = smaller(name, getsockname_ns(200000));
		udp = smaller(udp, udp_ns(50000));
		epoll = smaller(epoll, epoll_wake_ns(20000));
		blocking = smaller(blocking, blocking_read_ns(20000));
		if (rate > connections)
			connections = rate;
	}
	printf("getsockname %f\nudpLoopback %f\nepollWake %f\nblockingRead %f\nconnections %f\n",
	       name, udp, epoll, blocking, connections);
	return 0;
}
