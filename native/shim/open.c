// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens of files: those of the library's host go to the broker, all others straight to Linux. Without this every
 * open of a program would be caught, for a filter can't see a path.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
	if (libos_is_ours(path)) {
		if ((flags & O_ACCMODE) != O_RDONLY)
			libos_opens_setting();
		return (int)libos_finish(libos_caught_call(SYS_openat, folder, (long)path, flags, mode, 0, 0));
	}
	return (int)libos_finish(libos_cancellable_call(libos_trusted_call, SYS_openat,
						       (long[6]){ folder, (long)path, flags, mode }));
}

static mode_t mode_of(int flags, va_list arguments)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_at(folder, path, flags, mode);
}

/* What programs built with _FORTIFY_SOURCE call; the attribute copies the others' types. */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __openat_2(int folder, const char *path, int flags);

int __open_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int __openat_2(int folder, const char *path, int flags)
{
	return open_at(folder, path, flags, 0);
}

/* A FILE's flags by the letters that fopen() takes; -1 for those that only libc itself serves. */
static int flags_of(const char *letters)
{
	int flags;

	if (letters[0] == 'r')
		flags = O_RDONLY;
	else if (letters[0] == 'w')
		flags = O_WRONLY | O_CREAT | O_TRUNC;
	else if (letters[0] == 'a')
		flags = O_WRONLY | O_CREAT | O_APPEND;
	else
		return -1;
	for (const char *letter = letters + 1; *letter; letter++) {
		if (*letter == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*letter == 'e')
			flags |= O_CLOEXEC;
		else if (*letter == 'x')
			flags |= O_EXCL;
		else if (*letter != 'b')
			return -1;
	}
	return flags;
}

EXPORT FILE *fopen(const char *path, const char *letters)
{
	int flags = letters ? flags_of(letters) : -1;
	FILE *file;
	int fd;

	if (flags < 0)
		return LIBOS_NEXT(fopen)(path, letters);
	fd = open_at(AT_FDCWD, path, flags, 0666);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, letters);
	if (!file) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return file;
}

EXPORT DIR *opendir(const char *path)
{
	DIR *folder;
	int fd;

	fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	folder = fdopendir(fd);
	if (!folder) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return folder;
}

/* On 64-bit machines the two are one. */
EXPORT __attribute__((alias("open"))) int open64(const char *path, int flags, ...);
EXPORT __attribute__((alias("openat"))) int openat64(int folder, const char *path, int flags, ...);
EXPORT __attribute__((alias("__open_2"))) int __open64_2(const char *path, int flags);
EXPORT __attribute__((alias("__openat_2"))) int __openat64_2(int folder, const char *path, int flags);
EXPORT __attribute__((alias("fopen"))) FILE *fopen64(const char *path, const char *letters);
