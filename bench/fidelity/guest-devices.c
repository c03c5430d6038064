// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the oracle's devices need: no offloads, and netem with the seed of its random stream, which Debian 12's tc
 * cannot set.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <math.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

/* Later than the headers of Debian 12. */
#define NETEM_PRNG_SEED 14

void turn_off_offloads(const char *host, const char *device)
{
	static const unsigned int commands[] = {
		ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SSG, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM,
	};
	struct ifreq request = {};
	int fd;

	enter_host(host);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strncpy(request.ifr_name, device, IFNAMSIZ - 1);
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		struct ethtool_value off = { .cmd = commands[i], .data = 0 };

		request.ifr_data = (char *)&off;
		if (ioctl(fd, SIOCETHTOOL, &request) < 0)
			fail("offload %u of %s: %s", commands[i], device, strerror(errno));
	}
	close(fd);
}

struct request {
	struct nlmsghdr header;
	struct tcmsg tc;
	char attributes[512];
};

static struct rtattr *append(struct request *request, int kind, const void *data, size_t length)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = kind;
	attribute->rta_len = RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

static void send_request(struct request *request, const char *what)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		fail("%s: %s", what, strerror(errno));
	if (answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error != 0)
		fail("%s: %s", what, strerror(-answer.error.error));
	close(fd);
}

void add_netem(char *const argv[], int argc)
{
	struct request request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
			.nlmsg_type = RTM_NEWQDISC,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		},
		.tc = { .tcm_family = AF_UNSPEC, .tcm_parent = TC_H_ROOT },
	};
	struct tc_netem_qopt options = {};
	struct tc_netem_rate rate = {};
	struct rtattr *nest;
	uint64_t rate_bytes, seed;
	int64_t delay_ns;
	double loss;

	if (argc != 8)
		fail("netem wants 7 arguments");
	enter_host(argv[1]);
	request.tc.tcm_ifindex = if_nametoindex(argv[2]);
	if (!request.tc.tcm_ifindex)
		fail("netem: no device %s on %s", argv[2], argv[1]);
	rate_bytes = strtoull(argv[3], NULL, 10) / 8;
	delay_ns = strtoll(argv[4], NULL, 10);
	options.limit = strtoul(argv[5], NULL, 10);
	loss = strtod(argv[6], NULL);
	options.loss = (uint32_t)llround(loss * UINT32_MAX);
	seed = strtoull(argv[7], NULL, 10);
	append(&request, TCA_KIND, "netem", sizeof("netem"));
	nest = append(&request, TCA_OPTIONS, &options, sizeof(options));
	append(&request, TCA_NETEM_LATENCY64, &delay_ns, sizeof(delay_ns));
	append(&request, NETEM_PRNG_SEED, &seed, sizeof(seed));
	if (rate_bytes) {
		rate.rate = rate_bytes > UINT32_MAX ? UINT32_MAX : rate_bytes;
		append(&request, TCA_NETEM_RATE, &rate, sizeof(rate));
		append(&request, TCA_NETEM_RATE64, &rate_bytes, sizeof(rate_bytes));
	}
	nest->rta_len = (char *)&request + request.header.nlmsg_len - (char *)nest;
	send_request(&request, "netem");
}
