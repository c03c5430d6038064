// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of calls, and what becomes of lost answers: see serial.h. */
#include <errno.h>
#include <sys/auxv.h>
#include <sys/syscall.h>

#include "serial.h"
#include "trusted.h"

/* Beside SIOCLIBOSRING: the answer that the calling thread's last call with a number has had. */
#define SIOCLIBOSANSWER 0x89eb
/* What it fails with when there was none. */
#define NO_ANSWER ENODATA

static uint32_t last;

/* What no process before had, whose thread may have had this one's id. */
__attribute__((constructor)) static void begin(void)
{
	const uint32_t *random = (const uint32_t *)getauxval(AT_RANDOM);

	if (random)
		__atomic_store_n(&last, *random, __ATOMIC_RELAXED);
}

/* An argument of type int with what its upper half is to be. */
static long with_upper(uint32_t upper, long argument)
{
	return (long)((unsigned long)upper << 32 | (uint32_t)argument);
}

uint32_t libos_add_serial(long arguments[6], int checked)
{
	uint32_t serial;

	/* What the upper half of a number is by itself. */
	do
		serial = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	while (serial == 0 || serial == UINT32_MAX);
	arguments[0] = with_upper(serial, arguments[0]);
	arguments[checked] = with_upper(~serial, arguments[checked]);
	return serial;
}

long libos_heard(uint32_t serial, long result)
{
	long answer;

	if (__builtin_expect(result != -EINTR, 1))
		return result;
	do
		answer = libos_caught_call(SYS_ioctl, -1, SIOCLIBOSANSWER, serial, 0, 0, 0);
	while (answer == -EINTR);
	/* The others: there is no broker any more. */
	return answer == -NO_ANSWER || answer == -EBADF || answer == -ENETDOWN ? -EINTR : answer;
}
