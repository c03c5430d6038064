// SPDX-License-Identifier: GPL-2.0-only
/* Two hosts in one process and the wire between them, see wire.h. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "wire.h"

#define MEMORY_BYTES	(64ULL << 20)
#define FRAME_BYTES_MAX	(65550 + 14)
#define SETTLE_ROUNDS_MAX 100000

struct host left = { .name = "left", .address = "10.0.0.1", .mac = { 2, 0, 0, 0, 0, 1 } };
struct host right = { .name = "right", .address = "10.0.0.2", .mac = { 2, 0, 0, 0, 0, 2 } };

long attempt(struct host *host, enum call number, long a, long b, long c, long d, long e, long f)
{
	return host->side->syscall(host->process, number, a, b, c, d, e, f);
}

long call(struct host *host, enum call number, long a, long b, long c, long d, long e, long f)
{
	long result = attempt(host, number, a, b, c, d, e, f);

	if (result < 0)
		fail("%s: call %d: %s", host->name, number, strerror((int)-result));
	return result;
}

struct sockaddr_in ipv4(const char *address, unsigned short port)
{
	struct sockaddr_in result = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &result.sin_addr);
	return result;
}

void configure(struct host *host, const char *interface, const char *address)
{
	struct ifreq request = { .ifr_flags = 0 };
	struct sockaddr_in wanted = ipv4(address, 0), netmask = ipv4("255.255.255.0", 0);
	long fd = call(host, CALL_SOCKET, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);

	strcpy(request.ifr_name, interface);
	memcpy(&request.ifr_addr, &wanted, sizeof(wanted));
	call(host, CALL_IOCTL, fd, SIOCSIFADDR, (long)&request, 0, 0, 0);
	memcpy(&request.ifr_netmask, &netmask, sizeof(netmask));
	call(host, CALL_IOCTL, fd, SIOCSIFNETMASK, (long)&request, 0, 0, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	call(host, CALL_IOCTL, fd, SIOCSIFFLAGS, (long)&request, 0, 0, 0);
	call(host, CALL_CLOSE, fd, 0, 0, 0, 0, 0);
}

void wire_plug_in(struct host *host)
{
	struct lib_nic_config config = {
		.name = "eth0",
		.mtu = 1500,
		.features = LIB_NIC_SG | LIB_NIC_CSUM | LIB_NIC_TSO | LIB_NIC_GRO,
	};
	int nic;

	memcpy(config.mac, host->mac, sizeof(host->mac));
	nic = host->side->nic_create((unsigned long)&config);
	if (nic < 0)
		fail("%s: nic_create: %s", host->name, strerror(-nic));
	host->nic = (u32)nic;
	host->has_nic = 1;
	if (host->side->nic_carrier(host->nic, 1))
		fail("%s: no carrier", host->name);
	configure(host, "eth0", host->address);
}

void wire_pull_out(struct host *host)
{
	host->has_nic = 0;
	if (host->side->nic_destroy(host->nic))
		fail("%s: nic_destroy", host->name);
}

static int pass_frames(struct host *from, struct host *to)
{
	static unsigned char frame[FRAME_BYTES_MAX];
	struct host_offload offload;
	u32 length = from->side->take_sent(frame, sizeof(frame), &offload);

	if (length == 0)
		return 0;
	if (to->has_nic)
		to->side->receive(to->nic, frame, length, &offload);
	else
		from->frames_lost++;
	return 1;
}

void wire_settle(void)
{
	for (int round = 0; round < SETTLE_ROUNDS_MAX; round++)
		if (!(pass_frames(&left, &right) | pass_frames(&right, &left)))
			return;
	fail("the wire does not come to rest");
}

void wire_let_pass(u64 duration_ns, u64 step_ns)
{
	u64 end_ns = left.side->now_ns() + duration_ns;

	wire_settle();
	while (left.side->now_ns() < end_ns) {
		u64 next_ns = left.side->now_ns() + step_ns;

		left.side->run_until(next_ns);
		right.side->run_until(next_ns);
		wire_settle();
	}
}

static void boot(struct host *host, const char *library)
{
	void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	const struct side *(*find_side)(void);

	if (!loaded)
		fail("%s", dlerror());
	find_side = (const struct side *(*)(void))dlsym(loaded, "side");
	if (!find_side)
		fail("%s", dlerror());
	host->side = find_side();
	host->side->boot(MEMORY_BYTES, "quiet");
	host->process = (unsigned long)host->side->process_create(0, 0);
	if ((long)host->process < 0)
		fail("%s: process_create", host->name);
	configure(host, "lo", "127.0.0.1");
}

void wire_boot(const char *left_library, const char *right_library)
{
	boot(&left, left_library);
	boot(&right, right_library);
}
