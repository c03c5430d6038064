/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_ATOMIC_H
#define __ASM_LIB_ATOMIC_H
/*
 * One processor and no interrupts within a call: plain reads and writes are
 * atomic, in 64 bits too.
 */
#include <asm/cmpxchg.h>
#include <asm/barrier.h>
#include <linux/types.h>

#define LIB_ATOMIC_OP(bits, type, prefix, op, c_op)			\
static __always_inline void arch_##prefix##_##op(type i, prefix##_t *v)	\
{									\
	v->counter = v->counter c_op i;					\
}
#define LIB_ATOMIC_OP_RETURN(bits, type, prefix, op, c_op)		\
static __always_inline type arch_##prefix##_##op##_return(type i, prefix##_t *v) \
{									\
	return v->counter = v->counter c_op i;				\
}
#define LIB_ATOMIC_FETCH_OP(bits, type, prefix, op, c_op)		\
static __always_inline type arch_##prefix##_fetch_##op(type i, prefix##_t *v) \
{									\
	type old = v->counter;						\
	v->counter = old c_op i;					\
	return old;							\
}
#define LIB_ATOMIC_ALL(bits, type, prefix)				\
	LIB_ATOMIC_OP(bits, type, prefix, add, +)			\
	LIB_ATOMIC_OP(bits, type, prefix, sub, -)			\
	LIB_ATOMIC_OP(bits, type, prefix, and, &)			\
	LIB_ATOMIC_OP(bits, type, prefix, or, |)			\
	LIB_ATOMIC_OP(bits, type, prefix, xor, ^)			\
	LIB_ATOMIC_OP_RETURN(bits, type, prefix, add, +)		\
	LIB_ATOMIC_OP_RETURN(bits, type, prefix, sub, -)		\
	LIB_ATOMIC_FETCH_OP(bits, type, prefix, add, +)			\
	LIB_ATOMIC_FETCH_OP(bits, type, prefix, sub, -)			\
	LIB_ATOMIC_FETCH_OP(bits, type, prefix, and, &)			\
	LIB_ATOMIC_FETCH_OP(bits, type, prefix, or, |)			\
	LIB_ATOMIC_FETCH_OP(bits, type, prefix, xor, ^)

#define arch_atomic_read(v)	READ_ONCE((v)->counter)
#define arch_atomic_set(v, i)	WRITE_ONCE(((v)->counter), (i))

LIB_ATOMIC_ALL(32, int, atomic)
#define arch_atomic_add_return		arch_atomic_add_return
#define arch_atomic_sub_return		arch_atomic_sub_return
#define arch_atomic_fetch_add		arch_atomic_fetch_add
#define arch_atomic_fetch_sub		arch_atomic_fetch_sub
#define arch_atomic_fetch_and		arch_atomic_fetch_and
#define arch_atomic_fetch_or		arch_atomic_fetch_or
#define arch_atomic_fetch_xor		arch_atomic_fetch_xor
#define arch_atomic_add			arch_atomic_add
#define arch_atomic_sub			arch_atomic_sub
#define arch_atomic_and			arch_atomic_and
#define arch_atomic_or			arch_atomic_or
#define arch_atomic_xor			arch_atomic_xor

#ifndef CONFIG_64BIT
typedef struct {
	s64 counter;
} atomic64_t;
#endif
#define ATOMIC64_INIT(i)	{ (i) }
#define arch_atomic64_read(v)	READ_ONCE((v)->counter)
#define arch_atomic64_set(v, i)	((v)->counter = (i))

LIB_ATOMIC_ALL(64, s64, atomic64)
#define arch_atomic64_add_return	arch_atomic64_add_return
#define arch_atomic64_sub_return	arch_atomic64_sub_return
#define arch_atomic64_fetch_add		arch_atomic64_fetch_add
#define arch_atomic64_fetch_sub		arch_atomic64_fetch_sub
#define arch_atomic64_fetch_and		arch_atomic64_fetch_and
#define arch_atomic64_fetch_or		arch_atomic64_fetch_or
#define arch_atomic64_fetch_xor		arch_atomic64_fetch_xor

static __always_inline s64 arch_atomic64_cmpxchg(atomic64_t *v, s64 old, s64 new)
{
	s64 value = v->counter;

	if (value == old)
		v->counter = new;
	return value;
}
#define arch_atomic64_cmpxchg		arch_atomic64_cmpxchg

static __always_inline s64 arch_atomic64_xchg(atomic64_t *v, s64 new)
{
	s64 value = v->counter;

	v->counter = new;
	return value;
}
#define arch_atomic64_xchg		arch_atomic64_xchg
#endif
