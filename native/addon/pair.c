// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of AF_UNIX sockets that stand for a program's socket: one end is the program's descriptor, the other the
 * broker's. See src/native/binding/pair.ts and docs/decisions/0015-sockets.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "api.h"

#define DISCARD_PIECE 4096
#define DISCARD_PIECES 128

/* Beyond net.core.wmem_max only for the privileged. */
static void set_send_buffer(int fd, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* An abstract name of the kernel's choice, so that an end can be connected to again. */
static int bind_to_any(int fd)
{
	sa_family_t family = AF_UNIX;

	return bind(fd, (struct sockaddr *)&family, sizeof(family));
}

static int open_pair(int type, int broker_bytes, int program_bytes, double *out)
{
	struct stat status;
	int fds[2];
	int error;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 || fstat(fds[1], &status) < 0)
		goto fail;
	if (type == SOCK_DGRAM && bind_to_any(fds[1]) < 0)
		goto fail;
	/* The byte that is never taken: who closes with it unread resets the other end. */
	if (type == SOCK_STREAM && send(fds[1], "", 1, MSG_NOSIGNAL) != 1)
		goto fail;
	set_send_buffer(fds[0], broker_bytes);
	set_send_buffer(fds[1], program_bytes);
	out[0] = fds[0];
	out[1] = fds[1];
	out[2] = (double)status.st_ino;
	return 0;
fail:
	error = errno;
	close(fds[0]);
	close(fds[1]);
	return -error;
}

static napi_value pair_open(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes out = libos_bytes(&call, 3);

	if (out.length < 3 * sizeof(double)) {
		napi_throw_range_error(env, NULL, "libos: a pair needs a Float64Array(3)");
		return NULL;
	}
	return libos_number(env, open_pair((int)libos_integer(&call, 0), (int)libos_integer(&call, 1),
					   (int)libos_integer(&call, 2), (double *)(void *)out.start));
}

static napi_value pair_send_buffer(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	set_send_buffer((int)libos_integer(&call, 0), (int)libos_integer(&call, 1));
	return libos_number(env, 0);
}

/* Every piece lands on the same page, which stays in the cache. */
static ssize_t discard(int fd, size_t length)
{
	static char page[DISCARD_PIECE];
	struct iovec pieces[DISCARD_PIECES];
	struct msghdr message = { .msg_iov = pieces };
	size_t total = 0;
	ssize_t taken;

	while (total < length) {
		size_t left = length - total;

		for (message.msg_iovlen = 0; left > 0 && message.msg_iovlen < DISCARD_PIECES;) {
			struct iovec *piece = &pieces[message.msg_iovlen++];

			piece->iov_base = page;
			piece->iov_len = left < DISCARD_PIECE ? left : DISCARD_PIECE;
			left -= piece->iov_len;
		}
		taken = recvmsg(fd, &message, MSG_DONTWAIT);
		if (taken <= 0)
			return total > 0 ? (ssize_t)total : taken;
		total += (size_t)taken;
	}
	return (ssize_t)total;
}

static napi_value pair_discard(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, discard((int)libos_integer(&call, 0), (size_t)libos_integer(&call, 1)));
}

/* Writes until there is no room: the end is not writable then. Single bytes, for the buffer is small. */
static napi_value pair_fill(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int fd = (int)libos_integer(&call, 0);
	int64_t total = 0;
	ssize_t sent;

	while ((sent = send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		total += sent;
	return libos_number(env, (double)total);
}

/*
 * Makes the next read of the other end of a datagram pair fail, and poll say POLLERR. Linux tells a peer so
 * (ECONNRESET) when who disconnects from it had a message unread: so one is put there first. A socket without a
 * peer takes it from anybody.
 */
static int raise_error(int fd)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_un peer, own;
	socklen_t peer_length = sizeof(peer), own_length = sizeof(own);
	int helper, result = -1;

	if (getpeername(fd, (struct sockaddr *)&peer, &peer_length) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &own_length) < 0)
		return -errno;
	if (own_length <= offsetof(struct sockaddr_un, sun_path)) {
		own_length = sizeof(own);
		if (bind_to_any(fd) < 0 || getsockname(fd, (struct sockaddr *)&own, &own_length) < 0)
			return -errno;
	}
	helper = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (helper < 0)
		return -errno;
	if (connect(fd, &nowhere, sizeof(nowhere)) == 0 &&
	    sendto(helper, "", 1, MSG_DONTWAIT, (struct sockaddr *)&own, own_length) == 1 &&
	    connect(fd, (struct sockaddr *)&peer, peer_length) == 0)
		result = connect(fd, &nowhere, sizeof(nowhere));
	if (connect(fd, (struct sockaddr *)&peer, peer_length) < 0)
		result = -1;
	result = result < 0 ? -errno : 0;
	close(helper);
	return result;
}

static napi_value pair_raise(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_number(env, raise_error((int)libos_integer(&call, 0)));
}

/*
 * Whether the other end is still open, if it has a name: that goes with it. To connect a datagram pair again changes
 * nothing; for any other pair, the name is in use as long as its end is there.
 */
static bool is_alive(int fd)
{
	struct sockaddr_un peer;
	socklen_t length = sizeof(peer), type_length = sizeof(int);
	int type, helper;
	bool alive;

	if (getpeername(fd, (struct sockaddr *)&peer, &length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) < 0)
		return false;
	if (type == SOCK_DGRAM)
		return connect(fd, (struct sockaddr *)&peer, length) == 0;
	helper = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (helper < 0)
		return true;
	alive = bind(helper, (struct sockaddr *)&peer, length) < 0 && errno == EADDRINUSE;
	close(helper);
	return alive;
}

static napi_value pair_alive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_number(env, is_alive((int)libos_integer(&call, 0)));
}

static napi_value pair_name(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int result = bind_to_any((int)libos_integer(&call, 0));

	/* It has one already. */
	return libos_result(env, result < 0 && errno == EINVAL ? 0 : result);
}

/* The error that waits at a socket, which forgets it. */
static napi_value pair_take_error(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt((int)libos_integer(&call, 0), SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return libos_result(env, -1);
	return libos_number(env, error);
}

void libos_init_pair(napi_env env, napi_value exports)
{
	libos_function(env, exports, "pairOpen", pair_open);
	libos_function(env, exports, "pairSendBuffer", pair_send_buffer);
	libos_function(env, exports, "pairDiscard", pair_discard);
	libos_function(env, exports, "pairFill", pair_fill);
	libos_function(env, exports, "pairRaise", pair_raise);
	libos_function(env, exports, "pairTakeError", pair_take_error);
	libos_function(env, exports, "pairAlive", pair_alive);
	libos_function(env, exports, "pairName", pair_name);
}
