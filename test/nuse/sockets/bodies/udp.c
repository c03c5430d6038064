// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams: addresses, control messages, cut and empty ones, errors of the network, many at once. */
#include "body.h"

#include <linux/errqueue.h>

static void plain(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM), value;
	struct sockaddr_in to = loopback(port_of(two)), from;
	socklen_t length = sizeof(from);
	char text[32];

	printf("# addresses, cut and empty ones\n");
	show_poll("a fresh one", two, ALL_EVENTS, 0);
	SHOW(sendto(one, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
	await(two, POLLIN);
	show_poll("the receiver", two, ALL_EVENTS, 0);
	SHOW(ioctl(two, FIONREAD, &value));
	printf("waiting %d\n", value);
	SHOW(recvfrom(two, text, sizeof(text), MSG_PEEK, (struct sockaddr *)&from, &length));
	printf("from one %d, length %d\n", ntohs(from.sin_port) == port_of(one), length);
	SHOW(recvfrom(two, text, 3, MSG_PEEK | MSG_TRUNC, NULL, NULL));
	SHOW(recvfrom(two, text, 3, MSG_TRUNC, NULL, NULL));
	SHOW(recv(two, text, 3, MSG_DONTWAIT));
	SHOW(sendto(one, "", 0, 0, (struct sockaddr *)&to, sizeof(to)));
	await(two, POLLIN);
	SHOW(recv(two, text, 3, 0));
	SHOW(sendto(one, "", 0, 0, (struct sockaddr *)&to, sizeof(to)));
	await(two, POLLIN);
	length = 6;
	SHOW(recvfrom(two, text, 3, 0, (struct sockaddr *)&from, &length));
	printf("length %d\n", length);
	SHOW(recvfrom(two, text, 3, MSG_DONTWAIT, (struct sockaddr *)&from, &length));
	SHOW(send(one, "x", 1, MSG_CONFIRM));
	SHOW(sendto(one, text, 70000, 0, (struct sockaddr *)&to, sizeof(to)) < 0);
	SHOW(sendto(one, "x", 1, 0, (struct sockaddr *)&to, 5));
	SHOW(getpeername(one, (struct sockaddr *)&from, &length));
	close(one);
	close(two);
}

/* Read by calls that the machine answers and by calls that the library's broker does, in turn. */
static void mixed(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM), three = bound(SOCK_DGRAM);
	struct sockaddr_in to = loopback(port_of(two)), from;
	char text[64];

	printf("# read and recvfrom in turn\n");
	for (int i = 0; i < 40; i++) {
		int length = snprintf(text, sizeof(text), "message %d", i);

		if (i % 7 == 3)
			length = 0;
		MUST(sendto(i % 3 ? one : three, text, (size_t)length, 0, (struct sockaddr *)&to, sizeof(to)));
	}
	settle();
	for (int i = 0; i < 40; i++) {
		socklen_t length = sizeof(from);
		int expected = i % 3 ? port_of(one) : port_of(three);

		if (i % 4 == 1 || i % 5 == 2) {
			ssize_t result = read(two, text, sizeof(text));

			printf("%d: %.*s\n", i, (int)result, text);
			continue;
		}
		ssize_t result = recvfrom(two, text, sizeof(text), 0, (struct sockaddr *)&from, &length);

		printf("%d: %.*s from the right one %d\n", i, (int)result, text,
		       ntohs(from.sin_port) == expected);
	}
	SHOW(recv(two, text, 1, MSG_DONTWAIT));
	close(one);
	close(two);
	close(three);
}

