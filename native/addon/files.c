// SPDX-License-Identifier: GPL-2.0-only
/* Calls on file descriptors of any kind. Each takes what its system call takes; src/native/binding/files.ts tells. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api.h"

#define RANGES_MAX 64

static void *at(int64_t address)
{
	return (void *)(uintptr_t)address;
}

static napi_value file_read(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes to = libos_range(&call, 1);

	return libos_result(env, read((int)libos_integer(&call, 0), to.start, to.length));
}

static napi_value file_write(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes from = libos_range(&call, 1);

	return libos_result(env, write((int)libos_integer(&call, 0), from.start, from.length));
}

static napi_value file_pread(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes to = libos_range(&call, 1);

	return libos_result(env, pread((int)libos_integer(&call, 0), to.start, to.length,
				       libos_integer(&call, 4)));
}

static napi_value file_pwrite(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes from = libos_range(&call, 1);

	return libos_result(env, pwrite((int)libos_integer(&call, 0), from.start, from.length,
					libos_integer(&call, 4)));
}

static napi_value read_memory(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, read((int)libos_integer(&call, 0), at(libos_integer(&call, 1)),
				      (size_t)libos_integer(&call, 2)));
}

static napi_value write_memory(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, write((int)libos_integer(&call, 0), at(libos_integer(&call, 1)),
				       (size_t)libos_integer(&call, 2)));
}

/* Ranges of memory come as doubles: address, length, address, length … */
static int ranges(const struct libos_call *call, struct iovec *into)
{
	struct libos_bytes bytes = libos_bytes(call, 1);
	const double *numbers = (const double *)(void *)bytes.start;
	int64_t count = libos_integer(call, 2);

	if (count < 0 || count > RANGES_MAX || (size_t)count * 2 * sizeof(double) > bytes.length) {
		napi_throw_range_error(call->env, NULL, "libos: too many ranges, or fewer than said");
		return 0;
	}
	for (int64_t i = 0; i < count; i++)
		into[i] = (struct iovec){ at((int64_t)numbers[2 * i]), (size_t)numbers[2 * i + 1] };
	return (int)count;
}

static napi_value read_vector(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct iovec into[RANGES_MAX];
	int count = ranges(&call, into);

	return libos_result(env, readv((int)libos_integer(&call, 0), into, count));
}

static napi_value write_vector(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct iovec from[RANGES_MAX];
	int count = ranges(&call, from);

	return libos_result(env, writev((int)libos_integer(&call, 0), from, count));
}

static napi_value file_open(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	char path[PATH_MAX];

	if (!libos_text(&call, 0, path, sizeof(path)))
		return NULL;
	return libos_result(env, open(path, (int)libos_integer(&call, 1) | O_CLOEXEC,
				      (mode_t)libos_integer(&call, 2)));
}

static napi_value file_close(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, close((int)libos_integer(&call, 0)));
}

static napi_value file_fcntl(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, fcntl((int)libos_integer(&call, 0), (int)libos_integer(&call, 1),
				       (long)libos_integer(&call, 2)));
}

static napi_value file_pipe(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes fds = libos_bytes(&call, 1);

	if (fds.length < 2 * sizeof(int)) {
		napi_throw_range_error(env, NULL, "libos: a pipe's two descriptors need an Int32Array(2)");
		return NULL;
	}
	return libos_result(env, pipe2((int *)(void *)fds.start, (int)libos_integer(&call, 0) | O_CLOEXEC));
}

static napi_value file_eventfd(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, eventfd((unsigned int)libos_integer(&call, 0),
					 (int)libos_integer(&call, 1) | EFD_CLOEXEC));
}

static napi_value file_memfd(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	char name[64];

	if (!libos_text(&call, 0, name, sizeof(name)))
		return NULL;
	return libos_result(env, memfd_create(name, (unsigned int)libos_integer(&call, 1) | MFD_CLOEXEC));
}

static napi_value file_truncate(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, ftruncate((int)libos_integer(&call, 0), libos_integer(&call, 1)));
}

static napi_value file_inode(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct stat status;

	if (fstat((int)libos_integer(&call, 0), &status) < 0)
		return libos_result(env, -1);
	return libos_number(env, (double)status.st_ino);
}

static napi_value file_status(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes out = libos_bytes(&call, 1);
	double *fields = (double *)(void *)out.start;
	struct stat status;

	if (out.length < 4 * sizeof(double)) {
		napi_throw_range_error(env, NULL, "libos: a file's status needs a Float64Array(4)");
		return NULL;
	}
	if (fstat((int)libos_integer(&call, 0), &status) < 0)
		return libos_result(env, -1);
	fields[0] = (double)status.st_dev;
	fields[1] = (double)status.st_ino;
	fields[2] = status.st_mode;
	fields[3] = (double)status.st_size;
	return libos_result(env, 0);
}

static napi_value file_ioctl(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes argument = libos_bytes(&call, 2);

	return libos_result(env, ioctl((int)libos_integer(&call, 0),
				       (unsigned long)libos_integer(&call, 1), argument.start));
}

static napi_value file_ioctl_number(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, ioctl((int)libos_integer(&call, 0),
				       (unsigned long)libos_integer(&call, 1),
				       (unsigned long)libos_integer(&call, 2)));
}

/* FIONREAD, SIOCOUTQ and their kin: the number itself. */
static napi_value file_ioctl_value(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int value = 0;
	int result = ioctl((int)libos_integer(&call, 0), (unsigned long)libos_integer(&call, 1), &value);

	return libos_result(env, result < 0 ? -1 : value);
}

void libos_init_files(napi_env env, napi_value exports)
{
	libos_function(env, exports, "read", file_read);
	libos_function(env, exports, "write", file_write);
	libos_function(env, exports, "pread", file_pread);
	libos_function(env, exports, "pwrite", file_pwrite);
	libos_function(env, exports, "readMemory", read_memory);
	libos_function(env, exports, "writeMemory", write_memory);
	libos_function(env, exports, "readVector", read_vector);
	libos_function(env, exports, "writeVector", write_vector);
	libos_function(env, exports, "open", file_open);
	libos_function(env, exports, "close", file_close);
	libos_function(env, exports, "fcntl", file_fcntl);
	libos_function(env, exports, "pipe", file_pipe);
	libos_function(env, exports, "eventfd", file_eventfd);
	libos_function(env, exports, "memfd", file_memfd);
	libos_function(env, exports, "truncate", file_truncate);
	libos_function(env, exports, "inode", file_inode);
	libos_function(env, exports, "status", file_status);
	libos_function(env, exports, "ioctl", file_ioctl);
	libos_function(env, exports, "ioctlNumber", file_ioctl_number);
	libos_function(env, exports, "ioctlValue", file_ioctl_value);
}
