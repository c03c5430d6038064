// SPDX-License-Identifier: GPL-2.0-only
/* The WebAssembly form: its memory, and the arithmetic that clang calls for. */
#include <linux/types.h>
#include <linux/compiler.h>

#include "../form.h"

#define WASM_PAGE_BYTES 65536UL

extern char __heap_base[];	/* the linker's: the end of stack and data */

static unsigned long memory_end(void)
{
	return __builtin_wasm_memory_size(0) * WASM_PAGE_BYTES;
}

void lib_form_memory(unsigned long *start, unsigned long *used, unsigned long *end)
{
	*start = 0;
	*used = ((unsigned long)__heap_base + 4095) & ~4095UL;
	*end = memory_end();
}

unsigned long lib_form_memory_grow(unsigned long end)
{
	unsigned long now = memory_end();

	if (end > now)
		__builtin_wasm_memory_grow(0, (end - now + WASM_PAGE_BYTES - 1) / WASM_PAGE_BYTES);
	return memory_end();
}

/* 64 by 64 bits to 128: compiler-rt's function, whose result comes by a pointer. */
typedef unsigned __int128 u128_t;

u128_t __multi3(u128_t a, u128_t b);
u128_t __multi3(u128_t a, u128_t b)
{
	u64 al = a, bl = b, a0 = (u32)al, a1 = al >> 32, b0 = (u32)bl, b1 = bl >> 32;
	u64 low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (u32)mid;
	u64 high = a1 * b1 + (mid >> 32) + (mid2 >> 32);

	high += (u64)(a >> 64) * bl + al * (u64)(b >> 64);
	return (u128_t)high << 64 | (mid2 << 32 | (u32)low);
}
