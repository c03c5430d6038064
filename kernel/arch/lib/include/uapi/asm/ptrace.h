/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_PTRACE_H
#define __LIB_UAPI_PTRACE_H
#endif
