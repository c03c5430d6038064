// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data: where the mark is, in line and out of it, and the signal. */
#include "body.h"

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

static void at_mark(int fd)
{
	int value = -1;

	MUST(ioctl(fd, SIOCATMARK, &value));
	printf("at the mark %d\n", value);
}

int main(void)
{
	int client, server, on = 1;
	char text[16];

	signal(SIGURG, count);
	printf("# out of line\n");
	pair_of(&client, &server);
	MUST(fcntl(server, F_SETOWN, getpid()));
	SHOW(recv(server, text, 1, MSG_OOB));
	SHOW(send(client, "abc", 3, 0));
	SHOW(send(client, "U", 1, MSG_OOB));
	SHOW(send(client, "def", 3, 0));
	await(server, POLLPRI);
	settle();
	show_poll("the server", server, ALL_EVENTS, 0);
	printf("signals %d\n", signals > 0);
	at_mark(server);
	SHOW(recv(server, text, sizeof(text), 0));
	at_mark(server);
	SHOW(recv(server, text, sizeof(text), MSG_OOB));
	printf("%c\n", text[0]);
	SHOW(recv(server, text, sizeof(text), 0));
	at_mark(server);
	close(client);
	close(server);

	printf("# in line\n");
	pair_of(&client, &server);
	SHOW(setsockopt(server, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	SHOW(option(server, SOL_SOCKET, SO_OOBINLINE));
	SHOW(send(client, "ab", 2, 0));
	SHOW(send(client, "U", 1, MSG_OOB));
	SHOW(send(client, "cd", 2, 0));
	await(server, POLLPRI);
	settle();
	SHOW(recv(server, text, sizeof(text), 0));
	at_mark(server);
	SHOW(recv(server, text, sizeof(text), MSG_OOB));
	SHOW(recv(server, text, sizeof(text), 0));
	close(client);
	close(server);
	return 0;
}
