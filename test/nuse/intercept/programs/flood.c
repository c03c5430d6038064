// SPDX-License-Identifier: GPL-2.0-only
/* Sends a process SIGCHLD, as often as it can, until the process has gone or this one is killed. */
#include <signal.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
	pid_t process = count > 1 ? atoi(arguments[1]) : 0;

	while (process > 0 && kill(process, SIGCHLD) == 0)
		for (volatile int i = 0; i < 300; i++)
			continue;
	return 0;
}
