// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seccomp user notification, the broker's side: takes calls off a listener and answers them. Calls that are under
 * way are also noted in memory shared with the guardian, which answers them if the broker dies.
 * src/native/binding/notify.ts tells what each function takes.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "api.h"
#include "common/ledger.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

/* Where receive() puts the ledger's entry: behind Linux's structure. */
#define RECEIVE_BYTES (sizeof(struct seccomp_notif) + sizeof(uint32_t))

static struct libos_ledger_entry *ledger;
/* The free entries' numbers, a stack. */
static uint32_t *spare;
static uint32_t spare_count;

/* (fd of the ledger's memory): 0 or -errno. Once in a process. */
static napi_value notify_ledger(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	void *memory;

	if (ledger)
		return libos_number(env, -EBUSY);
	spare = calloc(LIBOS_LEDGER_ENTRIES, sizeof(*spare));
	if (!spare)
		return libos_number(env, -ENOMEM);
	memory = mmap(NULL, LIBOS_LEDGER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		      (int)libos_integer(&call, 0), 0);
	if (memory == MAP_FAILED) {
		int error = -errno;

		free(spare);
		return libos_number(env, error);
	}
	ledger = memory;
	for (uint32_t i = LIBOS_LEDGER_ENTRIES; i > 0; i--)
		spare[spare_count++] = i - 1;
	return libos_number(env, 0);
}

static void settle(uint32_t entry)
{
	if (entry >= LIBOS_LEDGER_ENTRIES || !ledger || ledger[entry].listener == 0)
		return;
	__atomic_store_n(&ledger[entry].listener, 0, __ATOMIC_RELEASE);
	spare[spare_count++] = entry;
}

/* (listener, its key, buffer): 0 or -errno. ENOENT: the call has been cancelled meanwhile. */
static napi_value notify_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes out = libos_bytes(&call, 2);
	struct seccomp_notif notification = { 0 };
	uint32_t entry = LIBOS_LEDGER_ENTRIES;

	if (out.length < RECEIVE_BYTES) {
		napi_throw_range_error(env, NULL, "libos: a notification needs 84 bytes");
		return NULL;
	}
	if (ioctl((int)libos_integer(&call, 0), SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0)
		return libos_result(env, -1);
	if (spare_count > 0) {
		entry = spare[--spare_count];
		ledger[entry].id = notification.id;
		__atomic_store_n(&ledger[entry].listener, (uint32_t)libos_integer(&call, 1),
				 __ATOMIC_RELEASE);
	}
	memcpy(out.start, &notification, sizeof(notification));
	memcpy(out.start + sizeof(notification), &entry, sizeof(entry));
	return libos_number(env, 0);
}

static uint64_t id_of(const struct libos_call *call)
{
	return (uint64_t)(uint32_t)libos_integer(call, 1) |
	       (uint64_t)(uint32_t)libos_integer(call, 2) << 32;
}

/* (listener, id low, id high, entry, value, errno, flags): 0 or -errno. */
static napi_value notify_send(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct seccomp_notif_resp response = {
		.id = id_of(&call),
		.val = libos_integer(&call, 4),
		.error = -(int)libos_integer(&call, 5),
		.flags = (uint32_t)libos_integer(&call, 6),
	};
	int result = ioctl((int)libos_integer(&call, 0), SECCOMP_IOCTL_NOTIF_SEND, &response);

	napi_value answer = libos_result(env, result);

	settle((uint32_t)libos_integer(&call, 3));
	return answer;
}

/* (listener, id low, id high): whether somebody waits. */
static napi_value notify_valid(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	uint64_t id = id_of(&call);
	napi_value valid;

	napi_get_boolean(env,
			 ioctl((int)libos_integer(&call, 0), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0,
			 &valid);
	return valid;
}

/*
 * (listener, id low, id high, flags, descriptor, number there, its flags): the number there or -errno.
 *
 * The ioctl waits until the program has taken the descriptor. If a signal interrupts that, a Linux without the mend
 * forgets the descriptor and keeps the answer: the program then has a 0 for it, and the ioctl, begun anew, says
 * EINPROGRESS. So no signal comes meanwhile.
 */
static napi_value notify_add_fd(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct seccomp_notif_addfd addfd = {
		.id = id_of(&call),
		.flags = (uint32_t)libos_integer(&call, 3),
		.srcfd = (uint32_t)libos_integer(&call, 4),
		.newfd = (uint32_t)libos_integer(&call, 5),
		.newfd_flags = (uint32_t)libos_integer(&call, 6),
	};
	sigset_t all, before;
	int result, error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = ioctl((int)libos_integer(&call, 0), SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return libos_number(env, result < 0 ? -error : result);
}

/* (entry): a call has ended otherwise than by send. */
static napi_value notify_settle(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	settle((uint32_t)libos_integer(&call, 0));
	return NULL;
}

/* (listener, flags): 0 or -errno; EINVAL or ENOTTY from a Linux before 6.6. */
static napi_value notify_set_flags(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, ioctl((int)libos_integer(&call, 0), SECCOMP_IOCTL_NOTIF_SET_FLAGS,
				       (unsigned long)libos_integer(&call, 1)));
}

void libos_init_notify(napi_env env, napi_value exports)
{
	libos_function(env, exports, "notifyLedger", notify_ledger);
	libos_function(env, exports, "notifyReceive", notify_receive);
	libos_function(env, exports, "notifySend", notify_send);
	libos_function(env, exports, "notifyValid", notify_valid);
	libos_function(env, exports, "notifyAddFd", notify_add_fd);
	libos_function(env, exports, "notifySettle", notify_settle);
	libos_function(env, exports, "notifySetFlags", notify_set_flags);
}