static void control(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM), on = 1;
	struct sockaddr_in to = loopback(port_of(two)), from;
	char text[32], space[256];
	struct iovec vector = { text, sizeof(text) };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &vector,
				  .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };

	printf("# control messages\n");
	MUST(setsockopt(two, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
	MUST(setsockopt(two, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
	MUST(setsockopt(two, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
	for (int round = 0; round < 3; round++) {
		MUST(sendto(one, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
		if (round > 0)
			await(two, POLLIN);
		message.msg_controllen = round == 2 ? 50 : sizeof(space);
		message.msg_namelen = sizeof(from);
		SHOW(recvmsg(two, &message, 0));
		printf("flags %x name %d control %zu\n", message.msg_flags, message.msg_namelen,
		       message.msg_controllen);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
			printf("level %d type %d length %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len);
			if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
				printf(" ttl %d", *(int *)(void *)CMSG_DATA(c));
			if (c->cmsg_level == SOL_SOCKET) {
				struct timeval stamp, now;

				memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
				gettimeofday(&now, NULL);
				printf(" now %d", labs(now.tv_sec - stamp.tv_sec) < 3);
			}
			printf("\n");
		}
	}
	/* Sent with a time to live of its own. */
	struct cmsghdr *c = (struct cmsghdr *)(void *)space;
	int ttl = 7;

	memset(space, 0, sizeof(space));
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_TTL;
	c->cmsg_len = CMSG_LEN(sizeof(ttl));
	memcpy(CMSG_DATA(c), &ttl, sizeof(ttl));
	message.msg_name = &to;
	message.msg_namelen = sizeof(to);
	message.msg_controllen = CMSG_SPACE(sizeof(ttl));
	vector.iov_len = 5;
	SHOW(sendmsg(one, &message, 0));
	message.msg_name = NULL;
	message.msg_controllen = sizeof(space);
	SHOW(recvmsg(two, &message, 0));
	for (c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			printf("ttl %d\n", *(int *)(void *)CMSG_DATA(c));
	c = (struct cmsghdr *)(void *)space;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	message.msg_name = &to;
	message.msg_namelen = sizeof(to);
	message.msg_controllen = CMSG_SPACE(sizeof(int));
	SHOW(sendmsg(one, &message, 0));
	close(one);
	close(two);
}

static void refused(void)
{
	int one = bound(SOCK_DGRAM), on = 1;
	char text[32], space[256];
	struct sockaddr_in from;
	struct iovec vector = { text, sizeof(text) };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &vector,
				  .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space) };
	int port = free_port();

	printf("# refused\n");
	MUST(connect_to(one, port));
	SHOW(send(one, "x", 1, 0));
	await(one, POLLERR);
	show_poll("the sender", one, ALL_EVENTS, 0);
	SHOW(option(one, SOL_SOCKET, SO_ERROR));
	show_poll("the sender", one, ALL_EVENTS, 0);
	SHOW(send(one, "x", 1, 0));
	await(one, POLLERR);
	SHOW(recvfrom(one, text, 1, 0, (struct sockaddr *)&from, &(socklen_t){ sizeof(from) }));
	SHOW(recvfrom(one, text, 1, MSG_DONTWAIT, (struct sockaddr *)&from, &(socklen_t){ sizeof(from) }));
	SHOW(send(one, "x", 1, 0));
	await(one, POLLERR);
	SHOW(sendmsg(one, &(struct msghdr){ .msg_iov = &vector, .msg_iovlen = 1 }, 0));
	close(one);

	printf("# refused, with the queue of errors\n");
	one = bound(SOCK_DGRAM);
	MUST(setsockopt(one, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	struct sockaddr_in to = loopback(port);

	SHOW(recvmsg(one, &message, MSG_ERRQUEUE));
	SHOW(sendto(one, "lost", 4, 0, (struct sockaddr *)&to, sizeof(to)));
	await(one, POLLERR);
	show_poll("the sender", one, ALL_EVENTS, 0);
	SHOW(recvmsg(one, &message, MSG_ERRQUEUE));
	printf("%.4s flags %x, to the right port %d\n", text, message.msg_flags, ntohs(from.sin_port) == port);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		struct sock_extended_err error;

		memcpy(&error, CMSG_DATA(c), sizeof(error));
		printf("level %d type %d: errno %d origin %d type %d code %d\n", c->cmsg_level, c->cmsg_type,
		       (int)error.ee_errno, error.ee_origin, error.ee_type, error.ee_code);
	}
	show_poll("the sender", one, ALL_EVENTS, 0);
	SHOW(recvmsg(one, &message, MSG_ERRQUEUE));
	SHOW(recvmsg(one, &message, MSG_DONTWAIT));
	close(one);
}

static void many(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM);
	struct mmsghdr messages[4] = { 0 };
	struct iovec vectors[4];
	char text[4][8];
	struct timespec limit = { .tv_nsec = 100000000 };
	struct timespec start;

	printf("# many at once\n");
	MUST(connect_to(one, port_of(two)));
	for (int i = 0; i < 4; i++) {
		snprintf(text[i], sizeof(text[i]), "m%d", i);
		vectors[i] = (struct iovec){ text[i], (size_t)i + 1 };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	SHOW(sendmmsg(one, messages, 4, 0));
	printf("%u %u\n", messages[0].msg_len, messages[3].msg_len);
	settle();
	for (int i = 0; i < 4; i++)
		vectors[i].iov_len = 8;
	SHOW(recvmmsg(two, messages, 3, 0, NULL));
	printf("%u %u %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
	SHOW(recvmmsg(two, messages, 3, MSG_WAITFORONE, NULL));
	SHOW(recvmmsg(two, messages, 3, MSG_DONTWAIT, NULL));
	set_timeout(two, SO_RCVTIMEO, 100);
	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(recvmmsg(two, messages, 3, 0, &limit));
	SHOW(recvmsg(two, &messages[0].msg_hdr, 0));
	SHOW(recv(two, text, 1, 0));
	long ms = elapsed_ms(&start);

	printf("after about 300 ms: %d\n", ms >= 280 && ms < 1500);
	close(one);
	close(two);
}

static void ends(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM), port = port_of(two);
	struct sockaddr_in address = loopback(port);

	printf("# closed, and its port used again at once\n");
	close(two);
	two = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));
	SHOW(bind(two, (struct sockaddr *)&address, sizeof(address)));
	SHOW(bind(one, (struct sockaddr *)&address, sizeof(address)));
	int three = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));

	SHOW(bind(three, (struct sockaddr *)&address, sizeof(address)));
	MUST(connect_to(two, port_of(one)));
	SHOW(shutdown(two, SHUT_RD));
	SHOW(recv(two, &address, 1, 0));
	SHOW(shutdown(one, SHUT_WR));
	close(one);
	close(two);
	close(three);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	plain();
	mixed();
	control();
	refused();
	many();
	ends();
	return 0;
}
