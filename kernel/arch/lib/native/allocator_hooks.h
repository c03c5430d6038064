/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_NATIVE_ALLOCATOR_HOOKS_H
#define __LIB_NATIVE_ALLOCATOR_HOOKS_H
/*
 * Tells valgrind's memcheck what Linux's allocators do, at the places where they
 * tell KASAN: without, a host's memory is one region to it. Stands before the files
 * of Linux that ../Makefile names, and in ../kernel/{slub,page_alloc}.c. Outside of
 * valgrind each place costs a test of lib_valgrind.
 *
 * An object's bytes are undefined from its allocation on and out of bounds from
 * its freeing on, the word that chains free objects excepted. So are pages.
 */
#define HAVE_ARCH_ALLOC_PAGE
#define HAVE_ARCH_FREE_PAGE
#include <linux/kasan.h>

#include "valgrind.h"

static inline void arch_alloc_page(struct page *page, int order)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_pages(page, order, true);
}

static inline void arch_free_page(struct page *page, int order)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_pages(page, order, false);
}

static inline void *lib_slab_init(struct kmem_cache *s, const void *object)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_slab_init(s, (void *)object);
	return (void *)object;
}
#define kasan_init_slab_obj lib_slab_init

static inline void lib_slab_unpoison_new(struct kmem_cache *s, void *object)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_constructed(s, object, true);
}
#define kasan_unpoison_new_object lib_slab_unpoison_new

static inline void lib_slab_poison_new(struct kmem_cache *s, void *object)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_constructed(s, object, false);
}
#define kasan_poison_new_object lib_slab_poison_new

static inline void *lib_slab_alloc(struct kmem_cache *s, void *object, gfp_t flags, bool init)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_slab_alloc(s, object);
	return object;
}
#define kasan_slab_alloc lib_slab_alloc

static inline bool lib_slab_free(struct kmem_cache *s, void *object, bool init,
				 bool still_accessible)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_slab_free(s, object);
	return false;
}
#define kasan_slab_free lib_slab_free

static inline void *lib_kmalloc(struct kmem_cache *s, const void *object, size_t size, gfp_t flags)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_kmalloc(s, object, size);
	return (void *)object;
}
#define kasan_kmalloc lib_kmalloc

static inline void *lib_kmalloc_large(const void *object, size_t size, gfp_t flags)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_kmalloc_large(object, size, flags);
	return (void *)object;
}
#define kasan_kmalloc_large lib_kmalloc_large

static inline void lib_kfree_large(void *object)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_free(object);
}
#define kasan_kfree_large lib_kfree_large

static inline void *lib_krealloc(const void *object, size_t new_size, gfp_t flags)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_krealloc(object, new_size, flags);
	return (void *)object;
}
#define kasan_krealloc lib_krealloc

static inline void lib_unpoison_range(const void *address, size_t size)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_defined(address, size);
}
#define kasan_unpoison_range lib_unpoison_range

/* The cache of freed socket buffers in net/core/skbuff.c. */
static inline bool lib_mempool_poison_object(void *object)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_free(object);
	return true;
}
#define kasan_mempool_poison_object lib_mempool_poison_object

static inline void lib_mempool_unpoison_object(void *object, size_t size)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_alloc(object, size);
}
#define kasan_mempool_unpoison_object lib_mempool_unpoison_object

/* Around accesses past the end of what was asked for, which the allocator may make. */
static inline void lib_disable_current(void)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_silence(1);
}
#define kasan_disable_current lib_disable_current

static inline void lib_enable_current(void)
{
	if (unlikely(lib_valgrind))
		lib_valgrind_silence(-1);
}
#define kasan_enable_current lib_enable_current
#endif
