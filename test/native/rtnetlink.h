/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_RTNETLINK_H
#define NATIVE_RTNETLINK_H
/* The few requests of rtnetlink that two-hosts.c makes. */
#include "wire.h"

void rtnetlink_add_link(struct host *host, const char *name, const char *kind);
void rtnetlink_delete_link(struct host *host, const char *name);
/* Asks for a whole table (RTM_GET*); the caller reads it. */
void rtnetlink_dump(struct host *host, long fd, int type);
#endif
