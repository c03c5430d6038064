/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef __LIB_UAPI_SETUP_H
#define __LIB_UAPI_SETUP_H
#define COMMAND_LINE_SIZE 2048
#endif
