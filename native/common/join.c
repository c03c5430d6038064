// SPDX-License-Identifier: GPL-2.0-only
/* Puts the calling process under the filter and hands the listener to the broker. See control.h. */
#define LIBOS_WANT_FILTER
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/control.h"

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

#define NAME_BYTES_MAX 256

int libos_joined(void)
{
	int fd = (int)syscall(SYS_socket, LIBOS_PROBE_FAMILY, 0, 0);

	return fd < 0 && errno == LIBOS_PROBE_ERRNO;
}

static int install_filter(void)
{
	const struct sock_fprog program = {
		.len = sizeof(libos_filter) / sizeof(libos_filter[0]),
		.filter = (struct sock_filter *)(uintptr_t)libos_filter,
	};
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC |
			      SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	if (listener >= 0 || errno != EACCES)
		return listener;
	/* Without root Linux wants the promise that no program will gain rights. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int libos_join(int control, const char *name, struct libos_error *error)
{
	size_t length = strnlen(name, NAME_BYTES_MAX);
	uint32_t number;
	int listener;

	if (libos_send(control, LIBOS_HELLO, name, length, error) < 0 ||
	    libos_expect(control, LIBOS_WELCOME, &number, sizeof(number), error) < 0)
		return -1;
	/* Under Yama only ancestors reach into a process, unless it says who else may. Elsewhere it fails. */
	prctl(PR_SET_PTRACER, number, 0, 0, 0);
	listener = install_filter();
	if (listener < 0) {
		if (errno == EBUSY)
			return libos_fail(error, "something else answers this program's system calls already "
					  "(a container?): start it outside of that");
		if (errno == EINVAL || errno == ENOSYS)
			return libos_fail(error, "this Linux lacks seccomp user notification: 5.9 or newer is needed");
		return libos_fail(error, "cannot install the filter for system calls: %s", strerror(errno));
	}
	number = (uint32_t)listener;
	if (libos_send(control, LIBOS_LISTENER, &number, sizeof(number), error) < 0 ||
	    libos_expect(control, LIBOS_READY, NULL, 0, error) < 0)
		return -1;
	close(listener);
	close(control);
	return 0;
}
