/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_ADDON_API_H
#define LIBOS_ADDON_API_H
/*
 * What the files of the addon share: how a C function becomes one of JavaScript's, and how it reads its
 * arguments. Functions answer with numbers, a negative errno for a failure, and throw only for arguments of
 * the wrong kind, which are bugs of the caller.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <node_api.h>

#define LIBOS_ARGUMENTS_MAX 8

/* The arguments of one call; those that were not given are undefined. */
struct libos_call {
	napi_env env;
	size_t count;
	napi_value values[LIBOS_ARGUMENTS_MAX];
	void *data;	/* what libos_function_of() was given */
};

/* Bytes of a typed array or a DataView, good until the call returns. */
struct libos_bytes {
	uint8_t *start;
	size_t length;
};

/* Makes exports[name] call a function. */
void libos_function(napi_env env, napi_value exports, const char *name, napi_callback function);
/* The same with a pointer that the call brings along. */
void libos_function_of(napi_env env, napi_value exports, const char *name, napi_callback function,
		       void *data);

struct libos_call libos_begin(napi_env env, napi_callback_info info);

/* Argument at an index: 0 when it was not given or is of another kind. */
int64_t libos_integer(const struct libos_call *call, size_t index);
bool libos_has(const struct libos_call *call, size_t index);
/* Empty when it was not given; a TypeError waits when it is of another kind. */
struct libos_bytes libos_bytes(const struct libos_call *call, size_t index);
/* The bytes at argument `index` from the offset in the next one, as many as the one after that says. */
struct libos_bytes libos_range(const struct libos_call *call, size_t index);
/* A string without its end cut off: false, and a TypeError waits, when it does not fit. */
bool libos_text(const struct libos_call *call, size_t index, char *text, size_t size);

/* What a handle, an external value, stands for: NULL, and a TypeError waits, when argument `index` is none. */
void *libos_handle(const struct libos_call *call, size_t index, const char *what);

napi_value libos_number(napi_env env, double value);
/* The result of a system call: -1 becomes -errno. */
napi_value libos_result(napi_env env, int64_t result);

/* Each file's: registers its functions. addon.c has the list. */
void libos_init_files(napi_env env, napi_value exports);
void libos_init_frame(napi_env env, napi_value exports);
void libos_init_kernel(napi_env env, napi_value exports);
void libos_init_notify(napi_env env, napi_value exports);
void libos_init_packet(napi_env env, napi_value exports);
void libos_init_pages(napi_env env, napi_value exports);
void libos_init_pair(napi_env env, napi_value exports);
void libos_init_process(napi_env env, napi_value exports);
void libos_init_sockets(napi_env env, napi_value exports);
void libos_init_reactor(napi_env env, napi_value exports);
void libos_init_stream(napi_env env, napi_value exports);
void libos_init_tap(napi_env env, napi_value exports);
void libos_init_xdp(napi_env env, napi_value exports);
void libos_init_timer(napi_env env, napi_value exports);

#endif
