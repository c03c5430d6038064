// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that no signal interrupts on Linux, since they never wait. Here they wait for the broker, so they are made
 * again; it sees to it that they have their effect once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

#define UNINTERRUPTED(call)                                    \
	({                                                     \
		int result;                                    \
		do                                             \
			result = (call);                       \
		while (result < 0 && errno == EINTR);          \
		result;                                        \
	})

EXPORT int socket(int family, int type, int protocol)
{
	return UNINTERRUPTED(LIBOS_NEXT(socket)(family, type, protocol));
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return UNINTERRUPTED(LIBOS_NEXT(bind)(fd, address, length));
}

EXPORT int listen(int fd, int backlog)
{
	return UNINTERRUPTED(LIBOS_NEXT(listen)(fd, backlog));
}

EXPORT int shutdown(int fd, int how)
{
	return UNINTERRUPTED(LIBOS_NEXT(shutdown)(fd, how));
}

EXPORT int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	return UNINTERRUPTED(LIBOS_NEXT(getsockname)(fd, address, length));
}

EXPORT int getpeername(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	return UNINTERRUPTED(LIBOS_NEXT(getpeername)(fd, address, length));
}

EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length)
{
	return UNINTERRUPTED(LIBOS_NEXT(getsockopt)(fd, level, name, value, length));
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return UNINTERRUPTED(LIBOS_NEXT(setsockopt)(fd, level, name, value, length));
}

/* Whether a TCP socket is in its first state yet: its connect was interrupted before the broker had heard of it. */
static bool is_closed(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_CLOSE;
}

/*
 * Whether a connect never waits. The broker must not hear of the question: what it keeps of a call is for the next
 * one. So it is put to the program's end of the pair.
 */
static bool is_datagram(int fd)
{
	socklen_t length = sizeof(int);
	int type;

	return libos_trusted_call(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&type, (long)&length, 0) == 0 &&
	       type == SOCK_DGRAM;
}

/* A signal interrupts it only while it goes on, as a program takes it to do after EINTR. */
EXPORT int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int result, saved;

	do {
		result = LIBOS_NEXT(connect)(fd, address, length);
		saved = errno;
	} while (result < 0 && saved == EINTR && (is_datagram(fd) || is_closed(fd)));
	errno = saved;
	return result;
}
