/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_KERNEL_COPY_H
#define LIBOS_KERNEL_COPY_H
/*
 * Between the addon and one copy of a native kernel: a shared object that holds kernel.o and copy.c. What the
 * kernel calls is recorded in its host's memory, so that no call into it crosses to JavaScript on the way.
 */
#include <setjmp.h>

#include "host_interface.h"

/* Raised by one whenever a structure here changes: both sides compare it. */
#define COPY_VERSION 1

#define DEATH_TEXT_MAX 1024
#define STACK_FRAMES_MAX 64

enum copy_event_kind {
	EVENT_TRANSMIT,	/* a: NIC, b: address of the frame */
	EVENT_WAKE,	/* a: cookie, b: events */
	EVENT_SIGNAL,	/* a: address of the task */
	EVENT_LOG,	/* a: level, b: offset in the text, c: length */
	EVENT_WARN,	/* b: offset in the text, c: length; its stack follows as EVENT_FRAME */
	EVENT_FRAME,	/* a: offset of a return address in the copy's file */
};

struct copy_event {
	u32 kind, a, b, c;
};

/* What a copy knows of its host. The host fills it before the first call, and empties the lists after each. */
struct copy_host {
	struct copy_event *events;
	char *text;	/* what was logged, one after another */
	u32 event_count, event_max;
	u32 text_length, text_max;
	void (*entropy)(struct copy_host *host, void *buffer, u32 length);
	/* Where the kernel's end unwinds to; set while a call is under way. */
	jmp_buf *entry;
	u32 death_cause;	/* LIB_DIE_*, or COPY_TRAPPED */
	char death[DEATH_TEXT_MAX];	/* NUL-terminated */
	u32 frame_count;
	u32 frames[STACK_FRAMES_MAX];	/* where it died, innermost first: offsets in the copy's file */
};

#define COPY_TRAPPED 100

/* The one symbol of a copy: `libos_kernel_copy`. */
struct copy_calls {
	u32 version, abi_version;
	void (*attach)(struct copy_host *host);
	/* The kernel died at a fault of its code: unwinds. Context: the thread that is inside a call. */
	void (*trapped)(const char *what) __attribute__((noreturn));
	unsigned long (*shared)(void);
	int (*boot)(void);
	void (*timer)(void);
	void (*run)(void);
	unsigned long (*alloc)(u32 size);
	void (*free)(unsigned long address);
	long (*syscall)(unsigned long task, u32 number, long a, long b, long c, long d, long e, long f);
	long (*process_create)(unsigned long parent, u32 flags);
	void (*process_exit)(unsigned long task, u32 status);
	int (*signal_take)(unsigned long task);
	int (*watch)(unsigned long task, int fd, u32 events, u32 cookie);
	int (*unwatch)(u32 cookie);
	int (*nic_create)(unsigned long config);
	int (*nic_destroy)(u32 nic);
	int (*nic_carrier)(u32 nic, u32 up);
	unsigned long (*rx_alloc)(u32 nic, u32 length);
	void (*rx)(unsigned long frame);
	void (*tx_done)(unsigned long frame);
	void (*reseed)(void);
};

#endif
