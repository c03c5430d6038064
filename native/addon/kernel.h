/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_ADDON_KERNEL_H
#define LIBOS_ADDON_KERNEL_H
/* A native kernel, for the files of the addon that move frames in C. */
#include <node_api.h>

#include "kernel/copy.h"

struct libos_kernel;

/* The kernel behind a handle of JavaScript's; NULL, and a TypeError waits, when it is none. */
struct libos_kernel *libos_kernel_of(napi_env env, napi_value handle);

/*
 * The calls that only queue, as the host interface has them. A kernel that dies in one, or is dead, answers 0;
 * JavaScript hears of it with its next call. Context: the thread that made the kernel, outside of its other calls.
 */
unsigned long libos_kernel_rx_alloc(struct libos_kernel *kernel, u32 nic, u32 length);
void libos_kernel_rx(struct libos_kernel *kernel, unsigned long frame);
void libos_kernel_tx_done(struct libos_kernel *kernel, unsigned long frame);

#endif
