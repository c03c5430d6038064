// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that no signal interrupts on Linux, since they never wait. Here they wait for the broker, so they are made
 * again; it sees to it that they have their effect once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

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
