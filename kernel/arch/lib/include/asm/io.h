/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_LIB_IO_H
#define __ASM_LIB_IO_H
/* There are no ports; a base that is not null keeps compilers quiet about arithmetic on it. */
#define PCI_IOBASE ((void __iomem *)(1UL << PAGE_SHIFT))
#include <asm-generic/io.h>
#endif
