// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test of the BPF interpreter (lib/test_bpf.c, compiled through this file). Its
 * programs call functions of Linux as if they were helpers; calls through pointers
 * are checked for their signature in WebAssembly, so each gets a helper's.
 */
#include <linux/filter.h>
#include <linux/jiffies.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>

BPF_CALL_0(call_numa_node_id)
{
	return numa_node_id();
}

BPF_CALL_0(call_ktime_get_ns)
{
	return ktime_get_ns();
}

BPF_CALL_0(call_ktime_get_boot_fast_ns)
{
	return ktime_get_boot_fast_ns();
}

BPF_CALL_0(call_ktime_get_coarse_ns)
{
	return ktime_get_coarse_ns();
}

BPF_CALL_0(call_get_jiffies_64)
{
	return get_jiffies_64();
}

/* The test measures with it too, as an ordinary call. */
static u64 now_ns(void)
{
	return ktime_get_ns();
}

#define numa_node_id			call_numa_node_id
#define ktime_get_ns			call_ktime_get_ns
#define call_ktime_get_ns(...)		now_ns(__VA_ARGS__)
#define ktime_get_boot_fast_ns		call_ktime_get_boot_fast_ns
#define ktime_get_coarse_ns		call_ktime_get_coarse_ns
#define get_jiffies_64			call_get_jiffies_64

#undef pr_fmt
#include <lib/test_bpf.c>
