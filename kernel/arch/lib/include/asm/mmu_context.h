/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_MMU_CONTEXT_H
#define __ASM_LIB_MMU_CONTEXT_H
#include <asm-generic/nommu_context.h>
#endif
