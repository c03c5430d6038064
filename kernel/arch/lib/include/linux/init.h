/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_LINUX_INIT_H
#define __LIB_LINUX_INIT_H
/*
 * Stands before the kernel's own <linux/init.h>: a linker without scripts gives
 * __start_NAME and __stop_NAME for a section whose name is a C identifier, so
 * the initcall sections get such names. kernel/sections.c fixes their order.
 */
#define __initcall_start	__start_initcall_early
#define __initcall0_start	__start_initcall_0
#define __initcall1_start	__start_initcall_1
#define __initcall2_start	__start_initcall_2
#define __initcall3_start	__start_initcall_3
#define __initcall4_start	__start_initcall_4
#define __initcall5_start	__start_initcall_5
#define __initcall6_start	__start_initcall_6
#define __initcall7_start	__start_initcall_7
#define __initcall_end		__stop_initcall_7s
#define __con_initcall_start	__start_initcall_con
#define __con_initcall_end	__stop_initcall_con
#define __setup_start		__start_init_setup
#define __setup_end		__stop_init_setup

#include_next <linux/init.h>

#undef __initcall_section
#define __initcall_section(__sec, __iid)	#__sec
#undef ___define_initcall
#define ___define_initcall(fn, id, __sec)	__unique_initcall(fn, id, __sec, __initcall_id(fn))
#undef __define_initcall
#define __define_initcall(fn, id)		___define_initcall(fn, id, initcall_##id)
#undef console_initcall
#define console_initcall(fn)			___define_initcall(fn, con, initcall_con)


#undef __setup_param
#define __setup_param(str, unique_id, fn, early)			\
	static const char __setup_str_##unique_id[] __initconst		\
		__aligned(1) = str;					\
	static struct obs_kernel_param __setup_##unique_id		\
		__used __section("init_setup")				\
		__aligned(__alignof__(struct obs_kernel_param))		\
		= { __setup_str_##unique_id, fn, early }
#endif
