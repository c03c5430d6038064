/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LIB_FORM_H
#define __LIB_FORM_H
/* What each form (wasm/, native/) gives to the port. */

/* The region's start, the end of the kernel's image in it, and its present end. */
void lib_form_memory(unsigned long *start, unsigned long *used, unsigned long *end);

/* Grows the region to end at least there; returns its end, the old one on failure. */
unsigned long lib_form_memory_grow(unsigned long end);
#endif
