// SPDX-License-Identifier: GPL-2.0-only
/* The shared library of one host, see side.h. */
#include "side.h"

__attribute__((visibility("default"))) const struct side *side(void)
{
	static const struct side this_side = {
		.boot = host_boot,
		.run_until = host_run_until,
		.now_ns = host_now_ns,
		.receive = host_receive_with,
		.take_sent = host_take_sent_with,
		.counts = &host_counts,
		.syscall = lib_syscall,
		.process_create = lib_process_create,
		.process_exit = lib_process_exit,
		.nic_create = lib_nic_create,
		.nic_destroy = lib_nic_destroy,
		.nic_carrier = lib_nic_carrier,
	};

	return &this_side;
}
