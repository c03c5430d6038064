/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_POSIX_TYPES_H
#define __LIB_UAPI_POSIX_TYPES_H
#ifdef __wasm32__
/* The WebAssembly C ABI has size_t as unsigned long. */
typedef unsigned long	__kernel_size_t;
typedef long		__kernel_ssize_t;
typedef long		__kernel_ptrdiff_t;
#define __kernel_size_t __kernel_size_t
#endif
#include <asm-generic/posix_types.h>
#endif
