// SPDX-License-Identifier: GPL-2.0-only
/* libos.node: what the library needs of the machine that Node.js does not give. One file, one job. */
#include "api.h"

static void (*const inits[])(napi_env env, napi_value exports) = {
	libos_init_files,
	libos_init_timer,
	libos_init_kernel,
	libos_init_frame,
	libos_init_notify,
	libos_init_packet,
	libos_init_pages,
	libos_init_pair,
	libos_init_process,
	libos_init_sockets,
	libos_init_reactor,
	libos_init_stream,
	libos_init_tap,
	libos_init_xdp,
};

NAPI_MODULE_INIT()
{
	for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++)
		inits[i](env, exports);
	return exports;
}
