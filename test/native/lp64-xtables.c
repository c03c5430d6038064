// SPDX-License-Identifier: GPL-2.0-only
/* Tables of the firewall as iptables hands them over: matches whose structures hold pointers and longs. */
#include <limits.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_limit.h>
#include <linux/netfilter/xt_recent.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lp64.h"

#define TABLE_BYTES 8192

struct table {
	struct ipt_replace head;
	unsigned char entries[TABLE_BYTES];
};

/* Adds a rule with a match, or none, and a verdict; returns where it begins. */
static unsigned int add_rule(struct table *table, const char *match, unsigned char revision,
			     const void *data, size_t data_size, int verdict)
{
	unsigned int at = table->head.size;
	unsigned char *place = table->entries + at;
	struct ipt_entry *entry = (struct ipt_entry *)place;
	struct xt_standard_target *target;
	size_t match_size = match ? XT_ALIGN(sizeof(struct xt_entry_match) + data_size) : 0;

	if (match) {
		struct xt_entry_match *header = (struct xt_entry_match *)entry->elems;

		header->u.user.match_size = (unsigned short)match_size;
		header->u.user.revision = revision;
		strcpy(header->u.user.name, match);
		memcpy(header->data, data, data_size);
	}
	target = (struct xt_standard_target *)(place + sizeof(*entry) + match_size);
	target->target.u.user.target_size = XT_ALIGN(sizeof(*target));
	target->verdict = verdict;
	entry->target_offset = (unsigned short)(sizeof(*entry) + match_size);
	entry->next_offset = (unsigned short)(entry->target_offset + XT_ALIGN(sizeof(*target)));
	table->head.size += entry->next_offset;
	table->head.num_entries++;
	return at;
}

static void add_error(struct table *table)
{
	struct ipt_entry *entry = (struct ipt_entry *)(table->entries + table->head.size);
	struct xt_error_target *target = (struct xt_error_target *)(entry + 1);

	target->target.u.user.target_size = XT_ALIGN(sizeof(*target));
	strcpy(target->target.u.user.name, XT_ERROR_TARGET);
	strcpy(target->errorname, XT_ERROR_TARGET);
	entry->target_offset = sizeof(*entry);
	entry->next_offset = (unsigned short)(sizeof(*entry) + XT_ALIGN(sizeof(*target)));
	table->head.size += entry->next_offset;
	table->head.num_entries++;
}

static const unsigned int hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT };

/* A filter table whose first chain has one rule with a match. */
static void replace(int fd, const char *match, unsigned char revision, const void *data, size_t data_size)
{
	struct table *table = calloc(1, sizeof(*table));
	struct xt_counters counters[8];
	struct ipt_getinfo info = { .name = "filter" };
	socklen_t info_length = sizeof(info);

	call(CALL_GETSOCKOPT, "IPT_SO_GET_INFO", fd, IPPROTO_IP, IPT_SO_GET_INFO, (long)&info,
	     (long)&info_length);
	strcpy(table->head.name, "filter");
	table->head.valid_hooks = info.valid_hooks;
	for (size_t i = 0; i < 3; i++) {
		table->head.hook_entry[hooks[i]] = table->head.size;
		if (i == 0)
			add_rule(table, match, revision, data, data_size, -NF_ACCEPT - 1);
		table->head.underflow[hooks[i]] = add_rule(table, NULL, 0, NULL, 0, -NF_ACCEPT - 1);
	}
	add_error(table);
	table->head.num_counters = info.num_entries;
	table->head.counters = counters;
	call(CALL_SETSOCKOPT, match, fd, IPPROTO_IP, IPT_SO_SET_REPLACE, (long)table,
	     (long)(sizeof(table->head) + table->head.size));
	free(table);
}

void xtables(void)
{
	int fd = (int)call(CALL_SOCKET, "socket", AF_INET, SOCK_RAW, IPPROTO_RAW, 0, 0);
	struct xt_rateinfo limit = { .avg = XT_LIMIT_SCALE, .burst = 5 };
	struct xt_hashlimit_mtinfo3 hashlimit = {
		.name = "checked",
		.cfg = {
			.mode = XT_HASHLIMIT_HASH_SIP, .avg = XT_HASHLIMIT_SCALE_v2, .burst = 5,
			.size = 64, .max = 128, .gc_interval = 1000, .expire = 1000, .srcmask = 32,
			.dstmask = 32,
		},
	};
	struct xt_recent_mtinfo_v1 recent = { .check_set = XT_RECENT_SET, .name = "checked" };

	memset(&recent.mask, 0xff, sizeof(recent.mask));
	replace(fd, "limit", 0, &limit, sizeof(limit));
	done("xt_rateinfo");
	replace(fd, "hashlimit", 3, &hashlimit, sizeof(hashlimit));
	done("xt_hashlimit_mtinfo3");
	replace(fd, "recent", 1, &recent, sizeof(recent));
	done("xt_recent_mtinfo_v1");
}
