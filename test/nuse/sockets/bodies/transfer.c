// SPDX-License-Identifier: GPL-2.0-only
/* Many bytes, in pieces of all sizes, both ways at once, by every call that moves bytes. */
#include <linux/sockios.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "body.h"

#define TOTAL (24 * 1024 * 1024)

static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static unsigned char byte_at(size_t position)
{
	return (unsigned char)(position * 31 + position / 4093);
}

/* Sends and receives at once, waiting only in poll. */
static void both_ways(int fd, const char *name, uint32_t start)
{
	static unsigned char out[70000], in[70000];
	size_t sent = 0, received = 0;
	int wrong = 0, ended = 0;

	seed = start;
	nonblocking(fd);
	while (sent < TOTAL || !ended) {
		struct pollfd entry = { .fd = fd, .events = (short)(POLLIN | (sent < TOTAL ? POLLOUT : 0)) };

		if (poll(&entry, 1, 5000) != 1) {
			printf("%s: nothing in 5 s, %zu sent, %zu received\n", name, sent, received);
			return;
		}
		if (entry.revents & POLLOUT && sent < TOTAL) {
			size_t length = next_random() % sizeof(out) + 1;

			if (length > TOTAL - sent)
				length = TOTAL - sent;
			for (size_t i = 0; i < length; i++)
				out[i] = byte_at(sent + i);
			ssize_t result = write(fd, out, length);

			if (result > 0)
				sent += (size_t)result;
			else if (errno != EAGAIN)
				printf("%s: write: %s\n", name, strerrorname_np(errno));
			if (sent == TOTAL)
				MUST(shutdown(fd, SHUT_WR));
		}
		if (entry.revents & (POLLIN | POLLHUP) && !ended) {
			ssize_t result = read(fd, in, next_random() % sizeof(in) + 1);

			for (ssize_t i = 0; i < result; i++)
				wrong += in[i] != byte_at(received + (size_t)i);
			if (result > 0)
				received += (size_t)result;
			ended = result == 0;
		}
	}
	printf("%s: received %zu, wrong %d\n", name, received, wrong);
	fflush(stdout);
}

static void bulk(void)
{
	int client, server;

	printf("# both ways at once\n");
	pair_of(&client, &server);
	pid_t child = fork();

	if (child == 0) {
		close(client);
		both_ways(server, "server", 7);
		_exit(0);
	}
	close(server);
	int status;

	/* One after the other in the output. */
	FILE *later = tmpfile();
	int real = dup(1);

	fflush(stdout);
	dup2(fileno(later), 1);
	both_ways(client, "client", 99);
	waitpid(child, &status, 0);
	fflush(stdout);
	dup2(real, 1);
	rewind(later);
	char line[200];

	while (fgets(line, sizeof(line), later))
		printf("%s", line);
	fclose(later);
	close(real);
	close(client);
}

static void calls(void)
{
	int client, server, value;
	char one[100], two[100];
	struct iovec vector[2] = { { one, 3 }, { two, 90 } };
	struct msghdr message = { .msg_iov = vector, .msg_iovlen = 2 };

	printf("# calls\n");
	pair_of(&client, &server);
	memcpy(one, "abc", 3);
	memcpy(two, "defghij", 7);
	vector[1].iov_len = 7;
	SHOW(writev(client, vector, 2));
	SHOW(sendmsg(client, &message, 0));
	settle();
	SHOW(ioctl(server, FIONREAD, &value));
	printf("waiting %d\n", value);
	SHOW(recv(server, one, 4, MSG_PEEK));
	SHOW(recvfrom(server, one, 4, MSG_PEEK, NULL, NULL));
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);

	SHOW(recvfrom(server, one, 4, 0, (struct sockaddr *)&peer, &length));
	printf("%.4s, length of the address %d\n", one, length);
	message.msg_name = &peer;
	message.msg_namelen = sizeof(peer);
	SHOW(recvmsg(server, &message, MSG_PEEK));
	SHOW(recvmsg(server, &message, 0));
	printf("%.3s %.7s flags %x length of the name %d\n", one, two, message.msg_flags, message.msg_namelen);
	SHOW(recv(server, NULL, 3, MSG_TRUNC));
	SHOW(recv(server, one, 50, MSG_DONTWAIT));
	SHOW(recv(server, one, 50, MSG_DONTWAIT));
	SHOW(recvmsg(server, &message, MSG_DONTWAIT));
	SHOW(recvmsg(server, &message, MSG_ERRQUEUE));
	settle();
	SHOW(ioctl(client, SIOCOUTQ, &value));
	printf("unacknowledged %d\n", value);
	SHOW(send(client, "", 0, 0));
	message.msg_iovlen = 2000;
	SHOW(sendmsg(client, &message, 0));
	message.msg_iovlen = 1;
	vector[0] = (struct iovec){ (void *)8, 10 };
	message.msg_name = NULL;
	SHOW(sendmsg(client, &message, 0));
	SHOW(sendmsg(client, (void *)8, 0));
	close(client);
	close(server);
}

static void all_of_it(void)
{
	int client, server;
	char text[32] = { 0 };

	printf("# all of it\n");
	pair_of(&client, &server);
	if (fork() == 0) {
		for (int i = 0; i < 5; i++) {
			MUST(write(client, "12345", 5));
			usleep(20000);
		}
		_exit(0);
	}
	close(client);
	struct iovec vector = { text, 18 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	SHOW(recv(server, text, 7, MSG_WAITALL));
	SHOW(recvmsg(server, &message, MSG_WAITALL));
	SHOW(recvmsg(server, &message, MSG_WAITALL));
	wait(NULL);
	close(server);
}

static void files(void)
{
	int client, server, pipes[2];
	FILE *file = tmpfile();
	static char block[100000];
	off_t offset = 0;
	size_t total = 0;

	printf("# from a file, through a pipe\n");
	pair_of(&client, &server);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)byte_at(i);
	fwrite(block, 1, sizeof(block), file);
	fflush(file);
	SHOW(sendfile(client, fileno(file), &offset, sizeof(block)) == sizeof(block));
	MUST(pipe(pipes));
	MUST(write(pipes[1], "through a pipe", 14));
	SHOW(splice(pipes[0], NULL, client, NULL, 14, 0));
	close(client);
	for (ssize_t result; (result = read(server, block, sizeof(block))) > 0;)
		total += (size_t)result;
	printf("received %zu\n", total);
	close(server);
}

static void blocking_send(void)
{
	int client, server;
	static char block[6 * 1024 * 1024];
	struct iovec vector = { block, sizeof(block) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	size_t total = 0;

	printf("# sendmsg of much\n");
	pair_of(&client, &server);
	if (fork() == 0) {
		close(client);
		settle();
		for (ssize_t result; (result = read(server, block, 50000)) > 0;)
			total += (size_t)result;
		printf("received %zu\n", total);
		_exit(0);
	}
	close(server);
	long result = sendmsg(client, &message, 0);

	close(client);
	wait(NULL);
	printf("sent %ld\n", result);
	pair_of(&client, &server);
	set_timeout(client, SO_SNDTIMEO, 100);
	result = sendmsg(client, &message, 0);
	printf("with a limit: some %d, not all %d\n", result > 0, result < (long)sizeof(block));
	while (result > 0)
		result = sendmsg(client, &message, MSG_DONTWAIT);
	show("then", result);
	show_poll("a full one", client, POLLOUT, 0);
	close(client);
	close(server);
}

int main(void)
{
	bulk();
	calls();
	all_of_it();
	files();
	blocking_send();
	return 0;
}
