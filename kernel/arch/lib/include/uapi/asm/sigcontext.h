/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_SIGCONTEXT_H
#define __LIB_UAPI_SIGCONTEXT_H
/* No handler runs inside the library: the host takes signals by number. */
struct sigcontext {
	unsigned long sc_unused;
};
#endif
