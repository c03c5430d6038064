/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_NATIVE_VALGRIND_H
#define __LIB_NATIVE_VALGRIND_H
/* What allocator_hooks.h calls when the program runs under valgrind. */
#include <linux/types.h>

struct kmem_cache;
struct page;

/* Whether the program runs under valgrind. */
extern bool lib_valgrind;
void lib_valgrind_setup(void);

void lib_valgrind_pages(struct page *page, int order, bool in_use);

void lib_valgrind_slab_alloc(struct kmem_cache *s, void *object);
void lib_valgrind_slab_free(struct kmem_cache *s, void *object);
void lib_valgrind_slab_init(struct kmem_cache *s, void *object);
void lib_valgrind_constructed(struct kmem_cache *s, void *object, bool in_use);
void lib_valgrind_kmalloc(struct kmem_cache *s, const void *object, size_t size);
void lib_valgrind_kmalloc_large(const void *object, size_t size, gfp_t flags);
void lib_valgrind_krealloc(const void *object, size_t new_size, gfp_t flags);

void lib_valgrind_alloc(const void *object, size_t size);
void lib_valgrind_free(const void *object);
void lib_valgrind_defined(const void *address, size_t size);
/* 1: reports nothing any more, -1: reports again. */
void lib_valgrind_silence(int change);
#endif
