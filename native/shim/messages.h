/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_MESSAGES_H
#define LIBOS_MESSAGES_H
#include <sys/types.h>

/*
 * A call that sends or receives messages and that the filter may catch, as libc makes it: -1 and errno for a failure.
 * `flags_at` is which of the arguments, of which the first is the descriptor, is its flags. Changes `arguments`.
 */
ssize_t libos_message_call(long number, int flags_at, long arguments[6]);

#endif
