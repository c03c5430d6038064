// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options, requests, addresses and control messages that hold nonsense, pointers among it, on sockets of every kind:
 * whatever the answers are, the host must live. The seed is the first argument, the number of sockets the second.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 8192
#define CALLS_A_SOCKET 60

/* LLC is not among them: sockets of its that a program leaves behind may stay in the broker (not found out why). */
static const int kinds[][3] = {
	{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 0 }, { AF_INET, SOCK_RAW, 1 },
	{ AF_INET6, SOCK_STREAM, 0 }, { AF_INET6, SOCK_DGRAM, 0 }, { AF_INET6, SOCK_RAW, 58 },
	{ AF_NETLINK, SOCK_RAW, 0 }, { AF_NETLINK, SOCK_RAW, 12 }, { AF_NETLINK, SOCK_RAW, 16 },
	{ AF_PACKET, SOCK_RAW, 768 }, { AF_PACKET, SOCK_DGRAM, 768 }, { AF_INET, SOCK_STREAM, 132 },
	{ AF_INET, SOCK_SEQPACKET, 132 }, { AF_INET, SOCK_STREAM, 262 }, { AF_KEY, SOCK_RAW, 2 },
	{ AF_TIPC, SOCK_DGRAM, 0 }, { AF_TIPC, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 136 },
	{ AF_INET, SOCK_DCCP, 33 }, { AF_PPPOX, SOCK_STREAM, 0 }, { AF_KCM, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_RAW, 255 },
};
static const int levels[] = { 0, 1, 6, 17, 41, 58, 132, 136, 255, 262, 263, 266, 269, 270, 271, 273, 275, 277,
			      282, 283, 284 };
static const char *const names[] = { "lo", "br0", "nothere", "dummy0", "tunl0", "gre0", "sit0", "bond0" };
static char buffer[BUFFER_BYTES];

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ONE_OF(list) ((list)[(size_t)rand() % COUNT(list)])

static void fill(int size)
{
	for (int at = 0; at < size + 256 && at + 8 <= BUFFER_BYTES; at += 8) {
		uint64_t value = (uint64_t)rand() << 32 | (uint64_t)rand();

		switch (rand() % 5) {
		case 0:
			value = 0;
			break;
		case 1:
			value = (uint64_t)(uintptr_t)buffer;
			break;
		case 2:
			value = 0xdead0000u + (unsigned int)rand() % 4096;
			break;
		case 3:
			value %= 64;
			break;
		}
		memcpy(buffer + at, &value, sizeof(value));
	}
}

static int some_size(void)
{
	switch (rand() % 6) {
	case 0:
		return rand() % 9;
	case 1:
		return rand() % 5000;
	default:
		return rand() % 200;
	}
}

static void one_call(int fd)
{
	int size = some_size();
	socklen_t length = (socklen_t)size;

	fill(size);
	switch (rand() % 5) {
	case 0:
	case 1:
		setsockopt(fd, ONE_OF(levels), rand() % 150, buffer, length);
		break;
	case 2:
		getsockopt(fd, ONE_OF(levels), rand() % 150, buffer, &length);
		break;
	default:
		strcpy(buffer, ONE_OF(names));
		ioctl(fd, 0x8900 + rand() % 256, buffer);
	}
}

static void messages(int fd)
{
	struct iovec vector = { buffer, (size_t)rand() % 3000 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = buffer,
				  .msg_controllen = (size_t)rand() % 300,
				  .msg_name = buffer + 100,
				  .msg_namelen = (socklen_t)rand() % 129 };

	sendmsg(fd, &message, MSG_DONTWAIT);
	recvmsg(fd, &message, MSG_DONTWAIT);
	connect(fd, (struct sockaddr *)buffer, (socklen_t)rand() % 128);
	bind(fd, (struct sockaddr *)buffer, (socklen_t)rand() % 128);
	listen(fd, rand() % 10);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	srand((unsigned int)atoi(argv[1]));
	for (int left = atoi(argv[2]); left > 0; left--) {
		const int *kind = ONE_OF(kinds);
		int fd = socket(kind[0], kind[1] | SOCK_NONBLOCK, kind[2]);

		if (fd < 0 && errno == ENETDOWN)
			return 1;
		if (fd < 0)
			continue;
		for (int i = 0; i < CALLS_A_SOCKET; i++)
			one_call(fd);
		messages(fd);
		close(fd);
	}
	printf("alive\n");
	return 0;
}
