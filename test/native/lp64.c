// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands the native form the structures that this machine's C makes of its headers: one check for each that has
 * another layout where long and pointers have 32 bits. lp64.test.ts runs it; each check that holds is a line.
 */
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "host.h"
#include "lp64.h"

#define MEMORY_BYTES	(64UL << 20)

unsigned long process;

long try(enum call number, long a, long b, long c, long d, long e)
{
	return lib_syscall(process, number, a, b, c, d, e, 0);
}

long call(enum call number, const char *what, long a, long b, long c, long d, long e)
{
	long result = try(number, a, b, c, d, e);

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

static int udp_socket(unsigned short port)
{
	struct sockaddr_in address = ipv4("127.0.0.1", port);
	int fd = (int)call(CALL_SOCKET, "socket", AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0, 0, 0);

	call(CALL_BIND, "bind", fd, (long)&address, sizeof(address), 0, 0);
	return fd;
}

static void send_to_self(int fd, unsigned short port, const char *text)
{
	struct sockaddr_in address = ipv4("127.0.0.1", port);

	lib_syscall(process, CALL_SENDTO, fd, (long)text, (long)strlen(text), 0, (long)&address,
		    sizeof(address));
	lib_run();
}

/* struct ifreq: 40 bytes, 32 in ILP32; its union is as long as struct ifmap. */
static void ifreq(int fd)
{
	struct {
		struct ifreq request;
		unsigned char guard[16];
	} guarded;

	memset(&guarded, 0x5a, sizeof(guarded));
	strcpy(guarded.request.ifr_name, "lo");
	call(CALL_IOCTL, "SIOCGIFMAP", fd, SIOCGIFMAP, (long)&guarded, 0, 0);
	check(guarded.request.ifr_map.mem_start == 0 && guarded.request.ifr_map.mem_end == 0,
	      "a map of two longs");
	for (size_t i = 0; i < sizeof(guarded.guard); i++)
		check(guarded.guard[i] == 0x5a, "nothing behind an ifreq is written");
	call(CALL_IOCTL, "SIOCGIFMTU", fd, SIOCGIFMTU, (long)&guarded, 0, 0);
	check(guarded.request.ifr_mtu == 65536, "the MTU of lo");
	done("struct ifreq");
}

/* struct ifconf has a pointer; what it gives is an array of ifreqs. */
static void ifconf(int fd)
{
	struct ifreq found[4], address = { .ifr_flags = 0 };
	struct ifconf list = { .ifc_len = sizeof(found), .ifc_req = found };
	struct sockaddr_in second = ipv4("127.0.0.9", 0);

	strcpy(address.ifr_name, "lo:1");
	memcpy(&address.ifr_addr, &second, sizeof(second));
	call(CALL_IOCTL, "SIOCSIFADDR", fd, SIOCSIFADDR, (long)&address, 0, 0);
	call(CALL_IOCTL, "SIOCGIFCONF", fd, SIOCGIFCONF, (long)&list, 0, 0);
	check(list.ifc_len == 2 * sizeof(struct ifreq), "two entries of 40 bytes");
	check(!strcmp(found[0].ifr_name, "lo") && !strcmp(found[1].ifr_name, "lo:1"), "their names");
	check(!memcmp(&((struct sockaddr_in *)&found[1].ifr_addr)->sin_addr, &second.sin_addr, 4),
	      "the second one's address");
	done("struct ifconf");
}

/* ifr_data is a pointer of 64 bits. */
static void data_of_interface(int fd)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	long result;

	strcpy(request.ifr_name, "lo");
	result = try(CALL_IOCTL, fd, SIOCETHTOOL, (long)&request, 0, 0);
	/* lo has no driver that tells; what is read is the command behind the pointer. */
	check(result == 0 || result == -95, "the command behind a pointer");
	info.cmd = ETHTOOL_GLINK;
	call(CALL_IOCTL, "SIOCETHTOOL", fd, SIOCETHTOOL, (long)&request, 0, 0);
	check(((struct ethtool_value *)&info)->data == 1, "the link of lo is up");
	done("ifr_data");
}

