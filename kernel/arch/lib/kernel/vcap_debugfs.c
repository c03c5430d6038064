// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VCAP library's files in debugfs, with their test (vcap_api_debugfs.c, compiled
 * through this file). The test gives the library a function to print with that returns
 * a number, where the library calls one that returns nothing. Calls through pointers are
 * checked for their signature in WebAssembly, so what is given gets the library's.
 */
#include <linux/printk.h>

#ifdef CONFIG_VCAP_KUNIT_TEST
static __printf(2, 3) int count_printed(void *out, const char *fmt, ...);

static __printf(2, 3) void test_prf(void *out, const char *fmt, ...)
{
	va_list args;
	struct va_format rest = { .fmt = fmt, .va = &args };

	va_start(args, fmt);
	count_printed(out, "%pV", &rest);
	va_end(args);
}

/* With parameters: so it is the definition that gets another name, and not what is given. */
#define test_prf(...)			count_printed(__VA_ARGS__)
#endif

#include <drivers/net/ethernet/microchip/vcap/vcap_api_debugfs.c>
