// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memcheck looks at: two hosts that boot, talk in many ways, lose their NICs and
 * namespaces while connections are open, and end. Not whether the network is right,
 * which other tests ask, but that every way through it is walked.
 *
 * usage: two-hosts LIBRARY COPY
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <valgrind/memcheck.h>

#include "rtnetlink.h"
#include "wire.h"

enum { CONNECTIONS = 8, BYTES_EACH = 200000, DATAGRAM_BYTES = 20000 };

static char buffer[65536];
static unsigned int undefined_answers;

/* An answer of the kernel must not hold what happened to be in its memory. */
static void look_at(const char *what, const void *bytes, long length)
{
	if (length <= 0 || !VALGRIND_CHECK_MEM_IS_DEFINED(bytes, length))
		return;
	undefined_answers++;
	fprintf(stderr, "harness: undefined bytes in an answer of %s\n", what);
}

static long open_socket(struct host *host, int family, int type, int protocol)
{
	return call(host, CALL_SOCKET, family, type | SOCK_NONBLOCK, protocol, 0, 0, 0);
}

static void close_file(struct host *host, long fd)
{
	call(host, CALL_CLOSE, fd, 0, 0, 0, 0, 0);
}

static long bound_socket(struct host *host, int type, unsigned short port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	long fd = open_socket(host, AF_INET6, type, 0);

	call(host, CALL_BIND, fd, (long)&any, sizeof(any), 0, 0, 0);
	return fd;
}

/* The address that a NIC has from the beginning. */
static struct sockaddr_in6 link_local(const struct host *host, unsigned short port)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = 2,
	};
	unsigned char *byte = address.sin6_addr.s6_addr;

	byte[0] = 0xfe;
	byte[1] = 0x80;
	memcpy(byte + 8, host->mac, 3);
	byte[8] ^= 2;
	byte[11] = 0xff;
	byte[12] = 0xfe;
	memcpy(byte + 13, host->mac + 3, 3);
	return address;
}

/* Small ones, fragmented ones, one to a port where nobody listens. */
static void datagrams(void)
{
	struct sockaddr_in to = ipv4(right.address, 7), nobody = ipv4(right.address, 9);
	struct sockaddr_in6 to6 = link_local(&right, 7);
	long from_fd = bound_socket(&left, SOCK_DGRAM, 8), to_fd = bound_socket(&right, SOCK_DGRAM, 7);
	long fd = open_socket(&left, AF_INET, SOCK_DGRAM, 0), length;
	int got = 0;

	memset(buffer, 'd', DATAGRAM_BYTES);
	for (int length = 1; length <= DATAGRAM_BYTES; length *= 11) {
		call(&left, CALL_SENDTO, fd, (long)buffer, length, 0, (long)&to, sizeof(to));
		call(&left, CALL_SENDTO, from_fd, (long)buffer, length, 0, (long)&to6, sizeof(to6));
		wire_let_pass(5 * MS_NS, MS_NS);
	}
	call(&left, CALL_SENDTO, fd, (long)buffer, 10, 0, (long)&nobody, sizeof(nobody));
	wire_let_pass(5 * MS_NS, MS_NS);
	for (;;) {
		struct sockaddr_in6 from = { .sin6_family = 0 };
		int from_length = sizeof(from);

		length = attempt(&right, CALL_RECVFROM, to_fd, (long)buffer, sizeof(buffer), 0,
				 (long)&from, (long)&from_length);
		if (length < 0)
			break;
		look_at("recvfrom", buffer, length);
		look_at("recvfrom's address", &from, from_length);
		got++;
	}
	printf("udp: %d datagrams\n", got);
	close_file(&left, fd);
	close_file(&left, from_fd);
	close_file(&right, to_fd);
}

/* Takes what there is on a connection, and sends it back. */
static long echo(struct host *host, long fd)
{
	long length = attempt(host, CALL_RECVFROM, fd, (long)buffer, sizeof(buffer), 0, 0, 0);

	look_at("recv", buffer, length);
	if (length > 0)
		attempt(host, CALL_SENDTO, fd, (long)buffer, length, 0, 0, 0);
	return length > 0 ? length : 0;
}

struct connections {
	long listener, client[CONNECTIONS], server[CONNECTIONS];
};