/* struct rtentry: 120 bytes with unsigned longs and a pointer to a name. */
static void rtentry(int fd)
{
	char device[] = "lo";
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = device, .rt_metric = 8 };
	struct sockaddr_in to = ipv4("198.51.100.0", 0), mask = ipv4("255.255.255.0", 0);

	memcpy(&route.rt_dst, &to, sizeof(to));
	memcpy(&route.rt_genmask, &mask, sizeof(mask));
	call(CALL_IOCTL, "SIOCADDRT", fd, SIOCADDRT, (long)&route, 0, 0);
	check(try(CALL_IOCTL, fd, SIOCADDRT, (long)&route, 0, 0) == -17, "the route is there");
	call(CALL_IOCTL, "SIOCDELRT", fd, SIOCDELRT, (long)&route, 0, 0);
	done("struct rtentry");
}

/* struct msghdr (56 bytes), struct iovec (16), struct cmsghdr (16, aligned to 8), struct timeval (16). */
static void messages(void)
{
	union {
		struct cmsghdr header;
		char space[256];
	} control;
	char first[3], rest[64];
	struct sockaddr_in from;
	struct iovec parts[] = { { first, sizeof(first) }, { rest, sizeof(rest) } };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = parts, .msg_iovlen = 2,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int fd = udp_socket(7001), on = 1;
	struct cmsghdr *header;
	struct timeval stamp;
	long length;

	call(CALL_SETSOCKOPT, "SO_TIMESTAMP", fd, SOL_SOCKET, SO_TIMESTAMP, (long)&on, sizeof(on));
	call(CALL_SETSOCKOPT, "IP_PKTINFO", fd, IPPROTO_IP, IP_PKTINFO, (long)&on, sizeof(on));
	send_to_self(fd, 7001, "in two parts");
	length = call(CALL_RECVMSG, "recvmsg", fd, (long)&message, 0, 0, 0);
	check(length == 12 && !memcmp(first, "in ", 3) && !memcmp(rest, "two parts", 9), "the parts");
	check(message.msg_namelen == sizeof(from) && from.sin_port == htons(7001), "the sender");
	check(message.msg_flags == 0, "no flags");
	header = CMSG_FIRSTHDR(&message);
	check(header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMP &&
		      header->cmsg_len == CMSG_LEN(sizeof(stamp)), "a time stamp of two longs");
	memcpy(&stamp, CMSG_DATA(header), sizeof(stamp));
	check(stamp.tv_sec == 1700000000 && stamp.tv_usec < 1000000, "the time stamp's value");
	header = CMSG_NXTHDR(&message, header);
	check(header && header->cmsg_type == IP_PKTINFO &&
		      header->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo)), "what follows it");
	check(!CMSG_NXTHDR(&message, header), "nothing more");
	done("struct msghdr, iovec, cmsghdr and SO_TIMESTAMP");

	parts[0] = (struct iovec){ "left ", 5 };
	parts[1] = (struct iovec){ "right", 5 };
	message.msg_control = NULL;
	message.msg_controllen = 0;
	check(call(CALL_SENDMSG, "sendmsg", fd, (long)&message, 0, 0, 0) == 10, "all was sent");
	lib_run();
	check(call(CALL_RECVFROM, "recvfrom", fd, (long)rest, sizeof(rest), 0, 0) == 10 &&
		      !memcmp(rest, "left right", 10), "what was sent");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("sendmsg");
}

