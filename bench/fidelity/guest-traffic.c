// SPDX-License-Identifier: GPL-2.0-only
/*
 * The traffic of all hosts in one event loop: every socket is made in its host's network namespace, and reads and
 * writes without think time. Times are of the monotonic clock, from the beginning of "run".
 *
 *   bulk  ID FROM TO ADDRESS PORT CONTROL startNs stopNs PROTOCOL       FROM writes for as long, TO counts
 *   fetch ID FROM TO ADDRESS PORT CONTROL startNs stopNs count bytes    FROM asks and reads until the end, in turn
 *   ping  ID FROM ADDRESS startNs stopNs intervalNs                     ICMP echo
 *   cbr   ID FROM TO ADDRESS PORT startNs stopNs intervalNs bytes       UDP datagrams
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define MAX_FLOWS 64
#define MAX_SAMPLES 4096
#define CHUNK_BYTES 65536
#define REQUEST_BYTES 100
#define ECHO_BYTES 56
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

typedef long long ns_t;

enum kind { BULK, FETCH, PING, CBR };

struct flow {
	enum kind kind;
	char id[32], from[32], to[32], control[16];
	struct sockaddr_in peer;
	ns_t start_ns, stop_ns, interval_ns;
	int protocol, count, bytes;
	int listener, client, server;
	/* When the flow wants to act again; -1: never. */
	ns_t due_ns;
	/* Of what is being written: how much of the chunk, or of the answer, has gone. */
	size_t written, answered;
	/* What the server has read of a request. */
	size_t asked;
	uint64_t received, sent;
	ns_t began_ns;
	int samples;
	ns_t sample_ns[MAX_SAMPLES];
	ns_t sent_ns[MAX_SAMPLES];
};

static struct flow *flows[MAX_FLOWS];
static int flow_count;
static ns_t base_ns;
static char buffer[CHUNK_BYTES];

static ns_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec - base_ns;
}

void add_flow(char *const argv[], int argc)
{
	static const char *const names[] = { "bulk", "fetch", "ping", "cbr" };
	static const int arguments[] = { 10, 11, 7, 10 };
	struct flow *flow = calloc(1, sizeof(*flow));
	unsigned int kind = 0;
	int at = 3;

	while (kind < 4 && strcmp(argv[0], names[kind]))
		kind++;
	if (!flow || kind == 4 || argc != arguments[kind] || flow_count == MAX_FLOWS)
		fail("what is \"%s\" with %d arguments?", argv[0], argc - 1);
	flow->kind = kind;
	flow->listener = flow->client = flow->server = -1;
	strncpy(flow->id, argv[1], sizeof(flow->id) - 1);
	strncpy(flow->from, argv[2], sizeof(flow->from) - 1);
	if (kind != PING)
		strncpy(flow->to, argv[at++], sizeof(flow->to) - 1);
	flow->peer.sin_family = AF_INET;
	inet_pton(AF_INET, argv[at++], &flow->peer.sin_addr);
	if (kind != PING)
		flow->peer.sin_port = htons(atoi(argv[at++]));
	if (kind == BULK || kind == FETCH)
		strncpy(flow->control, argv[at++], sizeof(flow->control) - 1);
	flow->start_ns = atoll(argv[at++]);
	flow->stop_ns = atoll(argv[at++]);
	if (kind == BULK)
		flow->protocol = strcmp(argv[at++], "mptcp") ? IPPROTO_TCP : IPPROTO_MPTCP;
	if (kind == FETCH)
		flow->count = atoi(argv[at++]);
	if (kind == PING || kind == CBR)
		flow->interval_ns = atoll(argv[at++]);
	if (kind == FETCH || kind == CBR)
		flow->bytes = atoi(argv[at++]);
	flow->due_ns = flow->start_ns;
	flows[flow_count++] = flow;
}

void clear_flows(void)
{
	while (flow_count > 0)
		free(flows[--flow_count]);
}

static int make_socket(const char *host, int type, int protocol)
{
	int fd, one = 1;

	enter_host(host);
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		fail("socket on %s: %s", host, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

static void set_control(int fd, const char *control)
{
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, strlen(control)) < 0)
		fail("congestion control %s: %s", control, strerror(errno));
}

