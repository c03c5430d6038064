/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_TRUSTED_H
#define LIBOS_TRUSTED_H
/*
 * System calls that the filter lets pass: their instruction lies in a page at an address that it knows. Before
 * the page is there, and where it can't be, they are made as usual and are caught.
 */
#include <stdbool.h>
#include <sys/types.h>

/* Maps the page. Context: once, before the program has more than one thread. */
void libos_trust(void);

/* What the system call returns, a failure as -errno. */
long libos_trusted_call(long number, long a, long b, long c, long d, long e, long f);

/* The same by the usual way, so that the filter may catch it. */
long libos_caught_call(long number, long a, long b, long c, long d, long e, long f);

typedef long libos_way(long number, long a, long b, long c, long d, long e, long f);

/* Either of them for a call that may wait: the thread can be cancelled there, as in libc's own. */
long libos_cancellable_call(libos_way *way, long number, const long arguments[6]);

/* -1 and errno for a failure. */
long libos_finish(long result);

/* libc's own function of a name that we have taken. */
#define LIBOS_NEXT(name)                                                    \
	({                                                                  \
		static __typeof__(name) *next;                              \
		if (__builtin_expect(!next, 0))                             \
			next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); \
		next;                                                       \
	})

/* The broker's process id, or below 0 when that can't be told. Context: under the filter. */
long libos_broker_pid(void);

/* Whether the broker is to be asked about this path. */
bool libos_is_ours(const char *path);

/* The program has a file of the library's open for writing. */
void libos_opens_setting(void);

/* The result of a write: -1 and errno where the library did not like what it was. */
ssize_t libos_written(int fd, ssize_t result);

#endif
