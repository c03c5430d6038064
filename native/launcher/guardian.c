// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guardian of one broker: a process that has a copy of each of its listeners and does nothing while the broker
 * lives. When it dies, calls about the library's sockets fail with ENETDOWN and all others go on, those under way
 * too; a listener that nobody has would make them all fail with ENOSYS. It ends with the last program.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/ledger.h"
#include "launcher.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Descriptors that the broker gives: src/nuse/broker/guardian.ts. */
#define BROKER_FD 3
#define LEDGER_FD 4

/* polls[0] is the broker; the others are listeners, whose keys lie beside them. */
static struct pollfd *polls;
static uint32_t *keys;
static nfds_t count;
static nfds_t room;

static bool add(int fd, uint32_t key)
{
	if (count == room) {
		nfds_t more = room ? room * 2 : 64;
		struct pollfd *more_polls = realloc(polls, more * sizeof(*polls));
		uint32_t *more_keys;

		if (!more_polls)
			return false;
		polls = more_polls;
		more_keys = realloc(keys, more * sizeof(*keys));
		if (!more_keys)
			return false;
		keys = more_keys;
		room = more;
	}
	polls[count] = (struct pollfd){ .fd = fd };
	keys[count++] = key;
	return true;
}

static void forget(nfds_t index)
{
	close(polls[index].fd);
	polls[index] = polls[--count];
	keys[index] = keys[count];
}

/* One message a listener: its key, and the descriptor beside it. False at the broker's end. */
static bool receive(void)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	uint32_t key = 0;
	struct iovec data = { &key, sizeof(key) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(BROKER_FD, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	if (length == 0)
		return false;
	if (length == sizeof(key) && header && header->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
		if (!add(fd, key))
			close(fd);
	}
	return true;
}

/* Whether a thread's descriptor is an end of a pair that the broker made. */
static bool is_brokers(pid_t tid, int fd, pid_t broker)
{
	int process = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	struct ucred maker = { 0 };
	socklen_t length = sizeof(maker);
	int copy;

	if (process < 0)
		process = (int)syscall(SYS_pidfd_open, tid, 0);
	copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (copy >= 0)
		getsockopt(copy, SOL_SOCKET, SO_PEERCRED, &maker, &length);
	close(copy);
	close(process);
	return maker.pid == broker;
}

static bool opens_a_file(int number)
{
#ifdef SYS_open
	if (number == SYS_open)
		return true;
#endif
	return number == SYS_openat || number == SYS_openat2;
}

static void refuse(int listener, uint64_t id)
{
	struct seccomp_notif_resp response = { .id = id, .error = -ENETDOWN };

	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void answer(int listener, pid_t broker)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp response = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return;
	if (!opens_a_file(call.data.nr) &&
	    (call.data.nr == SYS_socket || is_brokers((pid_t)call.pid, (int)call.data.args[0], broker))) {
		refuse(listener, call.id);
		return;
	}
	response.id = call.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* The broker has died with calls in its hands. */
static void answer_ledger(const struct libos_ledger_entry *ledger)
{
	for (size_t entry = 0; entry < LIBOS_LEDGER_ENTRIES; entry++) {
		uint32_t key = __atomic_load_n(&ledger[entry].listener, __ATOMIC_ACQUIRE);

		for (nfds_t i = 1; key && i < count; i++) {
			if (keys[i] == key)
				refuse(polls[i].fd, ledger[entry].id);
		}
	}
}

int guard(void)
{
	struct ucred broker = { 0 };
	socklen_t length = sizeof(broker);
	const struct libos_ledger_entry *ledger =
		mmap(NULL, LIBOS_LEDGER_BYTES, PROT_READ, MAP_SHARED, LEDGER_FD, 0);
	bool alive = true;

	if (ledger == MAP_FAILED ||
	    getsockopt(BROKER_FD, SOL_SOCKET, SO_PEERCRED, &broker, &length) < 0 || !add(BROKER_FD, 0))
		return 1;
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	polls[0].events = POLLIN;
	while (alive || count > 1) {
		if (poll(polls, count, -1) < 0)
			continue;
		for (nfds_t i = count - 1; i > 0; i--) {
			if (polls[i].revents & POLLIN)
				answer(polls[i].fd, broker.pid);
			else if (polls[i].revents & (POLLHUP | POLLERR | POLLNVAL))
				forget(i);
		}
		if (!alive || !polls[0].revents || receive())
			continue;
		alive = false;
		/* A descriptor below 0 is passed over. */
		polls[0].fd = -1;
		answer_ledger(ledger);
		for (nfds_t i = 1; i < count; i++)
			polls[i].events = POLLIN;
	}
	return 0;
}
