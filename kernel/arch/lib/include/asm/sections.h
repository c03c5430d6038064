/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_SECTIONS_H
#define __ASM_LIB_SECTIONS_H
#include <asm-generic/sections.h>
#endif
