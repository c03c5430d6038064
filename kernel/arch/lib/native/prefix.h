/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_NATIVE_PREFIX_H
#define __LIB_NATIVE_PREFIX_H
/* Stands before every source file of the native form (see ../Makefile): what ELF asks for. */

/* All symbols are the object's own, so code reaches them without the table of a shared library. */
#include <linux/hidden.h>

/* To an ELF assembler a section's name is a symbol: init/main.c's function meets the section of __setup(). */
#define init_setup		linux_init_setup
#endif
