/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_KUNIT_TEST_H
#define __LIB_KUNIT_TEST_H
/*
 * Stands before the kernel's own <kunit/test.h>, as <linux/init.h> does before
 * Linux's: the tables of suites get sections whose bounds the linker gives.
 */
#define __kunit_suites_start		__start_kunit_suites
#define __kunit_suites_end		__stop_kunit_suites
#define __kunit_init_suites_start	__start_kunit_init_suites
#define __kunit_init_suites_end		__stop_kunit_init_suites

#include_next <kunit/test.h>

#undef __kunit_test_suites
#define __kunit_test_suites(unique_array, ...)				\
	static struct kunit_suite *unique_array[]			\
	__aligned(sizeof(struct kunit_suite *))				\
	__used __section("kunit_suites") = { __VA_ARGS__ }

#undef __kunit_init_test_suites
#define __kunit_init_test_suites(unique_array, ...)			\
	static struct kunit_suite *unique_array[]			\
	__aligned(sizeof(struct kunit_suite *))				\
	__used __section("kunit_init_suites") = { __VA_ARGS__ }

/* A kernel may hold no suite of a kind, and then has no such section. */
extern struct kunit_suite * const __kunit_suites_start[] __weak;
extern struct kunit_suite * const __kunit_suites_end[] __weak;
extern struct kunit_suite * const __kunit_init_suites_start[] __weak;
extern struct kunit_suite * const __kunit_init_suites_end[] __weak;
#endif
