// SPDX-License-Identifier: GPL-2.0-only
/* The few requests of rtnetlink that two-hosts.c makes, see rtnetlink.h. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnetlink.h"

struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[128];
};

static struct request request_of(int type, int flags)
{
	return (struct request){ .header = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlmsg_type = (unsigned short)type,
		.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags),
	} };
}

static struct rtattr *add(struct request *request, int type, const char *text)
{
	struct rtattr *attribute = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
	size_t length = strlen(text) + 1;

	attribute->rta_type = (unsigned short)type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), text, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

static void ask(struct host *host, const struct request *request)
{
	struct { struct nlmsghdr header; struct nlmsgerr error; char rest[1024]; } answer;
	long fd = call(host, CALL_SOCKET, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 0, 0, 0);

	call(host, CALL_SENDTO, fd, (long)request, request->header.nlmsg_len, 0, 0, 0);
	call(host, CALL_RECVFROM, fd, (long)&answer, sizeof(answer), 0, 0, 0);
	if (answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error)
		fail("%s: rtnetlink request %u: %s", host->name, request->header.nlmsg_type,
		     strerror(-answer.error.error));
	call(host, CALL_CLOSE, fd, 0, 0, 0, 0, 0);
}

void rtnetlink_add_link(struct host *host, const char *name, const char *kind)
{
	struct request request = request_of(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct rtattr *info;

	add(&request, IFLA_IFNAME, name);
	info = add(&request, IFLA_LINKINFO, "");
	request.header.nlmsg_len -= RTA_ALIGN(info->rta_len) - RTA_LENGTH(0);
	add(&request, IFLA_INFO_KIND, kind);
	info->rta_len = (unsigned short)((char *)&request + request.header.nlmsg_len - (char *)info);
	ask(host, &request);
}

void rtnetlink_delete_link(struct host *host, const char *name)
{
	struct request request = request_of(RTM_DELLINK, NLM_F_ACK);

	add(&request, IFLA_IFNAME, name);
	ask(host, &request);
}

void rtnetlink_dump(struct host *host, long fd, int type)
{
	struct request request = request_of(type, NLM_F_DUMP);

	call(host, CALL_SENDTO, fd, (long)&request, request.header.nlmsg_len, 0, 0, 0);
}
