// SPDX-License-Identifier: GPL-2.0-only
/* The table of firmware that is built into the kernel: none, and both its bounds in one place. */

char __start_builtin_fw[1];
extern char __end_builtin_fw[1] __attribute__((__alias__("__start_builtin_fw")));
