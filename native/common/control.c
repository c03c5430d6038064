// SPDX-License-Identifier: GPL-2.0-only
/* The control socket from a program's side: where it is, frames, and the names of hosts. See control.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/control.h"

#define REPLY_SECONDS_MAX 10
#define HOST_NAME_MAX_BYTES 64

struct header {
	uint32_t magic;
	uint16_t version;
	uint16_t kind;
	uint32_t length;
};

_Static_assert(sizeof(struct header) == LIBOS_HEADER_BYTES, "the header has no padding");

int libos_fail(struct libos_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return -1;
}

void libos_report(const struct libos_error *error)
{
	dprintf(STDERR_FILENO, "libos: %s\n", error->text);
}

const char *libos_host_name(struct libos_error *error)
{
	const char *name = getenv("LIBOS_HOST");
	size_t length;

	if (!name || !*name)
		return "default";
	length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	if (name[length] == '\0' && length <= HOST_NAME_MAX_BYTES && name[0] != '.' && name[0] != '-')
		return name;
	libos_fail(error, "'%.64s' is no name of a host: letters, digits, '.', '_' and '-', %d at most",
		   name, HOST_NAME_MAX_BYTES);
	return NULL;
}

/* A folder of our own, made if need be, that nobody else can enter. */
static int own_folder(const char *path, struct libos_error *error)
{
	struct stat status;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return libos_fail(error, "cannot make %s: %s; set XDG_RUNTIME_DIR to a folder of yours", path,
				  strerror(errno));
	if (lstat(path, &status) < 0)
		return libos_fail(error, "cannot use %s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077))
		return libos_fail(error, "%s is not a folder that only you can enter: remove it, or chmod 700 it",
				  path);
	return 0;
}

int libos_host_file(const char *host, const char *suffix, char path[PATH_MAX], struct libos_error *error)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char folder[PATH_MAX / 2];
	struct stat status;
	int length;

	if (runtime && *runtime == '/') {
		length = snprintf(folder, sizeof(folder), "%s/libos", runtime);
	} else {
		snprintf(folder, sizeof(folder), "/run/user/%u", geteuid());
		if (stat(folder, &status) == 0 && status.st_uid == geteuid())
			length = snprintf(folder, sizeof(folder), "/run/user/%u/libos", geteuid());
		else
			length = snprintf(folder, sizeof(folder), "/tmp/libos-%u", geteuid());
	}
	if ((size_t)length >= sizeof(folder))
		return libos_fail(error, "XDG_RUNTIME_DIR is too long");
	if (own_folder(folder, error) < 0)
		return -1;
	snprintf(path, PATH_MAX, "%s/%s%s", folder, host, suffix);
	return 0;
}

int libos_connect(const char *host, struct libos_error *error)
{
	struct timeval limit = { .tv_sec = REPLY_SECONDS_MAX };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[PATH_MAX];
	int fd;

	error->text[0] = '\0';
	if (libos_host_file(host, ".sock", path, error) < 0)
		return -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return libos_fail(error, "%s is too long for a socket: set XDG_RUNTIME_DIR to a shorter one", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return libos_fail(error, "no socket for the broker: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (errno != ENOENT && errno != ECONNREFUSED)
		libos_fail(error, "cannot reach the broker of host '%s' at %s: %s", host, path, strerror(errno));
	close(fd);
	return -1;
}

int libos_send(int control, int kind, const void *payload, size_t length, struct libos_error *error)
{
	char frame[LIBOS_HEADER_BYTES + 512];
	struct header header = {
		.magic = LIBOS_PROTOCOL_MAGIC,
		.version = LIBOS_PROTOCOL_VERSION,
		.kind = (uint16_t)kind,
		.length = (uint32_t)length,
	};

	memcpy(frame, &header, sizeof(header));
	if (length > 0)
		memcpy(frame + sizeof(header), payload, length);
	if (send(control, frame, sizeof(header) + length, MSG_NOSIGNAL) == (ssize_t)(sizeof(header) + length))
		return 0;
	return libos_fail(error, "the broker went away: %s; its log says why", strerror(errno));
}

static int read_all(int control, void *buffer, size_t length, struct libos_error *error)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count = read(control, (char *)buffer + done, length - done);

		if (count > 0)
			done += (size_t)count;
		else if (count == 0)
			return libos_fail(error, "the broker closed the connection: its log says why");
		else if (errno == EAGAIN)
			return libos_fail(error, "the broker has not answered for %d s: its log may say why; "
					  "`libos down` ends it", REPLY_SECONDS_MAX);
		else if (errno != EINTR)
			return libos_fail(error, "cannot read from the broker: %s", strerror(errno));
	}
	return 0;
}

int libos_expect(int control, int kind, void *payload, size_t size, struct libos_error *error)
{
	struct header header;

	if (read_all(control, &header, sizeof(header), error) < 0)
		return -1;
	if (header.magic != LIBOS_PROTOCOL_MAGIC || header.length > LIBOS_PAYLOAD_BYTES_MAX)
		return libos_fail(error, "the broker speaks another protocol: run `libos down`, and again");
	/* A broker of another version says so in words that every version reads. */
	if (header.kind == LIBOS_ERROR) {
		size_t length = header.length < sizeof(error->text) ? header.length : sizeof(error->text) - 1;

		if (read_all(control, error->text, length, error) < 0)
			return -1;
		error->text[length] = '\0';
		return -1;
	}
	if (header.version != LIBOS_PROTOCOL_VERSION || header.kind != kind || header.length > size)
		return libos_fail(error, "the broker speaks protocol version %u and this program %u: "
				  "run `libos down` so that the next program starts the installed one",
				  header.version, LIBOS_PROTOCOL_VERSION);
	if (read_all(control, payload, header.length, error) < 0)
		return -1;
	return (int)header.length;
}
