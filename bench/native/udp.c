// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small UDP datagrams between two network namespaces of native Linux, over a veth
 * pair: prints datagrams received in a second. One process owns both sockets and
 * takes turns, a batch sent and a batch received, as bench/kernel/udp.ts does, so
 * that neither side pays for switching processes. Arguments: the pid of a process
 * in the other namespace, the address there, the datagram's bytes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define SECONDS 2.0
#define PORT 5002

static int or_die(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "udp: %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

static double now_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	char buffer[2048] = { 0 }, path[64];
	double started, seconds;
	size_t bytes;
	long received = 0;
	int sender, receiver, namespace;

	if (argc != 4) {
		fprintf(stderr, "udp: PID ADDRESS BYTES\n");
		return 1;
	}
	bytes = strtoul(argv[3], NULL, 10);
	inet_pton(AF_INET, argv[2], &to.sin_addr);
	sender = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	snprintf(path, sizeof(path), "/proc/%s/ns/net", argv[1]);
	namespace = or_die(open(path, O_RDONLY), path);
	or_die(setns(namespace, CLONE_NEWNET), "setns");
	receiver = or_die(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	or_die(bind(receiver, (struct sockaddr *)&to, sizeof(to)), "bind");
	or_die(connect(sender, (struct sockaddr *)&to, sizeof(to)), "connect");

	started = now_seconds();
	do {
		for (int i = 0; i < BATCH; i++)
			or_die(send(sender, buffer, bytes, 0), "send");
		while (recv(receiver, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0)
			received++;
		seconds = now_seconds() - started;
	} while (seconds < SECONDS);
	printf("%.0f\n", received / seconds);
	return 0;
}
