// SPDX-License-Identifier: GPL-2.0-only
/* Waits in accept() until its broker dies, and then tries what still works. Prints the name of each error. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *outcome(int result)
{
	return result < 0 ? strerrorname_np(errno) : "fine";
}

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int pair[2], file;

	if (fd < 0 || listen(fd, 5) < 0)
		return 1;
	printf("waiting\n");
	fflush(stdout);
	printf("accept %s\n", outcome(accept(fd, NULL, NULL)));
	printf("listen %s\n", outcome(listen(fd, 5)));
	printf("socket %s\n", outcome(socket(AF_INET, SOCK_DGRAM, 0)));
	/* What is the machine's goes on: a file, and messages on a pair of its own. */
	file = open("/dev/null", O_WRONLY);
	printf("open %s\n", outcome(file));
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	printf("sendmsg %s\n", outcome((int)sendmsg(pair[0], &(struct msghdr){ 0 }, 0)));
	return 0;
}
