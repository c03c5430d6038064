// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private copies of a kernel's shared object. A loader takes the same file for the same library, so that the first
 * copy in a process is the file itself and each further one an anonymous file with its contents.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies.h"

/* Regions lie between these, taken from the end: what programs themselves map here grows from its start. */
#define REGIONS_START 0x10000000UL
#define REGIONS_END 0x100000000UL
#define REGION_STEP 0x100000UL

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static int anonymous_copy(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	off_t at = 0;
	int to;

	if (from < 0)
		return -1;
	to = memfd_create("libos-kernel", MFD_CLOEXEC);
	if (to < 0 || fstat(from, &status) < 0)
		goto fail;
	while (at < status.st_size) {
		if (sendfile(to, from, &at, (size_t)(status.st_size - at)) <= 0)
			goto fail;
	}
	close(from);
	return to;
fail:
	if (to >= 0)
		close(to);
	close(from);
	return -1;
}

/* By a name under which other processes find it too: a debugger looks for its symbols there. */
static bool name_of(int fd, char *name, size_t size)
{
	char process[24];
	ssize_t length = readlink("/proc/self", process, sizeof(process) - 1);

	if (length < 0)
		return false;
	process[length] = '\0';
	snprintf(name, size, "/proc/%s/fd/%d", process, fd);
	return true;
}

static bool load_copy(const char *path, struct libos_copy *copy, char *error, size_t error_size)
{
	void *others = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	char anonymous[64];

	if (others) {
		/* Somebody has the file; this was one more reference to that copy. */
		dlclose(others);
		copy->fd = anonymous_copy(path);
		if (copy->fd < 0 || !name_of(copy->fd, anonymous, sizeof(anonymous))) {
			snprintf(error, error_size, "cannot copy it: %s", strerror(errno));
			goto fail;
		}
		path = anonymous;
	}
	copy->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (copy->library)
		return true;
	snprintf(error, error_size, "%s", dlerror());
fail:
	if (copy->fd >= 0)
		close(copy->fd);
	return false;
}

bool libos_copy_load(const char *path, struct libos_copy *copy, char *error, size_t error_size)
{
	bool loaded;

	*copy = (struct libos_copy){ .fd = -1 };
	pthread_mutex_lock(&loading);
	loaded = load_copy(path, copy, error, error_size);
	pthread_mutex_unlock(&loading);
	if (!loaded)
		return false;
	copy->calls = dlsym(copy->library, "libos_kernel_copy");
	if (copy->calls && copy->calls->version == COPY_VERSION &&
	    copy->calls->abi_version == LIB_ABI_VERSION)
		return true;
	snprintf(error, error_size, "it is of another version of libos");
	libos_copy_unload(copy);
	return false;
}

void libos_copy_unload(struct libos_copy *copy)
{
	pthread_mutex_lock(&loading);
	dlclose(copy->library);
	pthread_mutex_unlock(&loading);
	if (copy->fd >= 0)
		close(copy->fd);
	copy->library = NULL;
}

void *libos_region_map(size_t size)
{
	if (size == 0 || size > REGIONS_END - REGIONS_START)
		return NULL;
	for (unsigned long at = REGIONS_END - size; at >= REGIONS_START; at -= REGION_STEP) {
		void *region = mmap((void *)at, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
				    -1, 0);

		if (region == (void *)at)
			return region;
		/* A Linux that does not know the flag takes another place. */
		if (region != MAP_FAILED)
			munmap(region, size);
	}
	return NULL;
}
