// SPDX-License-Identifier: GPL-2.0-only
/* Waiting: with signals, with limits, in select, poll and epoll, for sockets and pipes at once. */
#include <pthread.h>
#include <sys/select.h>

#include "body.h"

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void alarm_in(int ms, int flags)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval when = { .it_value = { .tv_usec = ms * 1000 } };

	alarms = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
}

static void interrupted(void)
{
	int client, server, listening = listener(4), datagrams = bound(SOCK_DGRAM);
	char text[16];
	struct iovec vector = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	printf("# interrupted\n");
	pair_of(&client, &server);
	alarm_in(60, 0);
	SHOW(accept(listening, NULL, NULL));
	alarm_in(60, 0);
	SHOW(recvmsg(server, &message, 0));
	alarm_in(60, 0);
	SHOW(read(server, text, 1));
	alarm_in(60, 0);
	SHOW(recvfrom(datagrams, text, 1, 0, (struct sockaddr *)&from, &length));
	alarm_in(60, 0);
	SHOW(recv(datagrams, text, 1, 0));
	printf("alarms %d\n", alarms);

	printf("# interrupted, and going on\n");
	if (fork() == 0) {
		usleep(150000);
		MUST(write(client, "after", 5));
		_exit(0);
	}
	alarm_in(60, SA_RESTART);
	SHOW(recvmsg(server, &message, 0));
	printf("alarms %d\n", alarms);
	wait(NULL);
	/* What was interrupted has taken nothing. */
	struct sockaddr_in to = loopback(port_of(datagrams));
	int one = bound(SOCK_DGRAM);

	MUST(sendto(one, "kept", 4, 0, (struct sockaddr *)&to, sizeof(to)));
	SHOW(recvfrom(datagrams, text, 4, 0, (struct sockaddr *)&from, &length));
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect_to(fd, port_of(listening)));
	SHOW(accept(listening, NULL, NULL) >= 0);
	close(fd);
	close(one);
	close(datagrams);
	close(listening);
	close(client);
	close(server);
}

static void limits(void)
{
	int client, server;
	char text[16];
	struct iovec vector = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	struct timeval value;
	socklen_t length = sizeof(value);
	struct timespec start;

	printf("# limits\n");
	pair_of(&client, &server);
	set_timeout(server, SO_RCVTIMEO, 100);
	MUST(getsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &value, &length));
	printf("%ld s %ld us\n", value.tv_sec, value.tv_usec);
	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(read(server, text, 1));
	SHOW(recv(server, text, 1, 0));
	SHOW(recvmsg(server, &message, 0));
	SHOW(recvfrom(server, text, 1, 0, NULL, NULL));
	long ms = elapsed_ms(&start);

	printf("after about 400 ms: %d\n", ms >= 380 && ms < 2000);
	value = (struct timeval){ .tv_usec = 2000000 };
	SHOW(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value)));
	SHOW(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &value, 3));
	close(client);
	close(server);
}

static void mixed(void)
{
	int client, server, pipes[2], datagrams = bound(SOCK_DGRAM), sender = bound(SOCK_DGRAM);
	int set = (int)MUST(epoll_create1(0));
	struct epoll_event event = { .events = EPOLLIN }, events[4];
	struct sockaddr_in to = loopback(port_of(datagrams));
	char text[16];

	printf("# sockets and pipes at once\n");
	pair_of(&client, &server);
	MUST(pipe(pipes));
	MUST(connect(sender, (struct sockaddr *)&to, sizeof(to)));
	int all[3] = { server, pipes[0], datagrams };

	for (int i = 0; i < 3; i++) {
		event.data.u32 = (uint32_t)i;
		MUST(epoll_ctl(set, EPOLL_CTL_ADD, all[i], &event));
	}
	for (int i = 0; i < 3; i++) {
		fd_set reads;
		int highest = 0;

		if (i == 0)
			MUST(write(client, "x", 1));
		else if (i == 1)
			MUST(write(pipes[1], "x", 1));
		else
			MUST(write(sender, "x", 1));
		FD_ZERO(&reads);
		for (int j = 0; j < 3; j++) {
			FD_SET(all[j], &reads);
			highest = all[j] > highest ? all[j] : highest;
		}
		SHOW(epoll_wait(set, events, 4, 2000));
		printf("number %u events %x\n", events[0].data.u32, events[0].events);
		SHOW(select(highest + 1, &reads, NULL, NULL, &(struct timeval){ 1, 0 }));
		printf("set %d %d %d\n", FD_ISSET(server, &reads) != 0, FD_ISSET(pipes[0], &reads) != 0,
		       FD_ISSET(datagrams, &reads) != 0);
		SHOW(read(all[i], text, sizeof(text)));
		SHOW(epoll_wait(set, events, 4, 0));
	}
	event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, server, &event));
	SHOW(epoll_wait(set, events, 4, 0));
	SHOW(epoll_wait(set, events, 4, 0));
	MUST(write(client, "x", 1));
	SHOW(epoll_wait(set, events, 4, 2000));
	printf("events %x\n", events[0].events);
	MUST(write(client, "y", 1));
	SHOW(epoll_wait(set, events, 4, 2000));
	SHOW(read(server, text, 1));
	SHOW(epoll_wait(set, events, 4, 50));
	close(client);
	SHOW(epoll_wait(set, events, 4, 2000));
	printf("events %x\n", events[0].events);
	close(server);
	close(set);
	close(datagrams);
	close(sender);
}

static int shared;

static void *reads(void *result)
{
	char text[4];
	struct iovec vector = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	*(long *)result = recvmsg(shared, &message, 0);
	return NULL;
}

static void threads(void)
{
	int client;
	pthread_t thread[3];
	long results[3], sum = 0;

	printf("# three threads that wait\n");
	pair_of(&client, &shared);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, reads, &results[i]);
	settle();
	MUST(write(client, "123456789abc", 12));
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		sum += results[i];
	}
	printf("they got %ld\n", sum);
	pthread_create(&thread[0], NULL, reads, &results[0]);
	settle();
	close(client);
	pthread_join(thread[0], NULL);
	printf("then %ld\n", results[0]);
	close(shared);
}

int main(void)
{
	interrupted();
	limits();
	mixed();
	threads();
	return 0;
}
