// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages. A filter can't see whose socket a descriptor is, and would catch those of D-Bus, X11 and their like too.
 * Here the machine's own are known by who has made them, and go straight to Linux.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "messages.h"
#include "serial.h"
#include "trusted.h"

#define EXPORT __attribute__((visibility("default")))

/* Beside SIOCLIBOSRING: the broker's process id. */
#define SIOCLIBOSBROKER 0x89e9

long libos_broker_pid(void)
{
	static long known;
	long pid = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (pid == 0) {
		do
			pid = libos_caught_call(SYS_ioctl, -1, SIOCLIBOSBROKER, 0, 0, 0, 0);
		while (pid == -EINTR);
		__atomic_store_n(&known, pid, __ATOMIC_RELAXED);
	}
	return pid;
}

/*
 * Whether a socket is certainly not the library's: the other end of a library's was made by the broker. Another PID
 * namespace sees 0 there, and is not certain.
 */
static bool is_machines(int fd)
{
	struct ucred maker = { 0 };
	socklen_t length = sizeof(maker);

	if (libos_trusted_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, (long)&maker, (long)&length, 0) < 0)
		return false;
	return maker.pid > 0 && libos_broker_pid() > 0 && maker.pid != libos_broker_pid();
}

ssize_t libos_message_call(long number, int flags_at, long arguments[6])
{
	uint32_t serial;

	if (is_machines((int)arguments[0]))
		return libos_finish(libos_cancellable_call(libos_trusted_call, number, arguments));
	serial = libos_add_serial(arguments, flags_at);
	return libos_finish(libos_heard(serial, libos_cancellable_call(libos_caught_call, number, arguments)));
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return libos_message_call(SYS_sendmsg, 2, (long[6]){ fd, (long)message, flags });
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return libos_message_call(SYS_recvmsg, 2, (long[6]){ fd, (long)message, flags });
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	return (int)libos_message_call(SYS_sendmmsg, 3, (long[6]){ fd, (long)messages, count, flags });
}

EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout)
{
	return (int)libos_message_call(SYS_recvmmsg, 3,
				       (long[6]){ fd, (long)messages, count, flags, (long)timeout });
}
