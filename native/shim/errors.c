// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors of reads and writes. The program's end of a pair can fail with ECONNRESET only; when it does, the broker is
 * asked for the error that Linux would give here. Calls that succeed cost nothing more.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "messages.h"
#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

/* Beside SIOCLIBOSRING: the errno of a socket's last failure that way, 0 when the call is to be made once more. */
#define SIOCLIBOSERROR 0x89e8

/* Which way a call goes. */
enum way { RECEIVES, SENDS };

/* Whether a call has failed for the pair's sake alone; errno is the library's otherwise. */
static bool only_pair(int fd, enum way way, ssize_t result)
{
	int saved = errno;
	long number;

	if (__builtin_expect(result >= 0 || saved != ECONNRESET, 1))
		return false;
	number = libos_caught_call(SYS_ioctl, fd, SIOCLIBOSERROR, way, 0, 0, 0);
	errno = number > 0 ? (int)number : saved;
	return number == 0;
}

#define EXACT(way, fd, call)                                                   \
	({                                                                     \
		ssize_t result;                                                \
		do                                                             \
			result = (call);                                       \
		while (only_pair(fd, way, result));                            \
		result;                                                        \
	})

EXPORT ssize_t read(int fd, void *buffer, size_t length)
{
	return EXACT(RECEIVES, fd, LIBOS_NEXT(read)(fd, buffer, length));
}

EXPORT ssize_t write(int fd, const void *buffer, size_t length)
{
	return libos_written(fd, EXACT(SENDS, fd, LIBOS_NEXT(write)(fd, buffer, length)));
}

EXPORT ssize_t readv(int fd, const struct iovec *vectors, int count)
{
	return EXACT(RECEIVES, fd, LIBOS_NEXT(readv)(fd, vectors, count));
}

EXPORT ssize_t writev(int fd, const struct iovec *vectors, int count)
{
	return libos_written(fd, EXACT(SENDS, fd, LIBOS_NEXT(writev)(fd, vectors, count)));
}

EXPORT ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
	return EXACT(SENDS, fd, LIBOS_NEXT(send)(fd, buffer, length, flags));
}

EXPORT ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
	return EXACT(RECEIVES, fd, LIBOS_NEXT(recv)(fd, buffer, length, flags));
}

EXPORT ssize_t sendto(int fd, const void *buffer, size_t length, int flags, const struct sockaddr *address,
		      socklen_t address_length)
{
	if (!address)
		return send(fd, buffer, length, flags);
	return EXACT(SENDS, fd,
		     libos_message_call(SYS_sendto, 3,
					(long[6]){ fd, (long)buffer, (long)length, flags, (long)address,
						   address_length }));
}

EXPORT ssize_t recvfrom(int fd, void *restrict buffer, size_t length, int flags, struct sockaddr *restrict address,
			socklen_t *restrict address_length)
{
	if (!address)
		return recv(fd, buffer, length, flags);
	return EXACT(RECEIVES, fd,
		     libos_message_call(SYS_recvfrom, 3,
					(long[6]){ fd, (long)buffer, (long)length, flags, (long)address,
						   (long)address_length }));
}

/* What programs built with _FORTIFY_SOURCE call. */
EXPORT ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room);
EXPORT ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags);
EXPORT ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t length, size_t room, int flags,
			      struct sockaddr *restrict address, socklen_t *restrict address_length);

ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room)
{
	return EXACT(RECEIVES, fd, LIBOS_NEXT(__read_chk)(fd, buffer, length, room));
}

ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags)
{
	return EXACT(RECEIVES, fd, LIBOS_NEXT(__recv_chk)(fd, buffer, length, room, flags));
}

ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t length, size_t room, int flags,
		       struct sockaddr *restrict address, socklen_t *restrict address_length)
{
	/* libc says what is wrong, and ends the program. */
	if (length > room)
		return LIBOS_NEXT(__recvfrom_chk)(fd, buffer, length, room, flags, address, address_length);
	return recvfrom(fd, buffer, length, flags, address, address_length);
}
