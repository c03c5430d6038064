/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals at any moment, each after twice the time of the one before: a call that is interrupted each time never ends.
 */
#ifndef ALARMS_H
#define ALARMS_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>

static volatile sig_atomic_t signals;
/* Until the next signal. */
static volatile suseconds_t delay_us;

static void alarm_later(void)
{
	struct itimerval timer = { .it_value.tv_usec = delay_us % 1000000 };

	delay_us *= 2;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int number)
{
	(void)number;
	signals++;
	alarm_later();
}

/* What the signals find under way begins again, if the program asks for it, or fails with EINTR. */
static void handle_alarms(bool restarts)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = restarts ? SA_RESTART : 0 };

	sigaction(SIGALRM, &action, NULL);
}

/* The first comes soon. */
static void begin_alarms(void)
{
	delay_us = 1 + rand() % 500;
	alarm_later();
}

static const char *alarms_seen(void)
{
	return signals > 10 ? "signals" : "quiet";
}

/* Repeats a call that a signal has interrupted. */
#define REPEATED(call)                                                 \
	({                                                             \
		long result;                                           \
		while ((result = (call)) < 0 && errno == EINTR)        \
			continue;                                      \
		result;                                                \
	})

#endif
