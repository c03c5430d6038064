// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at files without opening them. For those of the library's host the broker is asked for a descriptor that
 * stands for the file (O_PATH), and that is looked at; no filter needs to catch these calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

static long look(const char *path)
{
	return libos_caught_call(SYS_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0, 0, 0);
}

static long at(int folder, const char *path, struct stat *status, int flags)
{
	long fd, result;

	if (!libos_is_ours(path))
		return libos_trusted_call(SYS_newfstatat, folder, (long)path, (long)status, flags, 0, 0);
	fd = look(path);
	if (fd < 0)
		return fd;
	result = libos_trusted_call(SYS_fstat, fd, (long)status, 0, 0, 0, 0);
	libos_trusted_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return result;
}

EXPORT int stat(const char *restrict path, struct stat *restrict status)
{
	return (int)libos_finish(at(AT_FDCWD, path, status, 0));
}

EXPORT int lstat(const char *restrict path, struct stat *restrict status)
{
	return (int)libos_finish(at(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW));
}

EXPORT int fstatat(int folder, const char *restrict path, struct stat *restrict status, int flags)
{
	return (int)libos_finish(at(folder, path, status, flags));
}

EXPORT int statx(int folder, const char *restrict path, int flags, unsigned int mask,
		 struct statx *restrict status)
{
	long fd, result;

	if (!libos_is_ours(path))
		return (int)libos_finish(libos_trusted_call(SYS_statx, folder, (long)path, flags, mask,
							    (long)status, 0));
	fd = look(path);
	if (fd < 0)
		return (int)libos_finish(fd);
	result = libos_trusted_call(SYS_statx, fd, (long)"", AT_EMPTY_PATH, mask, (long)status, 0);
	libos_trusted_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return (int)libos_finish(result);
}

/* Everybody is root on the library's host: what is there may be read, and written if it can be. */
static long may(int folder, const char *path, int mode, int flags)
{
	struct stat status;
	long result;

	if (!libos_is_ours(path))
		return flags ? libos_trusted_call(SYS_faccessat2, folder, (long)path, mode, flags, 0, 0)
			     : libos_trusted_call(SYS_faccessat, folder, (long)path, mode, 0, 0, 0);
	result = at(folder, path, &status, 0);
	if (result < 0)
		return result;
	if (((mode & W_OK) && !(status.st_mode & 0222)) || ((mode & X_OK) && !(status.st_mode & 0111)))
		return -EACCES;
	return 0;
}

EXPORT int access(const char *path, int mode)
{
	return (int)libos_finish(may(AT_FDCWD, path, mode, 0));
}

EXPORT int faccessat(int folder, const char *path, int mode, int flags)
{
	return (int)libos_finish(may(folder, path, mode, flags));
}

EXPORT int euidaccess(const char *path, int mode)
{
	return (int)libos_finish(may(AT_FDCWD, path, mode, AT_EACCESS));
}

EXPORT __attribute__((alias("euidaccess"))) int eaccess(const char *path, int mode);

EXPORT __attribute__((alias("stat"))) int stat64(const char *restrict path, struct stat64 *restrict status);
EXPORT __attribute__((alias("lstat"))) int lstat64(const char *restrict path, struct stat64 *restrict status);
EXPORT __attribute__((alias("fstatat"))) int fstatat64(int folder, const char *restrict path,
						       struct stat64 *restrict status, int flags);

/* The names that programs built before glibc 2.33 call. */
EXPORT int __xstat(int version, const char *path, struct stat *status);
EXPORT int __lxstat(int version, const char *path, struct stat *status);
EXPORT int __fxstatat(int version, int folder, const char *path, struct stat *status, int flags);

int __xstat(int version, const char *path, struct stat *status)
{
	(void)version;
	return stat(path, status);
}

int __lxstat(int version, const char *path, struct stat *status)
{
	(void)version;
	return lstat(path, status);
}

int __fxstatat(int version, int folder, const char *path, struct stat *status, int flags)
{
	(void)version;
	return fstatat(folder, path, status, flags);
}

EXPORT __attribute__((alias("__xstat"))) int __xstat64(int version, const char *path, struct stat64 *status);
EXPORT __attribute__((alias("__lxstat"))) int __lxstat64(int version, const char *path, struct stat64 *status);
EXPORT __attribute__((alias("__fxstatat"))) int __fxstatat64(int version, int folder, const char *path,
							     struct stat64 *status, int flags);
