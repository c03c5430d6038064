/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_LEDGER_H
#define LIBOS_LEDGER_H
/*
 * The calls that the broker has taken off a listener and not answered yet, in memory that the guardian shares:
 * a notification that was received once is not given out again, so that only its id can answer it.
 */
#include <stdint.h>

#define LIBOS_LEDGER_ENTRIES 65536

struct libos_ledger_entry {
	uint64_t id;
	/* The listener's key, never 0; 0 in an entry that is free. Written last. */
	uint32_t listener;
	uint32_t unused;
};

#define LIBOS_LEDGER_BYTES (LIBOS_LEDGER_ENTRIES * sizeof(struct libos_ledger_entry))

#endif
