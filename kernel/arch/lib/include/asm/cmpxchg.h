/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_CMPXCHG_H
#define __ASM_LIB_CMPXCHG_H
/* One processor and no interrupts within a call: see asm/atomic.h. */
#include <linux/types.h>

#define arch_xchg(ptr, x) ({						\
	__typeof__(ptr) __p = (ptr);					\
	__typeof__(*(ptr)) __new = (x);					\
	__typeof__(*(ptr)) __old = *(volatile __typeof__(*(ptr)) *)__p;	\
	*(volatile __typeof__(*(ptr)) *)__p = __new;			\
	__old;								\
})

#define arch_cmpxchg(ptr, o, n) ({					\
	__typeof__(ptr) __p = (ptr);					\
	__typeof__(*(ptr)) __cmp = (__typeof__(*(ptr)))(o);		\
	__typeof__(*(ptr)) __new = (__typeof__(*(ptr)))(n);		\
	__typeof__(*(ptr)) __old = *(volatile __typeof__(*(ptr)) *)__p;	\
	if (__old == __cmp)						\
		*(volatile __typeof__(*(ptr)) *)__p = __new;		\
	__old;								\
})
#define arch_cmpxchg_local	arch_cmpxchg
#define arch_cmpxchg64		arch_cmpxchg
#define arch_cmpxchg64_local	arch_cmpxchg
#endif
