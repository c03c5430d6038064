// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's allocator of objects, compiled here for one difference: it makes no
 * files in /sys/kernel/slab. There would be some two thousand of them, a quarter
 * of what a host takes of memory, and a good part of its boot.
 */
#ifndef CONFIG_LIB_WASM
#include "../native/allocator_hooks.h"
#endif
#include <mm/slab.h>

#undef SLAB_SUPPORTS_SYSFS
#include <mm/slub.c>

/* What mm/slab_common.c calls; the first and the last would have kobjects to take care of. */
int sysfs_slab_alias(struct kmem_cache *s, const char *name)
{
	return 0;
}

void sysfs_slab_unlink(struct kmem_cache *s)
{
}

void sysfs_slab_release(struct kmem_cache *s)
{
	slab_kmem_cache_release(s);
}
