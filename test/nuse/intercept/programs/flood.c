// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends a process SIGCHLD some ten thousand times a second, until the process has gone or this one is killed. At odd
 * moments, and never as fast as it can: a process that is always in a signal's handler does nothing else.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

int main(int count, char **arguments)
{
	pid_t process = count > 1 ? atoi(arguments[1]) : 0;

	prctl(PR_SET_TIMERSLACK, 1);
	while (process > 0 && kill(process, SIGCHLD) == 0)
		nanosleep(&(struct timespec){ .tv_nsec = rand() % 100000 }, NULL);
	return 0;
}
