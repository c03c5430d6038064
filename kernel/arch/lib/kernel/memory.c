// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: one contiguous region that starts small and grows on demand. The pages
 * above its present end are reserved at boot; when Linux runs low it wakes
 * kswapd's queue, and what waits there is grow(), which hands it more of them.
 */
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/oom.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <linux/wait.h>
#include <asm/sections.h>

#include "lib.h"
#include "../form.h"

/* mm/internal.h */
extern int min_free_kbytes;
void setup_per_zone_wmarks(void);
void __init_single_page(struct page *page, unsigned long pfn, unsigned long zone, int nid);

unsigned long lib_region_start, lib_user_start, lib_memory_end;
static unsigned long memory_max;	/* end of the region at its limit */
static unsigned long grown_to;		/* end of what Linux has been given */
void *empty_zero_page;

/* Grows by an eighth of what there is, one MiB at least. */
#define GROW_BYTES_MIN	(1UL << 20)
/* Kept free for whatever one entry may take, in pages. */
#define FREE_PAGES_LOW	192UL
/* Linux would keep a MiB and more free of 64; whatever wants memory grows it at once. */
#define MIN_FREE_KBYTES	256

static bool grow(void)
{
	unsigned long want = max(GROW_BYTES_MIN, (grown_to - lib_region_start) / 8);
	unsigned long end = min(memory_max, PAGE_ALIGN(grown_to + want)), pfn;

	if (end <= grown_to)
		return false;
	if (end > lib_memory_end) {
		unsigned long now_end = lib_form_memory_grow(end);

		if (now_end <= grown_to)
			return false;
		lib_memory_end = now_end;
		end = min(memory_max, now_end & PAGE_MASK);
	}
	for (pfn = PFN_DOWN(grown_to); pfn < PFN_DOWN(end); pfn++) {
		struct page *page = pfn_to_page(pfn);

		__init_single_page(page, pfn, ZONE_NORMAL, 0);
		__SetPageReserved(page);
		free_reserved_page(page);
	}
	/* They have counted as managed since boot. */
	adjust_managed_page_count(pfn_to_page(PFN_DOWN(grown_to)),
				  -(long)PFN_DOWN(end - grown_to));
	grown_to = end;
	setup_per_zone_wmarks();
	return true;
}

static int on_low_memory(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_NORMAL];

	/* Woken against fragmentation, which more memory would not mend. */
	if (zone->watermark_boost) {
		zone->watermark_boost = 0;
		if (zone_watermark_ok(zone, 0, high_wmark_pages(zone), ZONE_NORMAL, 0))
			return 0;
	}
	grow();
	return 0;
}

static wait_queue_entry_t low_memory = { .func = on_low_memory };

static int __init watch_low_memory(void)
{
	add_wait_queue(&NODE_DATA(0)->kswapd_wait, &low_memory);
	return 0;
}
early_initcall(watch_low_memory);

/* Context: the end of an entry, so that the next one finds room. */
void lib_memory_balance(void)
{
	while (global_zone_page_state(NR_FREE_PAGES) < FREE_PAGES_LOW)
		if (!grow())
			break;
}

void __init lib_memory_setup(void)
{
	unsigned long start, used, end;

	lib_form_memory(&start, &used, &end);
	memory_max = max_t(u64, end, min_t(u64, lib_state.memory_max_bytes + start,
					   ULONG_MAX & ~((1UL << 20) - 1))) & PAGE_MASK;
	lib_region_start = start;
	lib_user_start = used;
	lib_memory_end = end;
	grown_to = end & PAGE_MASK;

	min_free_kbytes = MIN_FREE_KBYTES;
	min_low_pfn = PFN_DOWN(start);
	max_low_pfn = max_pfn = PFN_DOWN(memory_max);
	memblock_add(start, memory_max - start);
	memblock_reserve(start, used - start);
	memblock_reserve(grown_to, memory_max - grown_to);
	memblock_set_bottom_up(true);
	memblock_set_current_limit(grown_to);

	empty_zero_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!empty_zero_page)
		panic("no memory for the zero page");
}

void __init lib_zones_setup(void)
{
	unsigned long limits[MAX_NR_ZONES] = { };

	limits[ZONE_NORMAL] = max_low_pfn;
	free_area_init(limits);
}

/*
 * Linux has described every page up to the limit. Those that are not there yet
 * get their descriptions when they come: until then they are zero, which no page
 * in the allocator is, and cost neither memory nor a part of an image.
 */
static void __init forget_absent_pages(void)
{
	struct page *first = pfn_to_page(PFN_DOWN(grown_to));

	memset(first, 0, (PFN_DOWN(memory_max) - PFN_DOWN(grown_to)) * sizeof(*first));
}

void __init mem_init(void)
{
	set_max_mapnr(max_low_pfn - PFN_DOWN(ARCH_PFN_OFFSET << PAGE_SHIFT));
	high_memory = (void *)memory_max;
	memblock_free_all();
	/*
	 * What the region may still grow by counts as the machine's memory: Linux
	 * sizes its limits (TCP's buffers, threads) by it, though no page is free yet.
	 */
	if (memory_max > grown_to) {
		adjust_managed_page_count(pfn_to_page(PFN_DOWN(grown_to)),
					  PFN_DOWN(memory_max - grown_to));
		memblock_phys_free(grown_to, memory_max - grown_to);
		forget_absent_pages();
	}
}

static int __init set_watermarks(void)
{
	min_free_kbytes = MIN_FREE_KBYTES;
	setup_per_zone_wmarks();
	return 0;
}
postcore_initcall_sync(set_watermarks);	/* after init_per_zone_wmark_min() */

/*
 * No task has memory of its own that killing it would free, and without a task to
 * kill Linux panics. So whoever asks for memory when there is none is told so.
 */
static int __init fail_instead_of_killing(void)
{
	oom_killer_disable(0);
	return 0;
}
late_initcall(fail_instead_of_killing);

void free_initmem(void)
{
}

unsigned long lib_alloc(u32 size)
{
	void *memory;

	lib_enter(&init_task);
	memory = size ? kzalloc(max(size, 16U), GFP_KERNEL | __GFP_NOWARN) : NULL;
	lib_leave();
	return (unsigned long)memory;
}

void lib_free(unsigned long address)
{
	kfree((void *)address);
}
