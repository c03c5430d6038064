// SPDX-License-Identifier: GPL-2.0-only
/*
 * A receive that waits and is interrupted by a signal: without SA_RESTART it fails with EINTR, with it it goes on.
 * Afterwards the datagram is there once and no earlier call has taken it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static int fd;
static struct sockaddr_in address = { .sin_family = AF_INET };
static socklen_t length = sizeof(address);
static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

/* The second signal brings what the call waits for. */
static void on_alarm_send(int number)
{
	(void)number;
	if (++signals == 2)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&address, length);
}

static int receive(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	struct itimerval every = { .it_value.tv_usec = 50000, .it_interval.tv_usec = 50000 };
	struct itimerval never = { 0 };
	struct sockaddr_in from;
	socklen_t from_length = sizeof(from);
	char byte;
	int result;

	signals = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	result = recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &from_length);
	if (result < 0)
		result = -errno;
	setitimer(ITIMER_REAL, &never, NULL);
	return result;
}

int main(void)
{
	int first, second, rest;
	char byte;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 1;
	first = receive(on_alarm, 0);
	second = receive(on_alarm_send, SA_RESTART);
	rest = recv(fd, &byte, 1, MSG_DONTWAIT);
	printf("%s %d %s\n", first == -EINTR ? "EINTR" : "?", second,
	       rest < 0 && errno == EAGAIN ? "empty" : "more");
	return 0;
}
