/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_HOST_H
#define NATIVE_HOST_H
/* A host of the native form, as small as one can be: what harness.c uses of host.c. */
#include <stddef.h>
#include "host_interface.h"

struct host_counts {
	unsigned int log_records, warnings, timers, threads, frames_sent, frames_received,
		undefined_frames;
};
extern struct host_counts host_counts;

/* Maps the memory, fills lib_shared in and boots; the time that lib_boot() took, in ns. */
u64 host_boot(u64 memory_bytes, const char *cmdline);

/* Lets virtual time pass up to a moment, with every timer on the way. */
void host_run_until(u64 now_ns);
u64 host_now_ns(void);

/* Gives a received frame to a NIC, and runs what it brings about. */
void host_receive(u32 nic, const void *frame, u32 length);

/* The oldest frame that was sent and nobody has looked at: its length, 0 if there is none. */
u32 host_take_sent(void *frame, u32 length_max);

/* The same with what a frame leaves to the hardware, for a wire to another host (see lib_frame). */
struct host_offload {
	u16 csum_start, csum_offset, gso_size, header_length;
	u8 gso_type, flags;
};
void host_receive_with(u32 nic, const void *frame, u32 length, const struct host_offload *offload);
u32 host_take_sent_with(void *frame, u32 length_max, struct host_offload *offload);

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
#endif
