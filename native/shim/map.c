// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of sockets: a packet socket's ring. Linux refuses to map the program's end of a pair (ENODEV); then the
 * broker is asked for memory that it mirrors the ring in, by a request that only libos knows.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

/* In the range that Linux leaves to protocols (SIOCPROTOPRIVATE): gives a descriptor to map instead. */
#define SIOCLIBOSRING 0x89e7

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	long result = libos_trusted_call(SYS_mmap, (long)address, (long)length, protection, flags, fd, offset);

	if (result == -ENODEV && fd >= 0) {
		long ring = libos_caught_call(SYS_ioctl, fd, SIOCLIBOSRING, (long)length, 0, 0, 0);

		if (ring >= 0) {
			result = libos_trusted_call(SYS_mmap, (long)address, (long)length, protection, flags,
						    ring, offset);
			libos_trusted_call(SYS_close, ring, 0, 0, 0, 0, 0);
		}
	}
	return (void *)libos_finish(result);
}

EXPORT __attribute__((alias("mmap"))) void *mmap64(void *address, size_t length, int protection, int flags,
						   int fd, off_t offset);
