// SPDX-License-Identifier: GPL-2.0-only
/* Options, requests, filters, netlink and raw sockets: structures that pass byte for byte. Needs CAP_NET_RAW. */
#include "body.h"

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>

static void values(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0)), value;
	struct linger linger = { 1, 5 };
	socklen_t length;
	char text[64];

	printf("# values\n");
	SHOW(option(fd, SOL_SOCKET, SO_TYPE));
	SHOW(option(fd, SOL_SOCKET, SO_DOMAIN));
	SHOW(option(fd, SOL_SOCKET, SO_PROTOCOL));
	SHOW(option(fd, SOL_SOCKET, SO_ACCEPTCONN));
	value = 1;
	SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)));
	SHOW(option(fd, IPPROTO_TCP, TCP_NODELAY));
	SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 2));
	SHOW(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, 4));
	SHOW(setsockopt(fd, IPPROTO_TCP, 9999, &value, sizeof(value)));
	SHOW(setsockopt(fd, 9999, 1, &value, sizeof(value)));
	SHOW(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	length = sizeof(linger);
	SHOW(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length));
	printf("%d %d length %d\n", linger.l_onoff, linger.l_linger, length);
	length = 2;
	SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, text, &length));
	printf("length %d\n", length);
	length = (socklen_t)-1;
	SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, text, &length));
	length = sizeof(text);
	SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *)8, &length));
	SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	memset(text, 0, sizeof(text));
	length = sizeof(text);
	SHOW(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, text, &length));
	printf("%s length %d\n", text, length);
	value = 77;
	SHOW(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof(value)));
	SHOW(option(fd, IPPROTO_IP, IP_TTL));
	struct tcp_info info;

	length = sizeof(info);
	SHOW(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	printf("state %d\n", info.tcpi_state);
	SHOW(listen(fd, 1));
	SHOW(option(fd, SOL_SOCKET, SO_ACCEPTCONN));
	close(fd);
	SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
}

