/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_VMALLOC_H
#define __ASM_LIB_VMALLOC_H
#endif
