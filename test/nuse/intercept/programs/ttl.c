// SPDX-License-Identifier: GPL-2.0-only
/* Prints the TTL that a new socket sends with: which host's stack it is. In so many threads, each a few times. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 50

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static int ttl(void)
{
	int value = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t length = sizeof(value);

	must(fd >= 0, "socket");
	must(getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &length) == 0, "getsockopt");
	must(close(fd) == 0, "close");
	return value;
}

/* Sends itself datagrams whose content names the thread. */
static void *talk(void *name)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	long got;

	must(fd >= 0, "socket");
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
	for (int i = 0; i < ROUNDS; i++) {
		must(sendto(fd, &name, sizeof(name), 0, (struct sockaddr *)&address, length) == sizeof(name),
		     "sendto");
		must(recvfrom(fd, &got, sizeof(got), 0, (struct sockaddr *)&address, &length) == sizeof(got),
		     "recvfrom");
		must(got == (long)name, "another thread's datagram");
	}
	close(fd);
	return NULL;
}

int main(int count, char **values)
{
	long threads = count > 1 ? atol(values[1]) : 0;
	pthread_t ids[64];

	for (long i = 0; i < threads; i++)
		must(pthread_create(&ids[i], NULL, talk, (void *)i) == 0, "pthread_create");
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("%d\n", ttl());
	return 0;
}