static void close_socket(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What receives has to be there before anything is sent. */
static void open_receiver(struct flow *flow)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = flow->peer.sin_port };
	int is_stream = flow->kind != CBR;
	int protocol = flow->kind == FETCH ? IPPROTO_TCP : flow->protocol;

	if (flow->kind == PING)
		return;
	flow->listener = make_socket(flow->to, is_stream ? SOCK_STREAM : SOCK_DGRAM, protocol);
	if (is_stream)
		set_control(flow->listener, flow->control);
	if (bind(flow->listener, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    (is_stream && listen(flow->listener, 64) < 0))
		fail("%s cannot listen: %s", flow->id, strerror(errno));
	if (!is_stream) {
		flow->server = flow->listener;
		flow->listener = -1;
	}
}

static void start_connection(struct flow *flow)
{
	int protocol = flow->kind == FETCH ? IPPROTO_TCP : flow->protocol;

	flow->client = make_socket(flow->from, SOCK_STREAM, protocol);
	set_control(flow->client, flow->control);
	flow->written = flow->asked = flow->received = 0;
	flow->began_ns = now_ns();
	if (connect(flow->client, (struct sockaddr *)&flow->peer, sizeof(flow->peer)) < 0 &&
	    errno != EINPROGRESS)
		fail("%s cannot connect: %s", flow->id, strerror(errno));
}

static void send_echo(struct flow *flow)
{
	char packet[sizeof(struct icmphdr) + ECHO_BYTES] = {};
	struct icmphdr *header = (struct icmphdr *)packet;

	if (flow->samples == MAX_SAMPLES)
		fail("%s: too many echoes", flow->id);
	header->type = ICMP_ECHO;
	header->un.echo.sequence = htons(flow->samples);
	flow->sent_ns[flow->samples] = now_ns();
	flow->sample_ns[flow->samples++] = -1;
	sendto(flow->client, packet, sizeof(packet), 0, (struct sockaddr *)&flow->peer,
	       sizeof(flow->peer));
}

/* A flow's time has come. */
static void act(struct flow *flow)
{
	if (flow->due_ns >= flow->stop_ns) {
		flow->due_ns = -1;
		if (flow->kind == BULK || flow->kind == FETCH)
			close_socket(&flow->client);
		return;
	}
	switch (flow->kind) {
	case BULK:
	case FETCH:
		start_connection(flow);
		flow->due_ns = flow->stop_ns;
		break;
	case PING:
		if (flow->client < 0)
			flow->client = make_socket(flow->from, SOCK_DGRAM, IPPROTO_ICMP);
		send_echo(flow);
		flow->due_ns += flow->interval_ns;
		break;
	case CBR:
		if (flow->client < 0)
			flow->client = make_socket(flow->from, SOCK_DGRAM, IPPROTO_UDP);
		if (sendto(flow->client, buffer, flow->bytes, 0, (struct sockaddr *)&flow->peer,
			   sizeof(flow->peer)) == flow->bytes)
			flow->sent++;
		flow->due_ns += flow->interval_ns;
		break;
	}
}

/* Writes until the socket takes no more. */
static void write_stream(int fd, size_t *written, size_t total)
{
	for (;;) {
		size_t left = total ? total - *written : CHUNK_BYTES - *written % CHUNK_BYTES;
		size_t piece = left < CHUNK_BYTES ? left : CHUNK_BYTES;
		ssize_t count;

		if (piece == 0)
			return;
		count = send(fd, buffer, piece, MSG_NOSIGNAL);
		if (count < 0)
			return;
		*written += count;
	}
}

static void finish_fetch(struct flow *flow)
{
	close_socket(&flow->client);
	if (flow->samples == MAX_SAMPLES)
		fail("%s: too many fetches", flow->id);
	flow->sample_ns[flow->samples++] = now_ns() - flow->began_ns;
	if (flow->samples < flow->count)
		start_connection(flow);
	else
		flow->due_ns = -1;
}

static void client_ready(struct flow *flow, short events)
{
	ssize_t count;

	if (flow->kind == PING) {
		struct icmphdr *header = (struct icmphdr *)buffer;

		while (recv(flow->client, buffer, sizeof(buffer), 0) >= (ssize_t)sizeof(*header)) {
			unsigned int sequence = ntohs(header->un.echo.sequence);

			if (sequence < (unsigned int)flow->samples)
				flow->sample_ns[sequence] = now_ns() - flow->sent_ns[sequence];
		}
		return;
	}
	if (events & POLLOUT) {
		if (flow->kind == BULK)
			write_stream(flow->client, &flow->written, 0);
		else
			write_stream(flow->client, &flow->written, REQUEST_BYTES);
	}
	if (flow->kind == FETCH && events & POLLIN) {
		while ((count = recv(flow->client, buffer, sizeof(buffer), 0)) > 0)
			flow->received += count;
		if (count == 0)
			finish_fetch(flow);
	}
	if (flow->client >= 0 && events & (POLLERR | POLLHUP) && !(events & POLLIN))
		fail("%s: the connection broke", flow->id);
}

