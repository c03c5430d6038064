// SPDX-License-Identifier: GPL-2.0-only
/* The machine's own sockets: pairs, control sockets and what passes descriptors. See src/native/binding/sockets.ts. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "api.h"

#define PASSED_DESCRIPTORS_MAX 64

static napi_value socket_open(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, socket((int)libos_integer(&call, 0),
					(int)libos_integer(&call, 1) | SOCK_CLOEXEC,
					(int)libos_integer(&call, 2)));
}

static napi_value socket_pair(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes fds = libos_bytes(&call, 3);

	if (fds.length < 2 * sizeof(int)) {
		napi_throw_range_error(env, NULL, "libos: a pair's two descriptors need an Int32Array(2)");
		return NULL;
	}
	return libos_result(env, socketpair((int)libos_integer(&call, 0),
					    (int)libos_integer(&call, 1) | SOCK_CLOEXEC,
					    (int)libos_integer(&call, 2), (int *)(void *)fds.start));
}

static napi_value socket_bind(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes address = libos_bytes(&call, 1);

	return libos_result(env, bind((int)libos_integer(&call, 0), (void *)address.start,
				      (socklen_t)address.length));
}

static napi_value socket_connect(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes address = libos_bytes(&call, 1);

	return libos_result(env, connect((int)libos_integer(&call, 0), (void *)address.start,
					 (socklen_t)address.length));
}

static napi_value socket_listen(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, listen((int)libos_integer(&call, 0), (int)libos_integer(&call, 1)));
}

static napi_value socket_accept(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, accept4((int)libos_integer(&call, 0), NULL, NULL,
					 (int)libos_integer(&call, 1) | SOCK_CLOEXEC));
}

static napi_value socket_shutdown(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, shutdown((int)libos_integer(&call, 0), (int)libos_integer(&call, 1)));
}

static napi_value socket_get_option(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes value = libos_bytes(&call, 3);
	socklen_t length = (socklen_t)value.length;
	int result = getsockopt((int)libos_integer(&call, 0), (int)libos_integer(&call, 1),
				(int)libos_integer(&call, 2), value.start, &length);

	return libos_result(env, result < 0 ? -1 : (int64_t)length);
}

static napi_value socket_set_option(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes value = libos_bytes(&call, 3);

	return libos_result(env, setsockopt((int)libos_integer(&call, 0), (int)libos_integer(&call, 1),
					    (int)libos_integer(&call, 2), value.start,
					    (socklen_t)value.length));
}

static napi_value socket_send(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes from = libos_range(&call, 1);

	return libos_result(env, send((int)libos_integer(&call, 0), from.start, from.length,
				      (int)libos_integer(&call, 4) | MSG_NOSIGNAL));
}

static napi_value socket_receive(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes to = libos_range(&call, 1);

	return libos_result(env, recv((int)libos_integer(&call, 0), to.start, to.length,
				      (int)libos_integer(&call, 4)));
}

static napi_value send_memory(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, send((int)libos_integer(&call, 0),
				      (void *)(uintptr_t)libos_integer(&call, 1),
				      (size_t)libos_integer(&call, 2),
				      (int)libos_integer(&call, 3) | MSG_NOSIGNAL));
}

static napi_value receive_memory(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);

	return libos_result(env, recv((int)libos_integer(&call, 0),
				      (void *)(uintptr_t)libos_integer(&call, 1),
				      (size_t)libos_integer(&call, 2), (int)libos_integer(&call, 3)));
}

/* Bytes with descriptors beside them. */
static napi_value send_descriptors(napi_env env, napi_callback_info info)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(PASSED_DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes from = libos_range(&call, 1);
	struct libos_bytes fds = libos_bytes(&call, 4);
	struct iovec data = { from.start, from.length };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fds.length > PASSED_DESCRIPTORS_MAX * sizeof(int)) {
		napi_throw_range_error(env, NULL, "libos: 64 descriptors are the most that pass at once");
		return NULL;
	}
	if (fds.length > 0) {
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(fds.length),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), fds.start, fds.length);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fds.length);
	}
	return libos_result(env, sendmsg((int)libos_integer(&call, 0), &message,
					 (int)libos_integer(&call, 5) | MSG_NOSIGNAL));
}

/* Fills `got` with the descriptors that came, -1 after the last. */
static napi_value receive_descriptors(napi_env env, napi_callback_info info)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(PASSED_DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes to = libos_range(&call, 1);
	struct libos_bytes fds = libos_bytes(&call, 4);
	struct iovec data = { to.start, to.length };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control };
	size_t room = fds.length / sizeof(int);
	size_t count = 0;
	ssize_t result;

	if (room > PASSED_DESCRIPTORS_MAX)
		room = PASSED_DESCRIPTORS_MAX;
	/* No more than there is room for: Linux closes the rest. */
	message.msg_controllen = room == 0 ? 0 : CMSG_LEN(room * sizeof(int));
	result = recvmsg((int)libos_integer(&call, 0), &message,
			 (int)libos_integer(&call, 5) | MSG_CMSG_CLOEXEC);
	if (result < 0)
		return libos_result(env, -1);
	for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
		size_t length = each->cmsg_len - CMSG_LEN(0);

		if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds.start + count * sizeof(int), CMSG_DATA(each), length);
		count += length / sizeof(int);
	}
	if (count < fds.length / sizeof(int))
		((int *)(void *)fds.start)[count] = -1;
	return libos_result(env, result);
}

void libos_init_sockets(napi_env env, napi_value exports)
{
	libos_function(env, exports, "socket", socket_open);
	libos_function(env, exports, "socketPair", socket_pair);
	libos_function(env, exports, "bind", socket_bind);
	libos_function(env, exports, "connect", socket_connect);
	libos_function(env, exports, "listen", socket_listen);
	libos_function(env, exports, "accept", socket_accept);
	libos_function(env, exports, "shutdown", socket_shutdown);
	libos_function(env, exports, "getSocketOption", socket_get_option);
	libos_function(env, exports, "setSocketOption", socket_set_option);
	libos_function(env, exports, "send", socket_send);
	libos_function(env, exports, "receive", socket_receive);
	libos_function(env, exports, "sendMemory", send_memory);
	libos_function(env, exports, "receiveMemory", receive_memory);
	libos_function(env, exports, "sendDescriptors", send_descriptors);
	libos_function(env, exports, "receiveDescriptors", receive_descriptors);
}
