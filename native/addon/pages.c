// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that memories of WebAssembly share until they write to them: a file in memory that is laid over their
 * beginning, copy on write. And pages that a memory is given before it touches them.
 * src/addon/binding/pages.ts tells what each function takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api.h"

/* Each has a descriptor, of which a process has a thousand for all that it does. */
#define FILES_MAX 64

struct pages {
	int fd;
};

/* Of all threads. */
static atomic_int files;

/* Nobody has it any more, or its thread has ended; mappings stay. */
static void release(napi_env env, void *data, void *hint)
{
	struct pages *pages = data;

	(void)env;
	(void)hint;
	close(pages->fd);
	free(pages);
	atomic_fetch_sub(&files, 1);
}

static napi_value pages_create(napi_env env, napi_callback_info info)
{
	struct pages *pages = malloc(sizeof(*pages));
	napi_value handle;
	int error = ENOMEM;

	(void)info;
	if (atomic_fetch_add(&files, 1) >= FILES_MAX) {
		error = EMFILE;
	} else if (pages) {
		pages->fd = memfd_create("libos-pages", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (pages->fd >= 0) {
			napi_create_external(env, pages, release, NULL, &handle);
			return handle;
		}
		error = errno;
	}
	atomic_fetch_sub(&files, 1);
	free(pages);
	return libos_number(env, -error);
}

static struct pages *pages_of(const struct libos_call *call)
{
	return libos_handle(call, 0, "libos: a handle of pages is needed");
}

static napi_value pages_write(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct pages *pages = pages_of(&call);
	struct libos_bytes from = libos_bytes(&call, 1);
	off_t at = (off_t)libos_integer(&call, 2);

	while (pages && from.length > 0) {
		ssize_t written = pwrite(pages->fd, from.start, from.length, at);

		if (written < 0)
			return libos_result(env, -1);
		from.start += written;
		from.length -= (size_t)written;
		at += written;
	}
	return libos_number(env, 0);
}

/* Nothing changes the file from now on, whoever finds it. */
static napi_value pages_seal(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct pages *pages = pages_of(&call);

	if (!pages)
		return NULL;
	if (ftruncate(pages->fd, (off_t)libos_integer(&call, 1)) < 0)
		return libos_result(env, -1);
	return libos_result(env, fcntl(pages->fd, F_ADD_SEALS,
				       F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
}

static napi_value pages_lay_over(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct pages *pages = pages_of(&call);
	struct libos_bytes over = libos_bytes(&call, 1);
	size_t length = (size_t)libos_integer(&call, 2);
	void *mapped;

	if (!pages)
		return NULL;
	if (length > over.length)
		return libos_number(env, -EINVAL);
	mapped = mmap(over.start, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, pages->fd, 0);
	return libos_result(env, mapped == MAP_FAILED ? -1 : 0);
}

static napi_value resident_ranges(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes bytes = libos_bytes(&call, 0);
	struct libos_bytes into = libos_bytes(&call, 1);
	double *numbers = (double *)(void *)into.start;
	size_t count_max = into.length / (2 * sizeof(double)), count = 0;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), pages = bytes.length / page_bytes;
	unsigned char *is_there = malloc(pages + 1);

	if (!is_there || mincore(bytes.start, bytes.length, is_there) < 0) {
		int error = is_there ? errno : ENOMEM;

		free(is_there);
		return libos_number(env, -error);
	}
	for (size_t page = 0, end; page < pages && count < count_max; page = end + 1) {
		for (end = page; end < pages && is_there[end] & 1; end++)
			;
		if (end == page)
			continue;
		numbers[2 * count] = (double)(page * page_bytes);
		numbers[2 * count + 1] = (double)((end - page) * page_bytes);
		count++;
	}
	free(is_there);
	return libos_number(env, (double)count);
}

static napi_value populate(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes range = libos_range(&call, 0);

	return libos_result(env, madvise(range.start, range.length, MADV_POPULATE_WRITE));
}

void libos_init_pages(napi_env env, napi_value exports)
{
	libos_function(env, exports, "pagesCreate", pages_create);
	libos_function(env, exports, "pagesWrite", pages_write);
	libos_function(env, exports, "pagesSeal", pages_seal);
	libos_function(env, exports, "pagesLayOver", pages_lay_over);
	libos_function(env, exports, "residentRanges", resident_ranges);
	libos_function(env, exports, "populate", populate);
}
