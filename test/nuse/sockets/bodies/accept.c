// SPDX-License-Identifier: GPL-2.0-only
/* Accepting: readiness level and edge, flags, addresses, waiting with a limit, a listener that ends. */
#include <pthread.h>

#include "body.h"

static int client_of(int listening)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect_to(fd, port_of(listening)));
	return fd;
}

static void flags(void)
{
	int listening = listener(8);
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);

	printf("# flags and addresses\n");
	nonblocking(listening);
	show_poll("a listener", listening, ALL_EVENTS, 0);
	SHOW(accept(listening, NULL, NULL));
	int one = client_of(listening), two = client_of(listening), three = client_of(listening);

	await(listening, POLLIN);
	show_poll("a listener", listening, ALL_EVENTS, 0);
	int fd = (int)MUST(accept4(listening, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK));

	printf("length %d family %d its port %d\n", length, peer.sin_family, ntohs(peer.sin_port) == port_of(one));
	printf("close on exec %d, does not block %d\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 : 0);
	SHOW(read(fd, &peer, 1));
	close(fd);
	memset(&peer, 0x55, sizeof(peer));
	length = 4;
	fd = (int)MUST(accept(listening, (struct sockaddr *)&peer, &length));
	printf("length %d cut %d\n", length, peer.sin_addr.s_addr == 0x55555555);
	printf("close on exec %d, does not block %d\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 : 0);
	close(fd);
	SHOW(accept4(listening, NULL, NULL, 1));
	SHOW(accept(listening, (struct sockaddr *)8, &length));
	SHOW(accept(listening, NULL, NULL));
	close(one);
	close(two);
	close(three);
	close(listening);
	fd = bound(SOCK_STREAM);
	SHOW(accept(fd, NULL, NULL));
	close(fd);
	fd = bound(SOCK_DGRAM);
	SHOW(accept(fd, NULL, NULL));
	SHOW(listen(fd, 1));
	close(fd);
}

static void edges(void)
{
	int listening = listener(8);
	int set = (int)MUST(epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	printf("# edges\n");
	nonblocking(listening);
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, listening, &event));
	SHOW(epoll_wait(set, &event, 1, 0));
	int one = client_of(listening);

	SHOW(epoll_wait(set, &event, 1, 2000));
	SHOW(epoll_wait(set, &event, 1, 50));
	int two = client_of(listening);

	SHOW(epoll_wait(set, &event, 1, 2000));
	close(MUST(accept(listening, NULL, NULL)));
	close(MUST(accept(listening, NULL, NULL)));
	SHOW(accept(listening, NULL, NULL));
	SHOW(epoll_wait(set, &event, 1, 50));
	close(one);
	close(two);
	close(set);
	close(listening);
}

static void limited(void)
{
	int listening = listener(8);
	struct timespec start;

	printf("# waiting with a limit\n");
	set_timeout(listening, SO_RCVTIMEO, 150);
	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(accept(listening, NULL, NULL));
	long ms = elapsed_ms(&start);

	printf("after about 150 ms: %d\n", ms >= 140 && ms < 1200);
	close(listening);
}

static void *waits(void *fd)
{
	SHOW(accept(*(int *)fd, NULL, NULL));
	return NULL;
}

static void ends(void)
{
	int listening = listener(8);
	pthread_t thread;

	printf("# a listener that ends\n");
	pthread_create(&thread, NULL, waits, &listening);
	settle();
	int result = shutdown(listening, SHUT_RD);

	pthread_join(thread, NULL);
	printf("shutdown %d\n", result);
	SHOW(accept(listening, NULL, NULL));
	close(listening);

	listening = listener(8);
	int fd = client_of(listening);

	await(listening, POLLIN);
	close(listening);
	await(fd, POLLIN | POLLRDHUP);
	show_poll("one that nobody accepted", fd, ALL_EVENTS, 0);
	SHOW(read(fd, &fd, 1));
}

static void waiting_first(void)
{
	int listening = listener(8);
	int port = port_of(listening);

	printf("# waiting before anybody comes\n");
	if (fork() == 0) {
		close(listening);
		settle();
		int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

		MUST(connect_to(fd, port));
		MUST(write(fd, "late", 4));
		_exit(0);
	}
	int fd = (int)MUST(accept(listening, NULL, NULL));
	char text[8];

	show_poll("the listener then", listening, ALL_EVENTS, 0);
	SHOW(read(fd, text, sizeof(text)));
	SHOW(read(fd, text, sizeof(text)));
	wait(NULL);
	close(fd);
	close(listening);
}

int main(void)
{
	flags();
	edges();
	limited();
	ends();
	waiting_first();
	return 0;
}