/* struct mmsghdr: 64 bytes, msg_len behind the header. */
static void many_messages(void)
{
	char bytes[2][16];
	struct iovec parts[2] = { { bytes[0], 16 }, { bytes[1], 16 } };
	struct mmsghdr messages[2] = {
		{ .msg_hdr = { .msg_iov = &parts[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &parts[1], .msg_iovlen = 1 } },
	};
	int fd = udp_socket(7002);

	send_to_self(fd, 7002, "one");
	send_to_self(fd, 7002, "second");
	check(call(CALL_RECVMMSG, "recvmmsg", fd, (long)messages, 2, MSG_DONTWAIT, 0) == 2, "both");
	check(messages[0].msg_len == 3 && messages[1].msg_len == 6, "their lengths");
	check(!memcmp(bytes[1], "second", 6), "the second one's bytes");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("struct mmsghdr");
}

/* SO_TIMESTAMPING: three timespecs of 16 bytes. */
static void timestamping(void)
{
	union {
		struct cmsghdr header;
		char space[256];
	} control;
	char bytes[16];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	int flags = 1 << 3 | 1 << 4;	/* SOF_TIMESTAMPING_RX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE */
	int fd = udp_socket(7003);
	struct scm_timestamping stamps;
	struct cmsghdr *header;

	call(CALL_SETSOCKOPT, "SO_TIMESTAMPING", fd, SOL_SOCKET, SO_TIMESTAMPING, (long)&flags, sizeof(flags));
	send_to_self(fd, 7003, "when");
	call(CALL_RECVMSG, "recvmsg", fd, (long)&message, 0, 0, 0);
	header = CMSG_FIRSTHDR(&message);
	check(header && header->cmsg_type == SCM_TIMESTAMPING &&
		      header->cmsg_len == CMSG_LEN(sizeof(stamps)), "three time stamps");
	memcpy(&stamps, CMSG_DATA(header), sizeof(stamps));
	check(stamps.ts[0].tv_sec == 1700000000 && stamps.ts[2].tv_sec == 0, "their values");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("struct scm_timestamping");
}

/* SO_RCVTIMEO: a timeval of 16 bytes, and no less. */
static void timeouts(void)
{
	struct timeval wanted = { 3, 250000 }, got = { 0, 0 };
	socklen_t length = sizeof(got);
	int fd = udp_socket(7004);

	call(CALL_SETSOCKOPT, "SO_RCVTIMEO", fd, SOL_SOCKET, SO_RCVTIMEO, (long)&wanted, sizeof(wanted));
	call(CALL_GETSOCKOPT, "SO_RCVTIMEO", fd, SOL_SOCKET, SO_RCVTIMEO, (long)&got, (long)&length);
	/* In ticks of the kernel's: 4 ms at most. */
	check(length == 16 && got.tv_sec == 3 && labs(got.tv_usec - 250000) <= 4000, "what was set");
	check(try(CALL_SETSOCKOPT, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&wanted, 8) == -22,
	      "a timeval of 32 bits is refused");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("SO_RCVTIMEO");
}

/* struct sock_fprog: 16 bytes, a count and a pointer. */
static void filter(void)
{
	/* Lets through what begins with 'y'; a datagram's header is 8 bytes. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = 4, .filter = code };
	int fd = udp_socket(7005);
	char bytes[16];

	call(CALL_SETSOCKOPT, "SO_ATTACH_FILTER", fd, SOL_SOCKET, SO_ATTACH_FILTER, (long)&program,
	     sizeof(program));
	send_to_self(fd, 7005, "no");
	send_to_self(fd, 7005, "yes");
	check(call(CALL_RECVFROM, "recvfrom", fd, (long)bytes, sizeof(bytes), 0, 0) == 3, "yes");
	check(try(CALL_RECVFROM, fd, (long)bytes, sizeof(bytes), 0, 0) == -11, "and nothing more");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("SO_ATTACH_FILTER");
}

/* struct group_req: 136 bytes, the address aligned to 8. */
static void group(void)
{
	struct group_req request = { .gr_interface = 1 };
	struct sockaddr_in to = ipv4("239.1.2.3", 0);
	int fd = udp_socket(7006);

	memcpy(&request.gr_group, &to, sizeof(to));
	call(CALL_SETSOCKOPT, "MCAST_JOIN_GROUP", fd, IPPROTO_IP, MCAST_JOIN_GROUP, (long)&request, sizeof(request));
	check(try(CALL_SETSOCKOPT, fd, IPPROTO_IP, MCAST_JOIN_GROUP, (long)&request, sizeof(request)) == -98,
	      "it has joined");
	call(CALL_CLOSE, "close", fd, 0, 0, 0, 0);
	done("struct group_req");
}

static void raise_loopback(int fd)
{
	struct sockaddr_in address = ipv4("127.0.0.1", 0);
	struct ifreq request = { .ifr_flags = 0 };

	strcpy(request.ifr_name, "lo");
	memcpy(&request.ifr_addr, &address, sizeof(address));
	call(CALL_IOCTL, "SIOCSIFADDR", fd, SIOCSIFADDR, (long)&request, 0, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	call(CALL_IOCTL, "SIOCSIFFLAGS", fd, SIOCSIFFLAGS, (long)&request, 0, 0);
}

int main(void)
{
	int fd;

	host_boot(MEMORY_BYTES, "");
	process = (unsigned long)lib_process_create(0, 0);
	fd = (int)call(CALL_SOCKET, "socket", AF_INET, SOCK_DGRAM, 0, 0, 0);
	raise_loopback(fd);
	ifreq(fd);
	ifconf(fd);
	data_of_interface(fd);
	rtentry(fd);
	messages();
	many_messages();
	timestamping();
	timeouts();
	filter();
	group();
	xtables();
	return EXIT_SUCCESS;
}
