/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_CONTROL_H
#define LIBOS_CONTROL_H
/*
 * A program's side of a broker's control socket (src/nuse/broker/protocol.ts), for the shim and the launcher.
 * A function that fails returns -1 and has written one line to the error, which says what to do.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "common/interface.generated.h"

/* What libos itself could not do; env(1) and its kin use the same. */
#define LIBOS_EXIT_FAILURE 125

struct libos_error {
	char text[1024];
};

__attribute__((format(printf, 2, 3))) int libos_fail(struct libos_error *error, const char *format, ...);
/* "libos: " and the line, to standard error. */
void libos_report(const struct libos_error *error);

/* The host's name: LIBOS_HOST or "default". NULL if it is not one. */
const char *libos_host_name(struct libos_error *error);
/* The file of a host with this suffix (".sock", ".log", ".lock") in a folder that only the user can enter. */
int libos_host_file(const char *host, const char *suffix, char path[PATH_MAX], struct libos_error *error);

/* A descriptor; or -1 with an empty error if no broker is up. */
int libos_connect(const char *host, struct libos_error *error);
int libos_send(int control, int kind, const void *payload, size_t length, struct libos_error *error);
/* The payload's length. The broker's own words become the error. Ten seconds at most. */
int libos_expect(int control, int kind, void *payload, size_t size, struct libos_error *error);

/*
 * Puts this process, all its threads and all that they will start on the host whose broker `control` leads to,
 * and closes that. `name` is what `libos status` calls the program.
 */
int libos_join(int control, const char *name, struct libos_error *error);
/* Whether this process is on a host already. */
int libos_joined(void);

/*
 * Starts the host's broker, with these options, unless it is up, and waits until it is; a descriptor as from
 * libos_connect().
 */
int libos_start(const char *host, const char *paths_file, char *const *options, struct libos_error *error);
/* The options of who starts one only for itself. */
#define LIBOS_ON_DEMAND ((char *const[]){ "--on-demand", NULL })

/* One line of the file that says where things are; repeated keys make a list that ends with NULL. */
#define LIBOS_PATHS_MAX 16
struct libos_paths {
	char text[8192];
	char *values[LIBOS_PATHS_MAX];
};
int libos_read_paths(const char *file, const char *key, struct libos_paths *paths, struct libos_error *error);

#endif
