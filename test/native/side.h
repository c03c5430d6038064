/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_SIDE_H
#define NATIVE_SIDE_H
/*
 * One of several hosts of a process: each is a copy of a shared library with host.c
 * and the kernel in it, whose only symbol is side().
 */
#include "host.h"

struct side {
	u64 (*boot)(u64 memory_bytes, const char *cmdline);
	void (*run_until)(u64 now_ns);
	u64 (*now_ns)(void);
	void (*receive)(u32 nic, const void *frame, u32 length, const struct host_offload *offload);
	u32 (*take_sent)(void *frame, u32 length_max, struct host_offload *offload);
	const struct host_counts *counts;

	long (*syscall)(unsigned long task, u32 number, long a, long b, long c, long d, long e, long f);
	long (*process_create)(unsigned long parent, u32 flags);
	void (*process_exit)(unsigned long task, u32 status);
	int (*nic_create)(unsigned long config);
	int (*nic_destroy)(u32 nic);
	int (*nic_carrier)(u32 nic, u32 up);
};

const struct side *side(void);
#endif
