// SPDX-License-Identifier: GPL-2.0-only
/*
 * What valgrind.h calls under valgrind: requests to memcheck, by its documented
 * interface for programs (valgrind/memcheck.h), which a kernel cannot include.
 */
#include <mm/slab.h>
#include <linux/mm.h>

#include "valgrind.h"

enum request {
	RUNNING_ON_VALGRIND	= 0x1001,
	MALLOCLIKE_BLOCK	= 0x1301,	/* address, size, redzone, is zeroed */
	FREELIKE_BLOCK		= 0x1302,	/* address, redzone */
	RESIZEINPLACE_BLOCK	= 0x130b,	/* address, old size, new size, redzone */
	CHANGE_ERR_DISABLEMENT	= 0x1801,	/* 1: less, -1: more is reported */
	/* memcheck's own: address, size */
	MAKE_MEM_NOACCESS	= 'M' << 24 | 'C' << 16,
	MAKE_MEM_UNDEFINED,
	MAKE_MEM_DEFINED,
	GET_VBITS		= MAKE_MEM_NOACCESS + 8,	/* address, bits, size */
};

bool lib_valgrind __ro_after_init;

/* Rotations that add up to none, and an exchange with itself: valgrind knows a request by them. */
static unsigned long ask(enum request request, unsigned long a, unsigned long b,
			 unsigned long c, unsigned long d)
{
	unsigned long words[6] = { request, a, b, c, d };
	unsigned long answer = 0;

	asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
		     "xchgq %%rbx, %%rbx" : "+d" (answer) : "a" (words) : "cc", "memory");
	return answer;
}

/* Context: before the first page or object is allocated. */
void __init lib_valgrind_setup(void)
{
	lib_valgrind = ask(RUNNING_ON_VALGRIND, 0, 0, 0, 0) != 0;
}

static void mark(enum request state, const void *address, size_t size)
{
	ask(state, (unsigned long)address, size, 0, 0);
}

void lib_valgrind_defined(const void *address, size_t size)
{
	mark(MAKE_MEM_DEFINED, address, size);
}

void lib_valgrind_silence(int change)
{
	ask(CHANGE_ERR_DISABLEMENT, change, 0, 0, 0);
}

void lib_valgrind_pages(struct page *page, int order, bool in_use)
{
	mark(in_use ? MAKE_MEM_UNDEFINED : MAKE_MEM_NOACCESS, page_address(page),
	     PAGE_SIZE << order);
}

void lib_valgrind_alloc(const void *object, size_t size)
{
	ask(MALLOCLIKE_BLOCK, (unsigned long)object, size, 0, false);
}

void lib_valgrind_free(const void *object)
{
	ask(FREELIKE_BLOCK, (unsigned long)object, 0, 0, 0);
}

static void resize(const void *object, size_t old_size, size_t new_size)
{
	if (old_size != new_size)
		ask(RESIZEINPLACE_BLOCK, (unsigned long)object, old_size, new_size, 0);
}

/* Only what was asked for: an object's cache may be one for larger ones. */
void lib_valgrind_kmalloc(struct kmem_cache *s, const void *object, size_t size)
{
	if (object)
		resize(object, s->object_size, size);
}

void lib_valgrind_kmalloc_large(const void *object, size_t size, gfp_t flags)
{
	if (!object)
		return;
	lib_valgrind_alloc(object, size);
	if (flags & __GFP_ZERO)
		lib_valgrind_defined(object, size);
}

static bool is_addressable(const void *address)
{
	char bits;

	return ask(GET_VBITS, (unsigned long)address, (unsigned long)&bits, 1, 0) == 1;
}

/* An object that keeps its place: memcheck knows how long it was, Linux does not. */
void lib_valgrind_krealloc(const void *object, size_t new_size, gfp_t flags)
{
	size_t old_size;

	if (ZERO_OR_NULL_PTR(object))
		return;
	for (old_size = ksize(object); old_size > 1; old_size--)
		if (is_addressable(object + old_size - 1))
			break;
	resize(object, old_size, new_size);
	if (new_size > old_size && flags & __GFP_ZERO)
		lib_valgrind_defined(object + old_size, new_size - old_size);
}

void lib_valgrind_slab_alloc(struct kmem_cache *s, void *object)
{
	if (!object)
		return;
	lib_valgrind_alloc(object, s->object_size);
	/* As the constructor left it, or its last user. The very first is still on its list. */
	if (s->ctor || slab_state == DOWN)
		lib_valgrind_defined(object, s->object_size);
}

/* The allocator goes on using the word that leads to the next free object. */
static void leave_free_pointer(struct kmem_cache *s, void *object)
{
	if (s->offset < s->object_size)
		lib_valgrind_defined(object + s->offset, sizeof(void *));
}

void lib_valgrind_slab_free(struct kmem_cache *s, void *object)
{
	lib_valgrind_free(object);
	leave_free_pointer(s, object);
}

/* Free from the beginning, in a new slab. */
void lib_valgrind_slab_init(struct kmem_cache *s, void *object)
{
	mark(MAKE_MEM_NOACCESS, object, s->object_size);
	leave_free_pointer(s, object);
}

void lib_valgrind_constructed(struct kmem_cache *s, void *object, bool in_use)
{
	mark(in_use ? MAKE_MEM_UNDEFINED : MAKE_MEM_NOACCESS, object, s->object_size);
}
