/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_LP64_H
#define NATIVE_LP64_H
/* What the files of lp64.c share. */
#include <stdio.h>

#include "host.h"

/* asm-generic/unistd.h: the library's numbers on every machine. */
enum call {
	CALL_IOCTL = 29,
	CALL_CLOSE = 57,
	CALL_SOCKET = 198,
	CALL_BIND = 200,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
	CALL_SETSOCKOPT = 208,
	CALL_GETSOCKOPT = 209,
	CALL_SENDMSG = 211,
	CALL_RECVMSG = 212,
	CALL_RECVMMSG = 243,
};

extern unsigned long process;

long try(enum call number, long a, long b, long c, long d, long e);
long call(enum call number, const char *what, long a, long b, long c, long d, long e);

/* The firewall's matches that hold pointers and longs: profile full only. */
void xtables(void);

#define check(holds, what)                                             \
	do {                                                           \
		if (!(holds))                                          \
			fail("%s:%d: %s", __FILE__, __LINE__, what);   \
	} while (0)
#define done(name) puts("ok " name)

#endif
