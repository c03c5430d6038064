// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another process, as the one who answers its calls sees it: its memory, its descriptors, its signals. A process
 * is named by one of its threads, which must not end meanwhile: it waits for an answer.
 * src/native/binding/process.ts tells what each function takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

#define HANDLES 256
#define RANGES_MAX 1024

/* Open pidfds by thread: opening one for each call would cost as much as the call. */
static struct handle {
	pid_t tid;
	/* Where the handle is the group's, for a Linux before 6.9; otherwise 0. */
	pid_t group;
	int fd;
} handles[HANDLES];

/* The thread group of a thread, or -1 and errno. */
static pid_t group_of(pid_t tid)
{
	char path[64], text[4096];
	const char *found;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		errno = ESRCH;
		return -1;
	}
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	found = strstr(text, "\nTgid:");
	if (!found) {
		errno = ESRCH;
		return -1;
	}
	return atoi(found + strlen("\nTgid:"));
}

static int open_handle(struct handle *handle, pid_t tid)
{
	if (handle->tid)
		close(handle->fd);
	*handle = (struct handle){ 0 };
	handle->fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (handle->fd < 0 && errno == EINVAL) {
		pid_t group = group_of(tid);

		if (group < 0)
			return -1;
		handle->group = group;
		handle->fd = (int)syscall(SYS_pidfd_open, group, 0);
	}
	if (handle->fd < 0)
		return -1;
	handle->tid = tid;
	return 0;
}

/* A copy of a thread's descriptor, or -1 and errno. */
static int borrow(pid_t tid, int fd)
{
	struct handle *handle = &handles[(uint32_t)tid % HANDLES];
	bool fresh = false;

	if (handle->tid != tid ||
	    (handle->group && syscall(SYS_tgkill, handle->group, tid, 0) < 0)) {
		if (open_handle(handle, tid) < 0)
			return -1;
		fresh = true;
	}
	for (;;) {
		int got = (int)syscall(SYS_pidfd_getfd, handle->fd, fd, 0);

		/* The number may be another thread's by now. */
		if (got >= 0 || errno != ESRCH || fresh)
			return got;
		if (open_handle(handle, tid) < 0)
			return -1;
		fresh = true;
	}
}

/* (tid, fd): a descriptor of our own, or -errno. */
static napi_value process_borrow(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, borrow((pid_t)libos_integer(&call, 0), (int)libos_integer(&call, 1)));
}

/* (tid, fd, fields): st_ino, st_mode and the flags of F_GETFL; 0 or -errno. */
static napi_value process_identify(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes out = libos_bytes(&call, 2);
	double *fields = (double *)(void *)out.start;
	struct stat status;
	int fd, result;

	if (out.length < 3 * sizeof(double)) {
		napi_throw_range_error(env, NULL, "libos: an identity needs a Float64Array(3)");
		return NULL;
	}
	fd = borrow((pid_t)libos_integer(&call, 0), (int)libos_integer(&call, 1));
	if (fd < 0)
		return libos_result(env, -1);
	result = fstat(fd, &status);
	if (result == 0) {
		fields[0] = (double)status.st_ino;
		fields[1] = status.st_mode;
		fields[2] = fcntl(fd, F_GETFL);
	}
	close(fd);
	return libos_number(env, result < 0 ? -EBADF : 0);
}

/* (tid): the id of its thread group, or -errno. */
static napi_value process_group(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, group_of((pid_t)libos_integer(&call, 0)));
}

/* (pid): a descriptor that becomes readable when the process has ended, or -errno. */
static napi_value process_open(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, syscall(SYS_pidfd_open, (pid_t)libos_integer(&call, 0), 0));
}

/* (pid, tid, signal): 0 or -errno. */
static napi_value process_signal(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, syscall(SYS_tgkill, (pid_t)libos_integer(&call, 0),
					 (pid_t)libos_integer(&call, 1), (int)libos_integer(&call, 2)));
}

typedef ssize_t transfer(pid_t pid, const struct iovec *ours, unsigned long our_count,
			 const struct iovec *theirs, unsigned long their_count, unsigned long flags);

/* (tid, address, bytes, offset, length): how many bytes, or -errno. */
static napi_value move(napi_env env, napi_callback_info info, transfer *transfer)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes ours = libos_range(&call, 2);
	struct iovec here = { ours.start, ours.length };
	struct iovec there = { (void *)(uintptr_t)libos_integer(&call, 1), ours.length };

	if (ours.length == 0)
		return libos_number(env, 0);
	return libos_result(env, transfer((pid_t)libos_integer(&call, 0), &here, 1, &there, 1, 0));
}

/* (tid, address, length, address, length … as doubles, how many of these pairs, bytes, offset, length): as above. */
static napi_value move_vector(napi_env env, napi_callback_info info, transfer *transfer)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes ranges = libos_bytes(&call, 1);
	const double *numbers = (const double *)(void *)ranges.start;
	int64_t count = libos_integer(&call, 2);
	struct libos_bytes ours = libos_range(&call, 3);
	struct iovec here = { ours.start, ours.length };
	struct iovec there[RANGES_MAX];

	if (count < 0 || count > RANGES_MAX || (size_t)count * 2 * sizeof(double) > ranges.length) {
		napi_throw_range_error(env, NULL, "libos: too many ranges, or fewer than said");
		return NULL;
	}
	for (int64_t i = 0; i < count; i++)
		there[i] = (struct iovec){ (void *)(uintptr_t)numbers[2 * i], (size_t)numbers[2 * i + 1] };
	if (ours.length == 0)
		return libos_number(env, 0);
	return libos_result(env, transfer((pid_t)libos_integer(&call, 0), &here, 1, there,
					  (unsigned long)count, 0));
}

static napi_value process_read(napi_env env, napi_callback_info info)
{
	return move(env, info, process_vm_readv);
}

static napi_value process_write(napi_env env, napi_callback_info info)
{
	return move(env, info, process_vm_writev);
}

static napi_value process_read_vector(napi_env env, napi_callback_info info)
{
	return move_vector(env, info, process_vm_readv);
}

static napi_value process_write_vector(napi_env env, napi_callback_info info)
{
	return move_vector(env, info, process_vm_writev);
}

void libos_init_process(napi_env env, napi_value exports)
{
	libos_function(env, exports, "processBorrow", process_borrow);
	libos_function(env, exports, "processIdentify", process_identify);
	libos_function(env, exports, "processGroup", process_group);
	libos_function(env, exports, "processOpen", process_open);
	libos_function(env, exports, "processSignal", process_signal);
	libos_function(env, exports, "processRead", process_read);
	libos_function(env, exports, "processWrite", process_write);
	libos_function(env, exports, "processReadVector", process_read_vector);
	libos_function(env, exports, "processWriteVector", process_write_vector);
}
