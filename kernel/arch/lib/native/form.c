// SPDX-License-Identifier: GPL-2.0-only
/*
 * The native form: its memory is a region of address space that the host program
 * has mapped (lib_shared's memory_base and memory_max_bytes) and that is backed
 * page by page when Linux first touches it. Growing takes nothing from the host;
 * the end still moves in steps, so that Linux uses again what was freed before it
 * touches more.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../kernel/lib.h"
#include "../form.h"
#include "valgrind.h"

/* What Linux has at boot. */
#define MEMORY_BYTES_AT_BOOT	SZ_8M

static unsigned long region_end(void)
{
	return (lib_state.memory_base + lib_state.memory_max_bytes) & PAGE_MASK;
}

void lib_form_memory(unsigned long *start, unsigned long *used, unsigned long *end)
{
	static char text[120];

	lib_valgrind_setup();
	if (!lib_state.memory_base || lib_state.memory_max_bytes < MEMORY_BYTES_AT_BOOT) {
		snprintf(text, sizeof(text),
			 "lib_shared gives %llu bytes of memory at 0x%llx, the native form needs %u at least",
			 lib_state.memory_max_bytes, lib_state.memory_base, MEMORY_BYTES_AT_BOOT);
		lib_die(LIB_DIE_PANIC, text);
	}
	*start = PAGE_ALIGN(lib_state.memory_base);
	*used = *start;
	*end = min(*start + MEMORY_BYTES_AT_BOOT, region_end());
}

unsigned long lib_form_memory_grow(unsigned long end)
{
	return min(end, region_end());
}
