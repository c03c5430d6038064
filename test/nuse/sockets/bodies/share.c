// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors: shared by fork and by passing, doubled, closed on exec, and the last close of several. */
#include "body.h"

static void forked(void)
{
	int client, server;
	char text[16];

	printf("# shared by fork\n");
	pair_of(&client, &server);
	if (fork() == 0) {
		MUST(write(client, "child", 5));
		_exit(0);
	}
	wait(NULL);
	SHOW(read(server, text, sizeof(text)));
	show_poll("the server, after the child has gone", server, ALL_EVENTS, 50);
	SHOW(write(client, "parent", 6));
	SHOW(read(server, text, sizeof(text)));
	if (fork() == 0) {
		usleep(50000);
		MUST(write(client, "last", 4));
		_exit(0);
	}
	close(client);
	SHOW(read(server, text, sizeof(text)));
	SHOW(read(server, text, sizeof(text)));
	wait(NULL);
	close(server);
}

static void prefork(void)
{
	int listening = listener(16), got = 0;
	int port = port_of(listening);
	pid_t children[3];

	printf("# three that accept\n");
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			for (;;) {
				int fd = accept(listening, NULL, NULL);

				if (fd < 0)
					_exit(1);
				MUST(write(fd, "ok", 2));
				close(fd);
			}
		}
	}
	for (int i = 0; i < 12; i++) {
		int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
		char text[4];

		MUST(connect_to(fd, port));
		got += read(fd, text, 4) == 2;
		close(fd);
	}
	printf("answers %d\n", got);
	for (int i = 0; i < 3; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	close(listening);
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	settle();
	SHOW(connect_to(fd, port));
	close(fd);
}

static void passed(void)
{
	int client, server, way[2], status;
	char text[16], space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec vector = { "x", 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = space,
				  .msg_controllen = sizeof(space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	printf("# passed to another process\n");
	pair_of(&client, &server);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, way));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &client, sizeof(int));
	if (fork() == 0) {
		char byte;
		int fd;

		close(client);
		vector.iov_base = &byte;
		MUST(recvmsg(way[1], &message, 0));
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
		MUST(send(fd, "passed on", 9, 0));
		MUST(getpeername(fd, (struct sockaddr *)space, &(socklen_t){ sizeof(space) }));
		_exit(option(fd, SOL_SOCKET, SO_TYPE));
	}
	SHOW(sendmsg(way[0], &message, 0));
	close(client);
	wait(&status);
	printf("type %d\n", WEXITSTATUS(status));
	close(way[0]);
	close(way[1]);
	SHOW(read(server, text, sizeof(text)));
	SHOW(read(server, text, sizeof(text)));
	SHOW(sendmsg(server, &message, 0));
	close(server);
}

static void doubled(void)
{
	int client, server;
	char text[16];

	printf("# doubled\n");
	pair_of(&client, &server);
	int other = (int)MUST(dup(client));
	int third = (int)MUST(dup2(client, 50));

	close(client);
	SHOW(option(other, SOL_SOCKET, SO_TYPE));
	SHOW(option(client, SOL_SOCKET, SO_TYPE));
	SHOW(send(third, "third", 5, 0));
	SHOW(read(server, text, sizeof(text)));
	nonblocking(other);
	SHOW(read(third, text, 1));
	close(other);
	show_poll("the server", server, ALL_EVENTS, 30);
	close(third);
	await(server, POLLIN);
	SHOW(read(server, text, sizeof(text)));
	close(server);
}

static void executed(void)
{
	int client, server, on = 1;
	char text[16], number[16];

	printf("# kept or closed on exec\n");
	pair_of(&client, &server);
	if (fork() == 0) {
		close(server);
		snprintf(number, sizeof(number), "%d", client);
		execl("/bin/sh", "sh", "-c", "echo from the shell >&$0", number, NULL);
		_exit(1);
	}
	wait(NULL);
	SHOW(read(server, text, sizeof(text)) > 5);
	if (fork() == 0) {
		close(server);
		fcntl(client, F_SETFD, FD_CLOEXEC);
		execl("/bin/sleep", "sleep", "0.1", NULL);
		_exit(1);
	}
	close(client);
	SHOW(read(server, text, sizeof(text)));
	wait(NULL);
	close(server);
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	printf("close on exec %d, does not block %d\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 : 0);
	SHOW(ioctl(fd, FIONBIO, &(int){ 0 }));
	printf("does not block %d\n", fcntl(fd, F_GETFL) & O_NONBLOCK ? 1 : 0);
	SHOW(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	close(fd);
}

static void stdio(void)
{
	int client, server;
	char line[64];

	printf("# stdio\n");
	pair_of(&client, &server);
	FILE *out = fdopen(client, "r+"), *in = fdopen(server, "r+");

	fprintf(out, "a line of %s\n", "text");
	fflush(out);
	printf("%s", fgets(line, sizeof(line), in));
	fclose(out);
	printf("end %d\n", fgets(line, sizeof(line), in) == NULL);
	fclose(in);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	forked();
	prefork();
	passed();
	doubled();
	executed();
	stdio();
	return 0;
}
