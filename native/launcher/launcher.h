/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_LAUNCHER_H
#define LIBOS_LAUNCHER_H

/* The guardian's whole life; what main() returns. */
int guard(void);

#endif
