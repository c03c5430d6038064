// SPDX-License-Identifier: GPL-2.0-only
/* Timers of CLOCK_MONOTONIC, to the microsecond: Node.js's own stop at a millisecond. */
#include <errno.h>
#include <sys/timerfd.h>

#include "api.h"

/* (): a descriptor that is readable once its time has come, or -errno. */
static napi_value timer_create_fd(napi_env env, napi_callback_info info)
{
	(void)info;
	return libos_result(env, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

/* (fd, CLOCK_MONOTONIC in ns; 0: never): 0 or -errno. */
static napi_value timer_set(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	int64_t at_ns = libos_integer(&call, 1);
	struct itimerspec at = {
		.it_value = { .tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000 },
	};

	return libos_result(env, timerfd_settime((int)libos_integer(&call, 0), TFD_TIMER_ABSTIME, &at,
						 NULL));
}

void libos_init_timer(napi_env env, napi_value exports)
{
	libos_function(env, exports, "timerCreate", timer_create_fd);
	libos_function(env, exports, "timerSet", timer_set);
}
