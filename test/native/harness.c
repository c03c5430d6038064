// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boots the native form in an ordinary process and walks the ways through it: a
 * datagram over the loopback device, a ping from a neighbour on the wire, memory
 * that grows, two seconds of timers. Its output is compared by harness.test.ts; gdb
 * and valgrind run it as it is. Exit code 0 means that all went as said.
 *
 * usage: harness [MIB of memory]
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "host.h"

#define MEMORY_MIB	64
#define SECOND_NS	1000000000ULL
#define OUR_ADDRESS	"10.0.0.1"
#define PEER_ADDRESS	"10.0.0.2"

/* asm-generic/unistd.h: the library's numbers on every machine. */
enum call {
	CALL_IOCTL = 29,
	CALL_CLOSE = 57,
	CALL_SOCKET = 198,
	CALL_BIND = 200,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
};

static const unsigned char our_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
static const unsigned char peer_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };

static unsigned long process;

static long call(enum call number, const char *what, long a, long b, long c, long d, long e, long f)
{
	long result = lib_syscall(process, number, a, b, c, d, e, f);

	if (result < 0)
		fail("%s: %s", what, strerror((int)-result));
	return result;
}

static struct sockaddr_in ipv4(const char *address, unsigned short port)
{
	struct sockaddr_in result = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &result.sin_addr);
	return result;
}

static void set_up_interface(int fd, const char *name, const char *address)
{
	struct ifreq request = { .ifr_flags = 0 };
	struct sockaddr_in wanted = ipv4(address, 0), netmask = ipv4("255.255.255.0", 0);

	strcpy(request.ifr_name, name);
	memcpy(&request.ifr_addr, &wanted, sizeof(wanted));
	call(CALL_IOCTL, "SIOCSIFADDR", fd, SIOCSIFADDR, (long)&request, 0, 0, 0);
	memcpy(&request.ifr_netmask, &netmask, sizeof(netmask));
	call(CALL_IOCTL, "SIOCSIFNETMASK", fd, SIOCSIFNETMASK, (long)&request, 0, 0, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	call(CALL_IOCTL, "SIOCSIFFLAGS", fd, SIOCSIFFLAGS, (long)&request, 0, 0, 0);
}

static void send_over_loopback(int fd)
{
	static const char message[] = "over the loopback device";
	struct sockaddr_in address = ipv4("127.0.0.1", 7);
	char got[64];
	long length;

	call(CALL_BIND, "bind", fd, (long)&address, sizeof(address), 0, 0, 0);
	call(CALL_SENDTO, "sendto", fd, (long)message, sizeof(message), 0, (long)&address,
	     sizeof(address));
	length = call(CALL_RECVFROM, "recvfrom", fd, (long)got, sizeof(got), 0, 0, 0);
	if (length != sizeof(message) || memcmp(got, message, sizeof(message)))
		fail("the datagram over the loopback device changed on its way");
	printf("udp: %ld bytes over lo\n", length);
}

struct ping {
	struct ether_header ether;
	struct iphdr ip;
	struct icmphdr icmp;
	char payload[32];
} __attribute__((packed));

struct arp {
	struct ether_header ether;
	struct ether_arp arp;
} __attribute__((packed));

static unsigned short checksum(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	u32 sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (u32)byte[i] | (u32)byte[i + 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned short)~sum;
}

static struct ether_header from_peer(unsigned short type)
{
	struct ether_header header = { .ether_type = htons(type) };

	memcpy(header.ether_dhost, our_mac, ETH_ALEN);
	memcpy(header.ether_shost, peer_mac, ETH_ALEN);
	return header;
}

static void send_echo_request(u32 nic, unsigned short sequence)
{
	struct ping ping = {
		.ether = from_peer(ETHERTYPE_IP),
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP,
			.tot_len = htons(sizeof(ping) - sizeof(ping.ether)) },
		.icmp = { .type = ICMP_ECHO, .un.echo = { htons(1), htons(sequence) } },
	};

	ping.ip.saddr = ipv4(PEER_ADDRESS, 0).sin_addr.s_addr;
	ping.ip.daddr = ipv4(OUR_ADDRESS, 0).sin_addr.s_addr;
	memset(ping.payload, 'p', sizeof(ping.payload));
	ping.ip.check = checksum(&ping.ip, sizeof(ping.ip));
	ping.icmp.checksum = checksum(&ping.icmp, sizeof(ping.icmp) + sizeof(ping.payload));
	host_receive(nic, &ping, sizeof(ping));
}

