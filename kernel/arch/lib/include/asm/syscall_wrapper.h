/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_SYSCALL_WRAPPER_H
#define __ASM_LIB_SYSCALL_WRAPPER_H
/*
 * Each system call becomes one function of one type, so that a table of them
 * can be called (WebAssembly checks signatures). It takes its arguments from
 * registers in order; a 64-bit one takes two where long has 32 bits.
 */
#include <asm/ptrace.h>

static __always_inline unsigned long lib_arg_long(const unsigned long **args)
{
	return *(*args)++;
}

static __always_inline u64 lib_arg_u64(const unsigned long **args)
{
	u64 value = *(*args)++;

	if (sizeof(long) == 4)
		value |= (u64)*(*args)++ << 32;
	return value;
}

#define LIB_SC_INIT(t, a)						\
	.a = (__typeof(__builtin_choose_expr(__TYPE_IS_LL(t), 0LL, 0L)))	\
		__builtin_choose_expr(__TYPE_IS_LL(t),			\
				      lib_arg_u64(&p), lib_arg_long(&p))
#define LIB_SC_FIELD1(t, a)	__SC_LONG(t, a);
#define LIB_SC_FIELD2(t, a, ...) __SC_LONG(t, a); LIB_SC_FIELD1(__VA_ARGS__)
#define LIB_SC_FIELD3(t, a, ...) __SC_LONG(t, a); LIB_SC_FIELD2(__VA_ARGS__)
#define LIB_SC_FIELD4(t, a, ...) __SC_LONG(t, a); LIB_SC_FIELD3(__VA_ARGS__)
#define LIB_SC_FIELD5(t, a, ...) __SC_LONG(t, a); LIB_SC_FIELD4(__VA_ARGS__)
#define LIB_SC_FIELD6(t, a, ...) __SC_LONG(t, a); LIB_SC_FIELD5(__VA_ARGS__)
#define LIB_SC_PASS(t, a)	(__force t) v.a

#define __SYSCALL_DEFINEx(x, name, ...)					\
	asmlinkage long __lib_sys##name(const struct pt_regs *regs);	\
	static inline long __do_sys##name(__MAP(x, __SC_DECL, __VA_ARGS__)); \
	asmlinkage long __lib_sys##name(const struct pt_regs *regs)	\
	{								\
		const unsigned long *p = regs->args;			\
		struct { LIB_SC_FIELD##x(__VA_ARGS__) } v = {		\
			__MAP(x, LIB_SC_INIT, __VA_ARGS__)		\
		};							\
		return __do_sys##name(__MAP(x, LIB_SC_PASS, __VA_ARGS__)); \
	}								\
	static inline long __do_sys##name(__MAP(x, __SC_DECL, __VA_ARGS__))

#define SYSCALL_DEFINE0(sname)						\
	asmlinkage long __lib_sys_##sname(const struct pt_regs *__unused); \
	asmlinkage long __lib_sys_##sname(const struct pt_regs *__unused)

#define COND_SYSCALL(name)						\
	asmlinkage long __lib_sys_##name(const struct pt_regs *regs);	\
	asmlinkage long __weak __lib_sys_##name(const struct pt_regs *regs) \
	{								\
		return sys_ni_syscall();				\
	}
#endif
