// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds, sends and receives while signals come at any moment, each after twice the time of the one before. What is
 * sent says how many messages came before it; what is received must do so too. The first argument is how many times,
 * the second one "restart" (SA_RESTART) or "interrupt": then each call is repeated on EINTR.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alarms.h"

static void check(const char *what, int turn, long result, long wanted)
{
	if (result == wanted)
		return;
	printf("turn %d: %s: %ld instead of %ld: %s\n", turn, what, result, wanted,
	       result < 0 ? strerror(errno) : "");
	exit(1);
}

/* More than the broker takes at once: a signal may leave a part of it sent. */
static void send_much(int fd, int turn)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	unsigned char bytes[1000];
	long done = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)((size_t)turn + i);
	while (done < (long)sizeof(bytes)) {
		long sent = REPEATED(sendto(fd, bytes + done, sizeof(bytes) - (size_t)done, 0,
					    (struct sockaddr *)&address, sizeof(address)));

		check("send_much", turn, sent > 0, 1);
		done += sent;
	}
}

static void take_turn(int fd, int turn)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(turn) };
	struct sockaddr *any = (struct sockaddr *)&address;
	int number = turn, received = -1, tail = -1;
	struct iovec vectors[] = { { &received, sizeof(received) }, { &tail, sizeof(tail) } };
	struct msghdr message = { .msg_name = any, .msg_iov = vectors, .msg_iovlen = 2 };
	socklen_t length = sizeof(address);

	/* No signal interrupts these on Linux. */
	check("bind", turn, bind(fd, any, length), 0);
	check("connect", turn, connect(fd, any, length), 0);
	check("sendto", turn, REPEATED(sendto(fd, &number, sizeof(number), 0, any, length)), sizeof(number));
	check("recvfrom", turn, REPEATED(recvfrom(fd, &received, sizeof(received), 0, any, &length)),
	      sizeof(received));
	check("number", turn, received, 2 * turn);
	check("address", turn, ntohs(address.sin_port), 2 * turn);
	/* What is passed in and changed is set anew each time, as programs do. */
	check("recvmsg", turn, REPEATED((message.msg_namelen = sizeof(address), recvmsg(fd, &message, 0))),
	      2 * sizeof(number));
	check("number", turn, received, 2 * turn + 1);
	check("tail", turn, tail, ~(2 * turn + 1));
	check("length", turn, message.msg_namelen, sizeof(address));
}

int main(int count, char **arguments)
{
	int times = count > 1 ? atoi(arguments[1]) : 0, fd = socket(AF_INET, SOCK_DGRAM, 0);

	handle_alarms(count > 2 && !strcmp(arguments[2], "restart"));
	for (int turn = 0; turn < times; turn++) {
		begin_alarms();
		take_turn(fd, turn);
		if (turn % 10 == 0)
			send_much(fd, turn);
	}
	printf("%s\n", alarms_seen());
	return 0;
}
