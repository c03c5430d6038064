/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_ADDON_COPIES_H
#define LIBOS_ADDON_COPIES_H
/* Private copies of a kernel's shared object, and memory for them. */
#include <stdbool.h>
#include <stddef.h>

#include "kernel/copy.h"

struct libos_copy {
	void *library;
	/* The anonymous file that it was loaded from, or -1. The loader knows it by this number. */
	int fd;
	const struct copy_calls *calls;
};

/* Loads a copy that shares no data with any other; false, and why in `error`, when it cannot. */
bool libos_copy_load(const char *path, struct libos_copy *copy, char *error, size_t error_size);
void libos_copy_unload(struct libos_copy *copy);

/* Address space below 4 GiB, NULL when there is none left. Pages cost nothing until they are touched. */
void *libos_region_map(size_t size);

#endif
