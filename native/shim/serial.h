/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBOS_SERIAL_H
#define LIBOS_SERIAL_H
/*
 * Calls that can't be made twice. A signal may take a call's answer away just as the broker gives it, and neither
 * Linux nor the program knows: the call is made once more. So that the broker knows it again, each has a serial
 * number in the half of its first argument that Linux does not look at, a descriptor being an int; another argument of
 * type int has its complement there, by which chance is told apart (src/nuse/intercept/serial.ts).
 */
#include <stdint.h>

/*
 * Gives a call a number that no other of the process has had, and returns it. The first of its arguments is the
 * descriptor; `checked` is the place of another one of type int.
 */
uint32_t libos_add_serial(long arguments[6], int checked);

/* The result of the call of that number, or -errno: after an EINTR the broker is asked for what was lost. */
long libos_heard(uint32_t serial, long result);

#endif
