// SPDX-License-Identifier: GPL-2.0-only
/* Connecting: refused, in progress, timed out, again. */
#include "body.h"

static void refused(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	printf("# refused\n");
	SHOW(connect_to(fd, free_port()));
	SHOW(option(fd, SOL_SOCKET, SO_ERROR));
	close(fd);

	fd = (int)MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	SHOW(connect_to(fd, free_port()));
	show_poll("a refused one", fd, ALL_EVENTS, 2000);
	SHOW(option(fd, SOL_SOCKET, SO_ERROR));
	SHOW(option(fd, SOL_SOCKET, SO_ERROR));
	close(fd);
}

static void again(void)
{
	int listening = listener(4);
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char byte;

	printf("# again after a refusal\n");
	connect_to(fd, free_port());
	await(fd, POLLOUT);
	SHOW(option(fd, SOL_SOCKET, SO_ERROR));
	fcntl(fd, F_SETFL, 0);
	SHOW(connect_to(fd, port_of(listening)));
	SHOW(connect_to(fd, port_of(listening)));
	int server = (int)MUST(accept(listening, NULL, NULL));

	SHOW(write(fd, "x", 1));
	SHOW(read(server, &byte, 1));
	close(server);
	close(fd);
	close(listening);
}

static void in_progress(void)
{
	int listening = listener(4);
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	printf("# without waiting\n");
	errno = 0;
	int result = connect_to(fd, port_of(listening));

	printf("in progress or done: %d\n", result == 0 || errno == EINPROGRESS);
	await(fd, POLLOUT);
	show_poll("a connected one", fd, ALL_EVENTS, 0);
	SHOW(option(fd, SOL_SOCKET, SO_ERROR));
	connect_to(fd, port_of(listening));
	SHOW(connect_to(fd, port_of(listening)));
	SHOW(write(fd, "hello", 5));
	int server = (int)MUST(accept(listening, NULL, NULL));
	char text[8];

	SHOW(read(server, text, sizeof(text)));
	close(server);
	close(fd);
	close(listening);
}

static void timed_out(void)
{
	int listening = listener(0);
	struct timespec start;
	int filler[4];

	printf("# timed out\n");
	for (int i = 0; i < 4; i++) {
		filler[i] = (int)MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		connect_to(filler[i], port_of(listening));
	}
	settle();
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	set_timeout(fd, SO_SNDTIMEO, 200);
	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(connect_to(fd, port_of(listening)));
	long ms = elapsed_ms(&start);

	printf("after about 200 ms: %d\n", ms >= 180 && ms < 1500);
	nonblocking(fd);
	SHOW(connect_to(fd, port_of(listening)));
	show_poll("one in progress", fd, ALL_EVENTS, 0);
	SHOW(write(fd, "x", 1));
	close(fd);
	for (int i = 0; i < 4; i++)
		close(filler[i]);
	close(listening);
}

static void wrong(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
	struct sockaddr_in address = loopback(1);

	printf("# wrong\n");
	SHOW(connect(fd, (struct sockaddr *)&address, 3));
	SHOW(connect(fd, (struct sockaddr *)&address, 200));
	SHOW(connect(fd, (struct sockaddr *)8, 16));
	address.sin_family = 77;
	SHOW(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	SHOW(connect(99, (struct sockaddr *)&address, sizeof(address)));
	SHOW(connect(0, (struct sockaddr *)&address, sizeof(address)) < 0);
	SHOW(listen(fd, 1));
	SHOW(getpeername(fd, (struct sockaddr *)&address, &(socklen_t){ sizeof(address) }));
	SHOW(socket(AF_INET, 77, 0));
	SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	SHOW(socket(AF_INET, SOCK_STREAM | 0x10, 0));
	close(fd);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	refused();
	again();
	in_progress();
	timed_out();
	wrong();
	return 0;
}
