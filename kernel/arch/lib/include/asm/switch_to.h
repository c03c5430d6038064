/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_SWITCH_TO_H
#define __ASM_LIB_SWITCH_TO_H
/* Nothing ever switches stacks: for kernel/sched/core.c, which is compiled and not linked. */
#define switch_to(prev, next, last) ((last) = (prev))
#endif
