// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many descriptors behind one handle of Node.js's event loop: an epoll descriptor that libuv polls. What is ready
 * goes to JavaScript in one call a batch, and the epoll descriptor is asked again for some rounds before the loop
 * has its turn, so that a busy set of descriptors costs libuv's work only now and then.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <uv.h>

#include "api.h"

#define BATCH_MAX 256
#define WORDS_AN_EVENT 3	/* slot, generation, events */

struct reactor {
	napi_env env;
	napi_ref callback;
	napi_ref words_owner;
	napi_async_cleanup_hook_handle cleanup;
	uv_poll_t poll;
	uint32_t *words;	/* JavaScript's, BATCH_MAX events */
	int epoll_fd;
	int rounds;
	bool closing;
};

static void closed(uv_handle_t *handle)
{
	struct reactor *reactor = handle->data;

	close(reactor->epoll_fd);
	napi_remove_async_cleanup_hook(reactor->cleanup);
	free(reactor);
}

static void start_closing(struct reactor *reactor)
{
	if (reactor->closing)
		return;
	reactor->closing = true;
	uv_poll_stop(&reactor->poll);
	uv_close((uv_handle_t *)&reactor->poll, closed);
}

static void at_exit_of_environment(napi_async_cleanup_hook_handle handle, void *data)
{
	(void)handle;
	start_closing(data);
}

/* Calls JavaScript with a batch, as an event of the loop of its own: promises go on before it returns. */
static bool deliver(struct reactor *reactor, int count)
{
	napi_env env = reactor->env;
	napi_handle_scope scope;
	napi_value global, callback, argument;
	napi_status status;

	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return false;
	napi_get_global(env, &global);
	napi_get_reference_value(env, reactor->callback, &callback);
	napi_create_int32(env, count, &argument);
	status = napi_make_callback(env, NULL, global, callback, 1, &argument, NULL);
	if (status == napi_pending_exception) {
		napi_value error;

		napi_get_and_clear_last_exception(env, &error);
		napi_fatal_exception(env, error);
	}
	napi_close_handle_scope(env, scope);
	return status == napi_ok;
}

static void ready(uv_poll_t *poll, int status, int events)
{
	struct reactor *reactor = poll->data;
	struct epoll_event batch[BATCH_MAX];

	(void)status;
	(void)events;
	for (int round = 0; round < reactor->rounds && !reactor->closing; round++) {
		int count = epoll_wait(reactor->epoll_fd, batch, BATCH_MAX, 0);

		if (count <= 0)
			return;
		for (int i = 0; i < count; i++) {
			uint32_t *words = reactor->words + i * WORDS_AN_EVENT;

			words[0] = (uint32_t)batch[i].data.u64;
			words[1] = (uint32_t)(batch[i].data.u64 >> 32);
			words[2] = batch[i].events;
		}
		if (!deliver(reactor, count))
			return;
	}
}

static struct reactor *reactor_of(const struct libos_call *call)
{
	void *reactor = NULL;

	napi_get_value_external(call->env, call->values[0], &reactor);
	return reactor;
}

/* (rounds, events: Uint32Array, callback(count)): the reactor, or -errno. */
static napi_value reactor_create(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes words = libos_bytes(&call, 1);
	struct reactor *reactor;
	napi_value external;
	uv_loop_t *loop;
	int error;

	if (words.length < BATCH_MAX * WORDS_AN_EVENT * sizeof(uint32_t)) {
		napi_throw_range_error(env, NULL, "libos: a reactor needs room for a whole batch");
		return NULL;
	}
	reactor = calloc(1, sizeof(*reactor));
	if (!reactor)
		return libos_number(env, -ENOMEM);
	reactor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reactor->epoll_fd < 0) {
		error = -errno;
		free(reactor);
		return libos_number(env, error);
	}
	reactor->env = env;
	reactor->words = (uint32_t *)(void *)words.start;
	reactor->rounds = (int)libos_integer(&call, 0);
	reactor->poll.data = reactor;
	napi_get_uv_event_loop(env, &loop);
	error = uv_poll_init(loop, &reactor->poll, reactor->epoll_fd);
	if (error) {
		close(reactor->epoll_fd);
		free(reactor);
		return libos_number(env, error);
	}
	napi_create_reference(env, call.values[1], 1, &reactor->words_owner);
	napi_create_reference(env, call.values[2], 1, &reactor->callback);
	napi_add_async_cleanup_hook(env, at_exit_of_environment, reactor, &reactor->cleanup);
	uv_poll_start(&reactor->poll, UV_READABLE, ready);
	uv_unref((uv_handle_t *)&reactor->poll);
	napi_create_external(env, reactor, NULL, NULL, &external);
	return external;
}

/* (reactor, operation, fd, events, slot, generation) */
static napi_value reactor_control(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct reactor *reactor = reactor_of(&call);
	struct epoll_event event = {
		.events = (uint32_t)libos_integer(&call, 3),
		.data.u64 = (uint64_t)libos_integer(&call, 4) | (uint64_t)libos_integer(&call, 5) << 32,
	};

	return libos_result(env, epoll_ctl(reactor->epoll_fd, (int)libos_integer(&call, 1),
					   (int)libos_integer(&call, 2), &event));
}

/* (reactor, whether its descriptors keep the loop alive) */
static napi_value reactor_keep(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct reactor *reactor = reactor_of(&call);

	if (libos_integer(&call, 1))
		uv_ref((uv_handle_t *)&reactor->poll);
	else
		uv_unref((uv_handle_t *)&reactor->poll);
	return NULL;
}

/* (reactor): JavaScript must not use it afterwards. */
static napi_value reactor_close(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct reactor *reactor = reactor_of(&call);

	napi_delete_reference(env, reactor->callback);
	napi_delete_reference(env, reactor->words_owner);
	start_closing(reactor);
	return NULL;
}

void libos_init_reactor(napi_env env, napi_value exports)
{
	libos_function(env, exports, "reactorCreate", reactor_create);
	libos_function(env, exports, "reactorControl", reactor_control);
	libos_function(env, exports, "reactorKeep", reactor_keep);
	libos_function(env, exports, "reactorClose", reactor_close);
}