static void server_ready(struct flow *flow, short events)
{
	ssize_t count;

	if (events & POLLIN) {
		while ((count = recv(flow->server, buffer, sizeof(buffer), 0)) > 0) {
			if (flow->kind == FETCH)
				flow->asked += count;
			else
				flow->received += flow->kind == CBR ? 1 : count;
		}
		if (count == 0 && flow->kind == BULK)
			close_socket(&flow->server);
	}
	if (flow->kind == FETCH && flow->server >= 0 && flow->asked >= REQUEST_BYTES) {
		write_stream(flow->server, &flow->answered, flow->bytes);
		if (flow->answered == (size_t)flow->bytes)
			close_socket(&flow->server);
	}
}

static void accept_one(struct flow *flow)
{
	int fd = accept4(flow->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	close_socket(&flow->server);
	flow->server = fd;
	flow->asked = flow->answered = 0;
}

/* What a flow waits for. */
static int collect(struct flow *flow, struct pollfd *out)
{
	int count = 0;
	short client = POLLIN, server = POLLIN;

	if (flow->kind == BULK || (flow->kind == FETCH && flow->written < REQUEST_BYTES))
		client = POLLOUT;
	if (flow->kind == FETCH && flow->asked >= REQUEST_BYTES)
		server = POLLOUT;
	out[count++] = (struct pollfd){ .fd = flow->listener, .events = POLLIN };
	out[count++] = (struct pollfd){ .fd = flow->server, .events = server };
	out[count++] = (struct pollfd){ .fd = flow->client, .events = client };
	return count;
}

static void report_flow(const struct flow *flow)
{
	switch (flow->kind) {
	case BULK:
		report("bulk %s %llu\n", flow->id, (unsigned long long)flow->received);
		break;
	case CBR:
		report("cbr %s %llu %llu\n", flow->id, (unsigned long long)flow->sent,
		       (unsigned long long)flow->received);
		break;
	case FETCH:
	case PING:
		report("%s %s", flow->kind == PING ? "ping" : "fetch", flow->id);
		for (int i = 0; i < flow->samples; i++)
			report(" %lld", flow->sample_ns[i]);
		report("\n");
	}
}

/*
 * Linux rounds timers to ticks, and far ones to as much as 4,096 of them: a run begins where a simulation does, which
 * is a second after the clock's zero, but for a multiple of that.
 */
static void wait_for_phase(void)
{
	const ns_t period_ns = 8192000000LL, phase_ns = 1000000000LL;
	struct timespec start;
	ns_t now;

	base_ns = 0;
	now = now_ns();
	base_ns = (now / period_ns + 1) * period_ns + phase_ns;
	start = (struct timespec){ base_ns / 1000000000, base_ns % 1000000000 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
}

void run_flows(ns_t duration_ns)
{
	static struct pollfd polled[3 * MAX_FLOWS];

	for (int i = 0; i < flow_count; i++)
		open_receiver(flows[i]);
	wait_for_phase();
	for (;;) {
		ns_t now = now_ns(), next = duration_ns;
		struct timespec wait;
		int count = 0;

		if (now >= duration_ns)
			break;
		for (int i = 0; i < flow_count; i++) {
			if (flows[i]->due_ns >= 0 && flows[i]->due_ns <= now)
				act(flows[i]);
			if (flows[i]->due_ns >= 0 && flows[i]->due_ns < next)
				next = flows[i]->due_ns;
			count += collect(flows[i], polled + count);
		}
		now = now_ns();
		next = next > now ? next - now : 0;
		wait = (struct timespec){ next / 1000000000, next % 1000000000 };
		if (ppoll(polled, count, &wait, NULL) < 0)
			fail("poll: %s", strerror(errno));
		for (int i = 0; i < flow_count; i++) {
			struct pollfd *entry = polled + 3 * i;

			if (entry[0].revents)
				accept_one(flows[i]);
			if (entry[1].revents && flows[i]->server == entry[1].fd)
				server_ready(flows[i], entry[1].revents);
			if (entry[2].revents && flows[i]->client == entry[2].fd)
				client_ready(flows[i], entry[2].revents);
		}
	}
	for (int i = 0; i < flow_count; i++) {
		report_flow(flows[i]);
		close_socket(&flows[i]->listener);
		close_socket(&flows[i]->server);
		close_socket(&flows[i]->client);
	}
}
