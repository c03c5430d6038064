// SPDX-License-Identifier: GPL-2.0-only
/*
 * libos, the command: `run` in C, because Node.js alone takes longer to start than that may, and what others of its
 * parts call (`start`, `guardian`); every other subcommand is Node.js's.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/control.h"
#include "launcher.h"

static const char usage[] =
	"Usage: libos run [--host NAME] -- COMMAND [ARGUMENTS]\n"
	"\n"
	"runs an unmodified program on the library's network stack\n"
	"\n"
	"Options:\n"
	"  --host <name>  host to run it on (default: LIBOS_HOST, or \"default\")\n"
	"  -h, --help     display help for command\n";

/* The folder two above this program: bin/libos lies beside lib/. */
static int prefix(char path[PATH_MAX], struct libos_error *error)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	for (int up = 0; up < 2 && length > 0; up++) {
		while (length > 0 && path[length - 1] != '/')
			length--;
		length--;
	}
	if (length < 0)
		return libos_fail(error, "cannot find out where this program is: is /proc mounted?");
	path[length] = '\0';
	return 0;
}

static int in_prefix(const char *name, char file[PATH_MAX], struct libos_error *error)
{
	char folder[PATH_MAX];

	if (prefix(folder, error) < 0)
		return -1;
	if ((size_t)snprintf(file, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return libos_fail(error, "%s is too long a path", folder);
	return 0;
}

/* Puts the shim before what is preloaded already, unless it is there. */
static int preload(const char *shim, struct libos_error *error)
{
	const char *before = getenv("LD_PRELOAD");
	char *list;

	if (before && strstr(before, "libnuse-linux.so"))
		return 0;
	if (asprintf(&list, before && *before ? "%s:%s" : "%s", shim, before) < 0 ||
	    setenv("LD_PRELOAD", list, 1) < 0)
		return libos_fail(error, "no memory");
	free(list);
	return 0;
}

static int on_host(const char *wanted, const char *command, struct libos_error *error)
{
	const char *current = getenv("LIBOS_HOST");
	char paths[PATH_MAX];
	const char *host;
	int control;

	if (libos_joined()) {
		if (!wanted || strcmp(wanted, current ? current : "default") == 0)
			return 0;
		return libos_fail(error, "this runs on host '%s' already, and cannot leave it for '%s'",
				  current ? current : "default", wanted);
	}
	if (wanted)
		setenv("LIBOS_HOST", wanted, 1);
	host = libos_host_name(error);
	if (!host || in_prefix("lib/libos/paths", paths, error) < 0)
		return -1;
	control = libos_start(host, paths, LIBOS_ON_DEMAND, error);
	return control < 0 ? -1 : libos_join(control, command, error);
}

static int run(int count, char **values)
{
	static const struct option options[] = {
		{ "host", required_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct libos_error error = { 0 };
	const char *wanted = NULL, *base;
	char shim[PATH_MAX];
	int option, status;

	while ((option = getopt_long(count, values, "+h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option != 'H') {
			fputs(usage, stderr);
			return 2;
		}
		wanted = optarg;
	}
	if (optind == count) {
		fputs(usage, stderr);
		return 2;
	}
	base = strrchr(values[optind], '/');
	base = base ? base + 1 : values[optind];
	if (on_host(wanted, base, &error) < 0 || in_prefix("lib/libnuse-linux.so", shim, &error) < 0 ||
	    preload(shim, &error) < 0) {
		libos_report(&error);
		return LIBOS_EXIT_FAILURE;
	}
	execvp(values[optind], values + optind);
	status = errno == ENOENT ? 127 : 126;
	libos_fail(&error, "cannot run %s: %s", values[optind], strerror(errno));
	libos_report(&error);
	return status;
}

/* `start [OPTIONS]`, for `libos up`: starts the broker of LIBOS_HOST with these options. */
static int start(char *const *options)
{
	struct libos_error error = { 0 };
	const char *host = libos_host_name(&error);
	char paths[PATH_MAX];
	int control;

	if (!host || in_prefix("lib/libos/paths", paths, &error) < 0)
		goto failed;
	control = libos_start(host, paths, options, &error);
	if (control < 0)
		goto failed;
	close(control);
	return 0;
failed:
	libos_report(&error);
	return LIBOS_EXIT_FAILURE;
}

/* Hands the command line to Node.js. */
static int with_node(int count, char **values)
{
	struct libos_error error = { 0 };
	struct libos_paths paths;
	char file[PATH_MAX];
	char **command;
	int given;

	if (in_prefix("lib/libos/paths", file, &error) < 0)
		goto failed;
	given = libos_read_paths(file, "command", &paths, &error);
	if (given < 0)
		goto failed;
	command = calloc((size_t)(given + count), sizeof(*command));
	if (!command) {
		libos_fail(&error, "no memory");
		goto failed;
	}
	memcpy(command, paths.values, (size_t)given * sizeof(*command));
	memcpy(command + given, values + 1, (size_t)(count - 1) * sizeof(*command));
	execv(command[0], command);
	libos_fail(&error, "cannot start %s: %s; run `libos install` again", command[0], strerror(errno));
failed:
	libos_report(&error);
	return LIBOS_EXIT_FAILURE;
}

int main(int count, char **values)
{
	if (count > 1 && strcmp(values[1], "run") == 0)
		return run(count - 1, values + 1);
	if (count > 1 && strcmp(values[1], "guardian") == 0)
		return guard();
	if (count > 1 && strcmp(values[1], "start") == 0)
		return start(values + 2);
	return with_node(count, values);
}
