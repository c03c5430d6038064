// SPDX-License-Identifier: GPL-2.0-only
/* How connections end: one side, both sides, by reset, with data unread, and what a writer hears of it. */
#include "body.h"

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
	(void)number;
	pipes++;
}

static void halves(void)
{
	int client, server;
	char text[16];

	printf("# one side, then the other\n");
	pair_of(&client, &server);
	show_poll("an open one", client, ALL_EVENTS, 0);
	SHOW(write(client, "question", 8));
	SHOW(shutdown(client, SHUT_WR));
	SHOW(write(client, "x", 1));
	await(server, POLLRDHUP);
	show_poll("the server", server, ALL_EVENTS, 0);
	SHOW(read(server, text, sizeof(text)));
	SHOW(read(server, text, sizeof(text)));
	SHOW(write(server, "answer", 6));
	await(client, POLLIN);
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	SHOW(shutdown(server, SHUT_WR));
	await(client, POLLRDHUP);
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	SHOW(shutdown(client, SHUT_WR) < 0);
	close(client);
	close(server);
}

static void reset(void)
{
	struct linger now = { .l_onoff = 1 };
	int client, server;
	char text[16];

	printf("# reset\n");
	pair_of(&client, &server);
	MUST(setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(server);
	await(client, POLLHUP);
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	SHOW(read(client, text, sizeof(text)));
	pipes = 0;
	SHOW(write(client, "x", 1));
	printf("signals %d\n", pipes);
	SHOW(send(client, "x", 1, MSG_NOSIGNAL));
	printf("signals %d\n", pipes);
	close(client);

	printf("# reset behind data\n");
	pair_of(&client, &server);
	MUST(write(server, "last", 4));
	await(client, POLLIN);
	MUST(setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(server);
	await(client, POLLHUP);
	SHOW(option(client, SOL_SOCKET, SO_ERROR));
	close(client);
}

static void unread(void)
{
	int client, server;
	char text[16];

	printf("# closed with data unread\n");
	pair_of(&client, &server);
	MUST(write(client, "never read", 10));
	await(server, POLLIN);
	close(server);
	await(client, POLLHUP);
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	close(client);

	printf("# closed with all read\n");
	pair_of(&client, &server);
	MUST(write(client, "read", 4));
	await(server, POLLIN);
	SHOW(read(server, text, sizeof(text)));
	close(server);
	await(client, POLLRDHUP);
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	close(client);

	printf("# closed with data written and not yet read by the other\n");
	pair_of(&client, &server);
	MUST(write(client, "parting words", 13));
	close(client);
	settle();
	SHOW(read(server, text, sizeof(text)));
	SHOW(read(server, text, sizeof(text)));
	close(server);
}

static void broken(void)
{
	int client, server;

	printf("# writing to one that has gone\n");
	pair_of(&client, &server);
	close(server);
	await(client, POLLRDHUP);
	SHOW(write(client, "x", 1));
	await(client, POLLHUP);
	settle();
	pipes = 0;
	SHOW(write(client, "x", 1));
	SHOW(sendto(client, "x", 1, MSG_NOSIGNAL, NULL, 0));
	printf("signals %d\n", pipes);
	struct iovec vector = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	SHOW(sendmsg(client, &message, MSG_NOSIGNAL));
	SHOW(sendmsg(client, &message, 0));
	printf("signals %d\n", pipes);
	close(client);
}

static void end_of_input(void)
{
	int client, server;
	char text[16];

	printf("# no more input wanted\n");
	pair_of(&client, &server);
	SHOW(shutdown(client, SHUT_RD));
	show_poll("the client", client, ALL_EVENTS, 0);
	SHOW(read(client, text, sizeof(text)));
	SHOW(write(client, "on", 2));
	SHOW(read(server, text, sizeof(text)));
	SHOW(shutdown(client, 7));
	int fresh = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	SHOW(shutdown(fresh, SHUT_WR));
	close(fresh);
	close(client);
	close(server);
}

int main(void)
{
	struct sigaction action = { .sa_handler = count_pipe };

	sigaction(SIGPIPE, &action, NULL);
	halves();
	reset();
	unread();
	broken();
	end_of_input();
	return 0;
}
