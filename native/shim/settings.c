// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of settings. Linux has taken what a program writes to a file of the library's before the library has seen it,
 * so afterwards the broker is asked what became of it. Programs that have opened none for writing never ask.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

/* Beside SIOCLIBOSRING: the errno of what was last written to a file, 0 where all went well. */
#define SIOCLIBOSWRITTEN 0x89ea

static bool has_opened;

void libos_opens_setting(void)
{
	has_opened = true;
}

/* The program's end is one of a pipe, or of a pair where it reads as well. */
static bool may_be_setting(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && (S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode));
}

ssize_t libos_written(int fd, ssize_t result)
{
	int saved = errno;
	long number;

	if (__builtin_expect(!has_opened, 1) || result < 0)
		return result;
	number = may_be_setting(fd) ? libos_caught_call(SYS_ioctl, fd, SIOCLIBOSWRITTEN, 0, 0, 0, 0) : 0;
	errno = number > 0 ? (int)number : saved;
	return number > 0 ? -1 : result;
}

/* libc itself writes what is in a FILE's buffer. Those without a descriptor have functions of the program's for that. */
EXPORT int fflush(FILE *file)
{
	int result = LIBOS_NEXT(fflush)(file);

	if (__builtin_expect(!has_opened, 1) || result != 0 || !file || !__fwriting(file))
		return result;
	if (libos_written(fileno(file), 0) == 0)
		return 0;
	/* For ferror(), which a shell looks at. */
	file->_flags |= _IO_ERR_SEEN;
	return EOF;
}

EXPORT int fclose(FILE *file)
{
	bool failed = has_opened && __fwriting(file) && fileno(file) >= 0 && fflush(file) != 0;
	int saved = errno, result = LIBOS_NEXT(fclose)(file);

	if (!failed)
		return result;
	errno = saved;
	return EOF;
}
