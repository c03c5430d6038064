// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host with an error in it, which memcheck must find inside of Linux:
 *
 *   uninitialised    hands over a received frame that it has not filled
 *   after-free       makes a call of a process that has ended, whose task is free
 *   past-the-end     writes a byte more than it has asked of Linux's allocator
 *
 * usage: planted ERROR
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "host.h"

#define SECOND_NS	1000000000ULL
#define FRAME_BYTES	60

/* asm-generic/unistd.h */
enum call { CALL_IOCTL = 29, CALL_GETPPID = 173, CALL_SOCKET = 198 };

static void set_up(const char *interface)
{
	unsigned long task = (unsigned long)lib_process_create(0, 0);
	long fd = lib_syscall(task, CALL_SOCKET, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	struct ifreq request = { .ifr_flags = IFF_UP };

	strcpy(request.ifr_name, interface);
	if (lib_syscall(task, CALL_IOCTL, fd, SIOCSIFFLAGS, (long)&request, 0, 0, 0))
		fail("%s does not come up", interface);
}

static void hand_over_an_empty_frame(void)
{
	struct lib_nic_config config = { .name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500 };
	int nic = lib_nic_create((unsigned long)&config);
	unsigned long frame;

	if (nic < 0 || lib_nic_carrier((u32)nic, 1))
		fail("no NIC");
	set_up("eth0");
	frame = lib_rx_alloc((u32)nic, FRAME_BYTES);
	if (!frame)
		fail("no frame");
	lib_rx(frame);
	lib_run();
}

static void call_after_the_end(void)
{
	unsigned long task = (unsigned long)lib_process_create(0, 0);

	lib_process_exit(task, 0);
	host_run_until(host_now_ns() + SECOND_NS);	/* past RCU's grace period */
	lib_syscall(task, CALL_GETPPID, 0, 0, 0, 0, 0, 0);
}

static void write_past_the_end(void)
{
	volatile char *bytes = (volatile char *)lib_alloc(100);

	bytes[100] = 1;
	lib_free((unsigned long)bytes);
}

int main(int argc, char **argv)
{
	const char *error = argc > 1 ? argv[1] : "";

	host_boot(64ULL << 20, "quiet");
	if (!strcmp(error, "uninitialised"))
		hand_over_an_empty_frame();
	else if (!strcmp(error, "after-free"))
		call_after_the_end();
	else if (!strcmp(error, "past-the-end"))
		write_past_the_end();
	else
		fail("usage: planted uninitialised|after-free|past-the-end");
	printf("done\n");
	return 0;
}
