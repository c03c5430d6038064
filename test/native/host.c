// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts one kernel of the native form: gives it memory, virtual time, seeded
 * randomness and a place for its words, and keeps what it sends. An import only
 * records, as in every host; the one exception is the trampoline of its threads.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <valgrind/memcheck.h>

#include "host.h"

#define SENT_FRAMES_MAX 1024
/* Far from what programs map: the same addresses in every run, and so the same output. */
#define MEMORY_ADDRESS 0x400000000
#define MEMORY_BYTES_MAX 0x100000000	/* apart from that of another host of the process */
#define HOSTS_MAX 4

struct host_counts host_counts;

static struct lib_shared *shared;
static jmp_buf *innermost_thread;
static u64 entropy_state = 0x9e3779b97f4a7c15;	/* the seed */

static u64 sent[SENT_FRAMES_MAX];	/* addresses of lib_frames, oldest first */
static unsigned int sent_count;

static void *at(u64 address)
{
	return (void *)(uintptr_t)address;
}

/* What the kernel calls */

void host_log(u32 level, unsigned long text, u32 length)
{
	host_counts.log_records++;
	printf("<%u>%.*s\n", level, (int)length, (char *)at(text));
}

void host_warn(unsigned long text, u32 length)
{
	host_counts.warnings++;
	fprintf(stderr, "harness: WARN %.*s\n", (int)length, (char *)at(text));
}

void host_die(u32 cause, unsigned long text, u32 length)
{
	fail("the kernel died (cause %u): %.*s", cause, (int)length, (char *)at(text));
}

void host_wake(u32 cookie, u32 events)
{
	(void)cookie;
	(void)events;
}

void host_signal(unsigned long task)
{
	(void)task;
}

/* splitmix64: the same bytes in every run. */
void host_entropy(unsigned long buffer, u32 length)
{
	unsigned char *bytes = at(buffer);

	for (u32 i = 0; i < length; i++) {
		u64 z = entropy_state += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		bytes[i] = (unsigned char)(z ^ z >> 31);
	}
}

void host_thread(unsigned long task)
{
	jmp_buf here, *outer = innermost_thread;

	host_counts.threads++;
	innermost_thread = &here;
	if (!setjmp(here))
		lib_thread_run(task);
	innermost_thread = outer;
}

void host_thread_exit(void)
{
	if (!innermost_thread)
		fail("thread_exit outside of a thread");
	longjmp(*innermost_thread, 1);
}

void host_transmit(u32 nic, unsigned long frame)
{
	(void)nic;
	if (sent_count == SENT_FRAMES_MAX)
		fail("more than %u frames wait to be taken", SENT_FRAMES_MAX);
	sent[sent_count++] = frame;
	host_counts.frames_sent++;
}

/* What the harness calls */

static u64 wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

static void *map_memory(u64 bytes)
{
	void *memory = MAP_FAILED;

	for (u64 host = 0; host < HOSTS_MAX && memory == MAP_FAILED; host++)
		memory = mmap(at(MEMORY_ADDRESS + host * MEMORY_BYTES_MAX), bytes,
			      PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			      -1, 0);
	if (memory == MAP_FAILED)
		fail("cannot map %llu bytes: %s", (unsigned long long)bytes, strerror(errno));
	return memory;
}

u64 host_boot(u64 memory_bytes, const char *cmdline)
{
	void *memory = map_memory(memory_bytes);
	u64 started_ns;
	int error;

	shared = at(lib_shared());
	if (shared->abi_version != LIB_ABI_VERSION)
		fail("the kernel has version %u of the host interface, this program %u",
		     shared->abi_version, LIB_ABI_VERSION);
	if (strlen(cmdline) >= sizeof(shared->cmdline))
		fail("the command line is too long");
	shared->now_ns = 1;	/* at 0 Linux takes time stamps for missing */
	shared->realtime_offset_ns = 1700000000ULL * 1000000000;
	shared->memory_base = (uintptr_t)memory;
	shared->memory_max_bytes = memory_bytes;
	strcpy(shared->cmdline, cmdline);
	started_ns = wall_clock_ns();
	error = lib_boot();
	if (error)
		fail("lib_boot: %s", strerror(-error));
	return wall_clock_ns() - started_ns;
}

u64 host_now_ns(void)
{
	return shared->now_ns;
}

void host_run_until(u64 now_ns)
{
	while (shared->timer_ns <= now_ns) {
		if (shared->timer_ns > shared->now_ns)
			shared->now_ns = shared->timer_ns;
		host_counts.timers++;
		lib_timer();
	}
	shared->now_ns = now_ns;
	lib_run();
}

/* The pieces of a frame, the head first. */
static struct lib_segment piece(const struct lib_frame *frame, u32 index)
{
	struct lib_segment *rest = at(frame->segments);

	if (index > 0)
		return rest[index - 1];
	return (struct lib_segment){ .address = frame->head, .length = frame->head_length };
}

void host_receive_with(u32 nic, const void *bytes, u32 length, const struct host_offload *offload)
{
	struct lib_frame *frame = at(lib_rx_alloc(nic, length));
	const char *from = bytes;

	if (!frame)
		fail("NIC %u does not take a frame of %u bytes", nic, length);
	for (u32 i = 0; i < frame->segment_count; i++) {
		struct lib_segment part = piece(frame, i);

		memcpy(at(part.address), from, part.length);
		from += part.length;
	}
	frame->flags = offload->flags;
	frame->csum_start = offload->csum_start;
	frame->csum_offset = offload->csum_offset;
	frame->gso_size = offload->gso_size;
	frame->gso_type = offload->gso_type;
	frame->header_length = offload->header_length;
	host_counts.frames_received++;
	lib_rx((uintptr_t)frame);
	lib_run();
}

void host_receive(u32 nic, const void *bytes, u32 length)
{
	host_receive_with(nic, bytes, length, &(struct host_offload){ .flags = 0 });
}

u32 host_take_sent_with(void *bytes, u32 length_max, struct host_offload *offload)
{
	struct lib_frame *frame;
	char *to = bytes;
	u32 length;

	if (sent_count == 0)
		return 0;
	frame = at(sent[0]);
	memmove(sent, sent + 1, --sent_count * sizeof(sent[0]));
	length = frame->length;
	if (length > length_max)
		fail("a frame of %u bytes, where %u were expected at most", length, length_max);
	for (u32 i = 0; i < frame->segment_count; i++) {
		struct lib_segment part = piece(frame, i);

		/* What leaves a host must not hold what happened to be in its memory. */
		if (VALGRIND_CHECK_MEM_IS_DEFINED(at(part.address), part.length))
			host_counts.undefined_frames++;
		memcpy(to, at(part.address), part.length);
		to += part.length;
	}
	*offload = (struct host_offload){
		.flags = frame->flags,
		.csum_start = frame->csum_start,
		.csum_offset = frame->csum_offset,
		.gso_size = frame->gso_size,
		.gso_type = frame->gso_type,
		.header_length = frame->header_length,
	};
	lib_tx_done((uintptr_t)frame);
	lib_run();
	return length;
}

u32 host_take_sent(void *bytes, u32 length_max)
{
	struct host_offload offload;

	return host_take_sent_with(bytes, length_max, &offload);
}