static void connect_all(struct connections *all, unsigned short port)
{
	struct sockaddr_in to = ipv4(right.address, port);
	struct sockaddr_in6 to6 = link_local(&right, port);

	all->listener = bound_socket(&right, SOCK_STREAM, port);
	call(&right, CALL_LISTEN, all->listener, 16, 0, 0, 0, 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		int is_ipv6 = i % 2;
		long fd = open_socket(&left, is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

		if (is_ipv6)
			attempt(&left, CALL_CONNECT, fd, (long)&to6, sizeof(to6), 0, 0, 0);
		else
			attempt(&left, CALL_CONNECT, fd, (long)&to, sizeof(to), 0, 0, 0);
		all->client[i] = fd;
	}
	wire_let_pass(20 * MS_NS, MS_NS);
	for (int i = 0; i < CONNECTIONS; i++)
		all->server[i] = call(&right, CALL_ACCEPT4, all->listener, 0, 0, SOCK_NONBLOCK, 0, 0);
}

static void transfer(struct connections *all)
{
	long sent[CONNECTIONS] = { 0 }, got = 0;

	for (int round = 0; round < 400 && got < (long)CONNECTIONS * BYTES_EACH; round++) {
		for (int i = 0; i < CONNECTIONS; i++) {
			long rest = BYTES_EACH - sent[i], length;

			memset(buffer, i, sizeof(buffer));
			if (rest > (long)sizeof(buffer))
				rest = sizeof(buffer);
			length = rest > 0 ? attempt(&left, CALL_SENDTO, all->client[i],
						    (long)buffer, rest, 0, 0, 0) : 0;
			if (length > 0)
				sent[i] += length;
			echo(&right, all->server[i]);
			length = attempt(&left, CALL_RECVFROM, all->client[i], (long)buffer,
					 sizeof(buffer), 0, 0, 0);
			look_at("recv", buffer, length);
			if (length > 0)
				got += length;
		}
		wire_let_pass(MS_NS, MS_NS);
	}
	printf("tcp: %ld KB there and back\n", got / 1000);
}

static void read_options(struct host *host, long fd)
{
	static const int levels[][2] = {
		{ IPPROTO_TCP, TCP_INFO }, { IPPROTO_TCP, TCP_CONGESTION }, { IPPROTO_TCP, TCP_CC_INFO },
		{ SOL_SOCKET, SO_LINGER }, { SOL_SOCKET, SO_PEERCRED }, { SOL_SOCKET, SO_MEMINFO },
		{ IPPROTO_IP, IP_OPTIONS }, { IPPROTO_IP, IP_MTU_DISCOVER },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		int length = 512;

		if (!attempt(host, CALL_GETSOCKOPT, fd, levels[i][0], levels[i][1], (long)buffer,
			     (long)&length, 0))
			look_at("getsockopt", buffer, length);
	}
}

/* An orderly end of some, a reset of the others. */
static void disconnect_all(struct connections *all)
{
	struct linger at_once = { .l_onoff = 1 };

	for (int i = 0; i < CONNECTIONS; i++) {
		if (i % 3 == 0)
			call(&left, CALL_SETSOCKOPT, all->client[i], SOL_SOCKET, SO_LINGER,
			     (long)&at_once, sizeof(at_once), 0);
		else if (i % 3 == 1)
			call(&left, CALL_SHUTDOWN, all->client[i], SHUT_WR, 0, 0, 0, 0);
		close_file(&left, all->client[i]);
	}
	wire_let_pass(10 * MS_NS, MS_NS);
	for (int i = 0; i < CONNECTIONS; i++)
		close_file(&right, all->server[i]);
	close_file(&right, all->listener);
	wire_let_pass(10 * MS_NS, MS_NS);
}

static void read_files(struct host *host)
{
	static const char *const paths[] = {
		"/proc/net/dev", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp6",
		"/proc/net/snmp", "/proc/net/netstat", "/proc/net/route", "/proc/net/arp",
		"/proc/net/sockstat", "/proc/net/if_inet6", "/proc/net/ipv6_route",
		"/proc/net/fib_trie", "/proc/net/packet", "/proc/net/netlink", "/proc/meminfo",
		"/proc/sys/net/ipv4/tcp_rmem", "/sys/class/net/lo/statistics/rx_bytes",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		long fd = attempt(host, CALL_OPENAT, AT_FDCWD, (long)paths[i], O_RDONLY, 0, 0, 0);
		long length;

		if (fd < 0)
			fail("%s: %s: %s", host->name, paths[i], strerror((int)-fd));
		do {
			length = call(host, CALL_READ, fd, (long)buffer, 4096, 0, 0, 0);
			look_at(paths[i], buffer, length);
		} while (length > 0);
		close_file(host, fd);
	}
}

static void dump_tables(struct host *host)
{
	long fd = open_socket(host, AF_NETLINK, SOCK_RAW, 0);

	for (int type = 18; type <= 90; type += 4) {	/* RTM_GETLINK, and so on */
		rtnetlink_dump(host, fd, type);
		for (;;) {
			long length = attempt(host, CALL_RECVFROM, fd, (long)buffer,
					      sizeof(buffer), 0, 0, 0);

			if (length < 0)
				break;
			look_at("a dump", buffer, length);
		}
	}
	close_file(host, fd);
}

/* Devices on other devices, away together with what they stand on. */
static void come_and_go(struct host *host)
{
	rtnetlink_add_link(host, "pair0", "veth");
	rtnetlink_add_link(host, "bridge0", "bridge");
	rtnetlink_add_link(host, "dummy0", "dummy");
	configure(host, "pair0", "10.1.0.1");
	configure(host, "bridge0", "10.2.0.1");
	configure(host, "dummy0", "10.3.0.1");
	wire_let_pass(100 * MS_NS, MS_NS);
	dump_tables(host);
	rtnetlink_delete_link(host, "bridge0");
	rtnetlink_delete_link(host, "pair0");
	wire_let_pass(100 * MS_NS, MS_NS);
}

/* A namespace that ends with its last process, its sockets and devices with it. */
static void live_in_a_namespace(struct host *host)
{
	unsigned long outer = host->process;
	struct sockaddr_in self = ipv4("127.0.0.1", 7);
	long fd;

	host->process = (unsigned long)host->side->process_create(outer, 0);
	call(host, CALL_UNSHARE, CLONE_NEWNET, 0, 0, 0, 0, 0);
	configure(host, "lo", "127.0.0.1");
	rtnetlink_add_link(host, "dummy1", "dummy");
	configure(host, "dummy1", "10.4.0.1");
	fd = bound_socket(host, SOCK_DGRAM, 7);
	call(host, CALL_SENDTO, fd, (long)"x", 1, 0, (long)&(struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	}, sizeof(struct sockaddr_in6));
	fd = open_socket(host, AF_INET, SOCK_STREAM, 0);
	attempt(host, CALL_CONNECT, fd, (long)&self, sizeof(self), 0, 0, 0);
	read_files(host);
	host->side->process_exit(host->process, 0);
	host->process = outer;
	wire_let_pass(SECOND_NS, 10 * MS_NS);
}

static void check(const struct host *host)
{
	const struct host_counts *counts = host->side->counts;

	if (counts->warnings || counts->undefined_frames)
		fail("%s: %u warnings, %u frames with undefined bytes", host->name,
		     counts->warnings, counts->undefined_frames);
	printf("%s: %u frames sent, %u of them lost\n", host->name, counts->frames_sent,
	       host->frames_lost);
}

int main(int argc, char **argv)
{
	struct connections all;

	if (argc != 3)
		fail("usage: two-hosts LIBRARY COPY");
	wire_boot(argv[1], argv[2]);
	wire_plug_in(&left);
	wire_plug_in(&right);
	wire_let_pass(3 * SECOND_NS, 20 * MS_NS);

	datagrams();
	connect_all(&all, 80);
	transfer(&all);
	read_options(&left, all.client[0]);
	read_files(&left);
	dump_tables(&right);
	disconnect_all(&all);
	come_and_go(&left);
	live_in_a_namespace(&right);

	connect_all(&all, 81);
	for (int i = 0; i < CONNECTIONS; i++)
		call(&left, CALL_SENDTO, all.client[i], (long)buffer, 5000, 0, 0, 0);
	wire_pull_out(&right);
	wire_let_pass(5 * SECOND_NS, 50 * MS_NS);
	wire_plug_in(&right);
	wire_let_pass(60 * SECOND_NS, 50 * MS_NS);
	wire_pull_out(&left);
	wire_pull_out(&right);
	left.side->process_exit(left.process, 0);
	right.side->process_exit(right.process, 0);
	wire_let_pass(120 * SECOND_NS, SECOND_NS);
	check(&left);
	check(&right);
	if (undefined_answers)
		fail("%u answers with undefined bytes", undefined_answers);
	printf("done\n");
	return 0;
}
