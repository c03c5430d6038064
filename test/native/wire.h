/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NATIVE_WIRE_H
#define NATIVE_WIRE_H
/* Two hosts in one process, with a wire between their NICs that can be pulled out. */
#include <netinet/in.h>
#include "side.h"

#define MS_NS		1000000ULL
#define SECOND_NS	1000000000ULL

/* asm-generic/unistd.h: the library's numbers on every machine. */
enum call {
	CALL_IOCTL = 29,
	CALL_OPENAT = 56,
	CALL_CLOSE = 57,
	CALL_READ = 63,
	CALL_UNSHARE = 97,
	CALL_SOCKET = 198,
	CALL_BIND = 200,
	CALL_LISTEN = 201,
	CALL_CONNECT = 203,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
	CALL_SETSOCKOPT = 208,
	CALL_GETSOCKOPT = 209,
	CALL_SHUTDOWN = 210,
	CALL_ACCEPT4 = 242,
};

struct host {
	const char *name, *address;
	const struct side *side;
	unsigned long process;	/* whose calls are made */
	unsigned char mac[6];
	unsigned int frames_lost;	/* with no NIC at the other end */
	u32 nic;
	int has_nic;
};

extern struct host left, right;

/* Boots both, each from a copy of the shared library of its own. */
void wire_boot(const char *left_library, const char *right_library);
/* A NIC eth0 with the host's address; and away with it, whatever uses it. */
void wire_plug_in(struct host *host);
void wire_pull_out(struct host *host);
/* Passes frames until none is left. */
void wire_settle(void);
/* Lets virtual time pass on both hosts, a step at a time, and passes frames. */
void wire_let_pass(u64 duration_ns, u64 step_ns);

/* A system call: what it returns, -errno too. */
long attempt(struct host *host, enum call number, long a, long b, long c, long d, long e, long f);
/* The same of one that must succeed. */
long call(struct host *host, enum call number, long a, long b, long c, long d, long e, long f);
void configure(struct host *host, const char *interface, const char *address);
struct sockaddr_in ipv4(const char *address, unsigned short port);
#endif
