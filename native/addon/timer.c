// SPDX-License-Identifier: GPL-2.0-only
/* Timers of CLOCK_MONOTONIC, to the microsecond: Node.js's own stop at a millisecond. */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

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

/* (fields: Float64Array(3)): CLOCK_REALTIME in s and ns, and how much it is ahead of CLOCK_MONOTONIC in ns. */
static napi_value timer_calendar(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_bytes out = libos_bytes(&call, 0);
	double *fields = (double *)(void *)out.start;
	struct timespec real, monotonic;

	if (out.length < 3 * sizeof(double)) {
		napi_throw_range_error(env, NULL, "libos: the calendar needs a Float64Array(3)");
		return NULL;
	}
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	fields[0] = (double)real.tv_sec;
	fields[1] = (double)real.tv_nsec;
	fields[2] = (double)(real.tv_sec - monotonic.tv_sec) * 1e9 + (double)(real.tv_nsec - monotonic.tv_nsec);
	return NULL;
}

void libos_init_timer(napi_env env, napi_value exports)
{
	libos_function(env, exports, "timerCreate", timer_create_fd);
	libos_function(env, exports, "timerSet", timer_set);
	libos_function(env, exports, "calendar", timer_calendar);
}
