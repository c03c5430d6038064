/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_IRQFLAGS_H
#define __ASM_LIB_IRQFLAGS_H
/*
 * The host never interrupts a running call, so the flag only has to be
 * consistent: Linux's own checks read it.
 */
#define ARCH_IRQ_DISABLED	1
#define ARCH_IRQ_ENABLED	0

extern unsigned long lib_irq_flags;

static inline unsigned long arch_local_save_flags(void)
{
	return lib_irq_flags;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	lib_irq_flags = flags;
}

#include <asm-generic/irqflags.h>
#endif
