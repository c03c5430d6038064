// SPDX-License-Identifier: GPL-2.0-only
/*
 * libnuse-linux.so: preloaded, it puts the program on the library's host before main() runs. What the program
 * starts inherits that; the shim in there only maps its page. A program that can't be put there ends.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/control.h"
#include "trusted.h"

/* "lib/libos/paths" beside this library. */
static int find_paths(char file[PATH_MAX], struct libos_error *error)
{
	char library[PATH_MAX];
	Dl_info info;
	char *slash;

	if (!dladdr((void *)libos_trust, &info) || !info.dli_fname || !realpath(info.dli_fname, library))
		return libos_fail(error, "cannot find out where libnuse-linux.so is: name it with its whole path");
	slash = strrchr(library, '/');
	*slash = '\0';
	snprintf(file, PATH_MAX, "%.*s/libos/paths", PATH_MAX - 16, library);
	return 0;
}

static int join(struct libos_error *error)
{
	const char *host = libos_host_name(error);
	char paths[PATH_MAX];
	int control;

	if (!host)
		return -1;
	control = libos_connect(host, error);
	if (control < 0) {
		if (error->text[0] || find_paths(paths, error) < 0)
			return -1;
		control = libos_start(host, paths, LIBOS_ON_DEMAND, error);
	}
	return control < 0 ? -1 : libos_join(control, program_invocation_short_name, error);
}

/* Yama lets only ancestors into a process, unless it says who else may; a child has to say it again. */
static void let_broker_in(void)
{
	prctl(PR_SET_PTRACER, libos_broker_pid(), 0, 0, 0);
}

__attribute__((constructor)) static void start(void)
{
	struct libos_error error = { 0 };
	int saved = errno;

	if (!libos_joined() && join(&error) < 0) {
		libos_report(&error);
		_exit(LIBOS_EXIT_FAILURE);
	}
	libos_trust();
	/* Elsewhere than under Yama this fails. */
	if (prctl(PR_SET_PTRACER, 0, 0, 0, 0) == 0) {
		let_broker_in();
		pthread_atfork(NULL, NULL, let_broker_in);
	}
	errno = saved;
}
