// SPDX-License-Identifier: GPL-2.0-only
/* Calls that no signal interrupts on Linux, since they never wait. Here they wait for the broker, so they are made again. */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "serial.h"
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

/* The same for one that can't be made twice; `checked` as for libos_add_serial(). */
static int once(long number, int checked, long a[6])
{
	long result;

	libos_add_serial(a, checked);
	do
		result = libos_caught_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	while (result == -EINTR);
	return (int)libos_finish(result);
}

EXPORT int socket(int family, int type, int protocol)
{
	return UNINTERRUPTED(LIBOS_NEXT(socket)(family, type, protocol));
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return once(SYS_bind, 2, (long[6]){ fd, (long)address, length });
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
	return once(SYS_setsockopt, 1, (long[6]){ fd, level, name, (long)value, length });
}

/* Whether a TCP socket is in its first state yet: its connect was interrupted before the broker had heard of it. */
static bool is_closed(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_CLOSE;
}

/* Whether a connect never waits. */
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
	long arguments[6] = { fd, (long)address, length };
	uint32_t serial = libos_add_serial(arguments, 2);
	long result;

	do
		result = libos_heard(serial, libos_cancellable_call(libos_caught_call, SYS_connect, arguments));
	while (result == -EINTR && (is_datagram(fd) || is_closed(fd)));
	return (int)libos_finish(result);
}
