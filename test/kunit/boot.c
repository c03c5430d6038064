// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boots the native form in an ordinary process and prints its log: Linux's own
 * tests run at boot.
 *
 * usage: boot [COMMAND LINE]
 */
#include <stdio.h>

#include "../native/host.h"

#define MEMORY_BYTES	(256ULL << 20)

int main(int argc, char **argv)
{
	host_boot(MEMORY_BYTES, argc > 1 ? argv[1] : "");
	fflush(stdout);
	return 0;
}
