// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's allocator of pages, compiled here for one difference: where memory is
 * exhausted it would ask for what may not fail until something frees a page, and in
 * a call that runs to completion nothing does. So the host stops, with the reason.
 */
#ifndef CONFIG_LIB_WASM
#include "../native/allocator_hooks.h"
#endif
#include <linux/gfp.h>
#include <linux/panic.h>

static struct page *linux_alloc_pages(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes);

#define __alloc_pages_noprof	linux_alloc_pages
#include <mm/page_alloc.c>
#undef __alloc_pages_noprof

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes)
{
	const bool may_fail = !(gfp & __GFP_NOFAIL && gfp & __GFP_DIRECT_RECLAIM);
	struct page *page;

	if (likely(may_fail))
		return linux_alloc_pages(gfp, order, nid, nodes);
	gfp &= ~__GFP_NOFAIL;
	page = linux_alloc_pages(gfp | __GFP_NOWARN, order, nid, nodes);
	if (page)
		return page;
	/* The reserve, as Linux does. */
	gfp = (gfp & ~__GFP_NOMEMALLOC) | __GFP_MEMALLOC;
	page = linux_alloc_pages(gfp, order, nid, nodes);
	if (!page)
		panic("out of memory for an allocation that may not fail (2^%u pages)", order);
	return page;
}
