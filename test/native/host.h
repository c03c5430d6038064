/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_HOST_H
#define NATIVE_HOST_H
/* A host of the native form, as small as one can be: what harness.c uses of host.c. */
#include <stddef.h>
#include "host_interface.h"

struct host_counts {
	unsigned int log_records, warnings, timers, threads, frames_sent, frames_received;
};
extern struct host_counts host_counts;

/* Maps the memory, fills lib_shared in and boots; the time that lib_boot() took, in ns. */
u64 host_boot(u64 memory_bytes, const char *cmdline);

/* Lets virtual time pass up to a moment, with every timer on the way. */
void host_run_until(u64 now_ns);
u64 host_now_ns(void);

/* Gives a received frame to a NIC, and runs what it brings about. */
void host_receive(u32 nic, const void *frame, u32 length);

/* The oldest frame that the kernel has sent and nobody has looked at: its length, 0 if there is none. */
u32 host_take_sent(void *frame, u32 length_max);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#endif