static void filters(void)
{
	int one = bound(SOCK_DGRAM), two = bound(SOCK_DGRAM);
	/* Keeps what begins with 'k', behind the UDP header. */
	struct sock_filter code[] = { { BPF_LD | BPF_B | BPF_ABS, 0, 0, 8 },
				      { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 'k' },
				      { BPF_RET | BPF_K, 0, 0, 0xffff },
				      { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog program = { 4, code };
	struct sock_filter back[8];
	socklen_t length = 8;
	char text[8];

	printf("# filters\n");
	SHOW(setsockopt(two, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	MUST(connect_to(one, port_of(two)));
	MUST(send(one, "drop", 4, 0));
	MUST(send(one, "keep", 4, 0));
	SHOW(recv(two, text, sizeof(text), 0));
	printf("%.4s\n", text);
	SHOW(getsockopt(two, SOL_SOCKET, SO_GET_FILTER, back, &length));
	printf("%d instructions, the same %d\n", length, memcmp(back, code, sizeof(code)) == 0);
	program.filter = (void *)8;
	SHOW(setsockopt(two, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	program.len = 0;
	SHOW(setsockopt(two, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	SHOW(setsockopt(two, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0));
	SHOW(setsockopt(two, SOL_SOCKET, SO_DETACH_FILTER, text, 4));
	close(one);
	close(two);
}

static void requests(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), unix_fd = (int)MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
	struct ifreq request = { .ifr_name = "lo" };
	struct ifreq all[16];
	struct ifconf list = { .ifc_len = sizeof(all), .ifc_req = all };
	int found = 0;

	printf("# requests\n");
	SHOW(ioctl(fd, SIOCGIFINDEX, &request));
	printf("index %d\n", request.ifr_ifindex);
	SHOW(ioctl(fd, SIOCGIFNAME, &request));
	printf("name %s\n", request.ifr_name);
	SHOW(ioctl(fd, SIOCGIFADDR, &request));
	printf("%s\n", inet_ntoa(((struct sockaddr_in *)(void *)&request.ifr_addr)->sin_addr));
	SHOW(ioctl(fd, SIOCGIFMTU, &request));
	printf("mtu %d\n", request.ifr_mtu);
	SHOW(ioctl(fd, SIOCGIFFLAGS, &request));
	printf("loopback and up %d\n", (request.ifr_flags & (IFF_LOOPBACK | IFF_UP)) == (IFF_LOOPBACK | IFF_UP));
	SHOW(ioctl(fd, SIOCGIFCONF, &list));
	for (int i = 0; i < list.ifc_len / (int)sizeof(all[0]); i++)
		found += strcmp(all[i].ifr_name, "lo") == 0;
	printf("lo among them %d, whole %d\n", found, list.ifc_len % (int)sizeof(all[0]) == 0);
	list = (struct ifconf){ .ifc_len = 0, .ifc_req = NULL };
	SHOW(ioctl(fd, SIOCGIFCONF, &list));
	printf("room wanted %d\n", list.ifc_len >= (int)sizeof(all[0]));
	strcpy(request.ifr_name, "nothere0");
	SHOW(ioctl(fd, SIOCGIFINDEX, &request));
	SHOW(ioctl(fd, SIOCGIFINDEX, (void *)8));
	printf("by name %u\n", if_nametoindex("lo"));
	strcpy(request.ifr_name, "lo");
	SHOW(ioctl(unix_fd, SIOCGIFINDEX, &request));
	SHOW(ioctl(fd, 0x89ee, &request) < 0);
	close(fd);
	close(unix_fd);
}

static void netlink(void)
{
	int fd = (int)MUST(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)), done = 0, found = 0, cut = 0;
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
	} request = { { sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 7, 0 }, { 0 } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK }, own;
	socklen_t length = sizeof(own);
	_Alignas(8) char buffer[8192];
	struct iovec vector = { buffer, sizeof(buffer) };
	struct msghdr message = { .msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = &vector, .msg_iovlen = 1 };

	printf("# netlink\n");
	own = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
	SHOW(bind(fd, (struct sockaddr *)&own, sizeof(own)));
	SHOW(getsockname(fd, (struct sockaddr *)&own, &length));
	printf("length %d, has a number %d\n", length, own.nl_pid != 0);
	SHOW(sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel, sizeof(kernel)));
	await(fd, POLLIN);
	long peeked = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);

	printf("peeked %d\n", peeked > 0);
	while (!done) {
		long size = MUST(recvmsg(fd, &message, 0));

		cut |= message.msg_flags & MSG_TRUNC;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
			done |= h->nlmsg_type == NLMSG_DONE;
			if (h->nlmsg_type != RTM_NEWLINK)
				continue;
			struct ifinfomsg *link = NLMSG_DATA(h);
			int left = (int)IFLA_PAYLOAD(h);

			for (struct rtattr *a = IFLA_RTA(link); RTA_OK(a, left); a = RTA_NEXT(a, left))
				found += a->rta_type == IFLA_IFNAME && strcmp(RTA_DATA(a), "lo") == 0;
		}
	}
	printf("lo among them %d, cut %d, from the kernel %d\n", found, cut, kernel.nl_pid == 0);
	request.header.nlmsg_type = 9999;
	SHOW(send(fd, &request, sizeof(request), 0));
	SHOW(recvmsg(fd, &message, 0) > 0);
	printf("error %d\n", ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)(void *)buffer))->error);
	SHOW(recv(fd, buffer, 1, MSG_DONTWAIT));
	SHOW(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
	close(fd);
}

static void raw(void)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)), one = 1;
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo = { .id = htons(0x1d05), .sequence = htons(1) } };
	struct sockaddr_in to = loopback(0), from;
	socklen_t length;
	unsigned char packet[256];
	const uint16_t *words = (const uint16_t *)(const void *)&echo;
	uint32_t sum = 0;

	printf("# raw\n");
	for (size_t i = 0; i < sizeof(echo) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	echo.checksum = (uint16_t)~(sum + (sum >> 16));
	SHOW(sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)));
	for (int i = 0; i < 2; i++) {
		length = sizeof(from);
		SHOW(recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length));
		printf("type %d from %s\n", packet[20], inet_ntoa(from.sin_addr));
	}
	SHOW(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)));
	SHOW(sendto(fd, packet, 3, 0, (struct sockaddr *)&to, sizeof(to)));
	close(fd);
}

int main(void)
{
	values();
	filters();
	requests();
	netlink();
	raw();
	return 0;
}