static void answer_arp(u32 nic, const struct arp *request)
{
	struct arp answer = *request;

	answer.ether = from_peer(ETHERTYPE_ARP);
	answer.arp.arp_op = htons(ARPOP_REPLY);
	memcpy(answer.arp.arp_sha, peer_mac, ETH_ALEN);
	memcpy(answer.arp.arp_spa, request->arp.arp_tpa, 4);
	memcpy(answer.arp.arp_tha, request->arp.arp_sha, ETH_ALEN);
	memcpy(answer.arp.arp_tpa, request->arp.arp_spa, 4);
	host_receive(nic, &answer, sizeof(answer));
}

/* Plays the neighbour: answers who-has, and looks for the echo's reply. */
static int take_reply(u32 nic, unsigned short sequence)
{
	union {
		struct ether_header ether;
		struct arp arp;
		struct ping ping;
		char bytes[2048];
	} frame;
	int replied = 0;

	while (host_take_sent(&frame, sizeof(frame))) {
		unsigned short type = ntohs(frame.ether.ether_type);

		if (type == ETHERTYPE_ARP && frame.arp.arp.arp_op == htons(ARPOP_REQUEST) &&
		    memcmp(frame.arp.arp.arp_spa, frame.arp.arp.arp_tpa, 4))
			answer_arp(nic, &frame.arp);
		if (type == ETHERTYPE_IP && frame.ping.ip.protocol == IPPROTO_ICMP &&
		    frame.ping.icmp.type == ICMP_ECHOREPLY &&
		    frame.ping.icmp.un.echo.sequence == htons(sequence))
			replied = 1;
	}
	return replied;
}

static void ping_from_the_wire(u32 nic)
{
	for (unsigned short sequence = 1; sequence <= 3; sequence++) {
		send_echo_request(nic, sequence);
		if (!take_reply(nic, sequence))
			fail("no reply to echo request %u", sequence);
		printf("ping: reply %u from " OUR_ADDRESS "\n", sequence);
	}
}

static u32 create_nic(const char *name)
{
	struct lib_nic_config config = {
		.mtu = ETHERMTU,
		.features = LIB_NIC_SG | LIB_NIC_CSUM | LIB_NIC_TSO | LIB_NIC_GRO,
	};
	int nic;

	strcpy(config.name, name);
	memcpy(config.mac, our_mac, ETH_ALEN);
	nic = lib_nic_create((unsigned long)&config);
	if (nic < 0)
		fail("lib_nic_create: %s", strerror(-nic));
	if (lib_nic_carrier((u32)nic, 1))
		fail("no carrier");
	return (u32)nic;
}

/* More than there is at boot, so that memory must grow; all of it goes back. */
static void fill_memory(void)
{
	enum { PIECES = 320, PIECE_BYTES = 100 << 10 };
	static unsigned long pieces[PIECES];

	for (int i = 0; i < PIECES; i++) {
		pieces[i] = lib_alloc(PIECE_BYTES);
		if (!pieces[i])
			fail("no memory after %d KiB", i * PIECE_BYTES >> 10);
		memset((void *)pieces[i], i, PIECE_BYTES);
	}
	for (int i = 0; i < PIECES; i++)
		lib_free(pieces[i]);
	printf("memory: took and gave back %d KiB\n", PIECES * PIECE_BYTES >> 10);
}

int main(int argc, char **argv)
{
	u64 memory_mib = argc > 1 ? strtoull(argv[1], NULL, 10) : MEMORY_MIB;
	u64 boot_ns = host_boot(memory_mib << 20, "");
	unsigned int timers;
	u32 nic;
	int fd;

	printf("boot: %.1f ms\n", (double)boot_ns / 1e6);
	process = (unsigned long)lib_process_create(0, 0);
	if ((long)process < 0)
		fail("lib_process_create: %s", strerror((int)-(long)process));
	nic = create_nic("eth0");
	fd = (int)call(CALL_SOCKET, "socket", AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, 0, 0, 0);
	set_up_interface(fd, "lo", "127.0.0.1");
	set_up_interface(fd, "eth0", OUR_ADDRESS);
	send_over_loopback(fd);
	ping_from_the_wire(nic);
	fill_memory();

	timers = host_counts.timers;
	host_run_until(host_now_ns() + 2 * SECOND_NS);
	take_reply(nic, 0);
	printf("timers: %u in 2 s of virtual time\n", host_counts.timers - timers);

	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0, 0);
	lib_process_exit(process, 0);
	if (lib_nic_destroy(nic))
		fail("lib_nic_destroy");
	host_run_until(host_now_ns() + SECOND_NS);
	if (host_counts.warnings)
		fail("%u warnings", host_counts.warnings);
	printf("done: %u frames sent, %u received, %u kernel threads\n", host_counts.frames_sent,
	       host_counts.frames_received, host_counts.threads);
	return 0;
}
