// SPDX-License-Identifier: GPL-2.0-only
/* How a program of this folder ends when something is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

void fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	fputs("harness: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}
