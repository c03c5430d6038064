/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_BYTEORDER_H
#define __LIB_UAPI_BYTEORDER_H
#include <linux/byteorder/little_endian.h>
#endif
