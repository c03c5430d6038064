// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native kernels, each a private copy of a shared object. JavaScript writes what it wants into a block of doubles
 * that both sides see and makes one call without arguments; what the kernel did on the way is in lists that it
 * reads afterwards. src/native/binding/kernel.ts names the places in the block.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "api.h"
#include "copies.h"
#include "faults.h"
#include "kernel.h"

#define EVENTS_MAX (1U << 18)
#define TEXT_BYTES_MAX (4U << 20)
#define SCRATCH_BYTES 4096
#define QUEUE_MAX 1024

enum block_place {
	PLACE_OPERATION,
	PLACE_NOW,	/* ns: read before each call, or written where the clock is real */
	PLACE_TIMER,	/* ns; infinite: never */
	PLACE_RESULT,
	PLACE_EVENTS,	/* how many there are */
	PLACE_DEATH,	/* 0, or 1 + cause */
	PLACE_QUEUED,	/* rx and tx_done that wait for the next call */
	PLACE_SPARE,
	PLACE_ARGUMENTS,
	PLACE_COUNT = PLACE_ARGUMENTS + 8,
};

enum operation {
	DO_TIMER, DO_RUN, DO_SYSCALL, DO_ALLOC, DO_FREE, DO_PROCESS_CREATE, DO_PROCESS_EXIT, DO_SIGNAL_TAKE,
	DO_WATCH, DO_UNWATCH, DO_NIC_CREATE, DO_NIC_DESTROY, DO_NIC_CARRIER, DO_RX_ALLOC, DO_RESEED, DO_BOOT,
	DO_NOTHING,
};

/* A queued frame's address is a multiple of 8: this bit says that it was sent and is given back. */
#define QUEUED_TX_DONE 1U

struct libos_kernel {
	struct copy_host host;	/* first, so that one is found by the other */
	const struct copy_calls *calls;
	struct lib_shared *shared;
	struct libos_copy copy;
	void *memory;
	size_t memory_bytes;
	double *block;
	u32 *queue;
	u8 *scratch;
	napi_env env;
	/* (length): fills the scratch bytes, and says 0. Weak: it knows who knows this kernel, and would keep both. */
	napi_ref entropy;
	napi_ref memory_buffer;
	struct region *region;	/* the buffer's */
	bool real_clock;
	double epoch_ns;	/* CLOCK_MONOTONIC at the clock's 0 */
};

static void fill_entropy(struct copy_host *host, void *buffer, u32 length)
{
	struct libos_kernel *kernel = (struct libos_kernel *)host;
	napi_env env = kernel->env;
	napi_value function, undefined;

	napi_get_reference_value(env, kernel->entropy, &function);
	napi_get_undefined(env, &undefined);
	while (length > 0) {
		u32 count = length < SCRATCH_BYTES ? length : SCRATCH_BYTES;
		napi_value argument, result;
		int32_t failed = 1;

		napi_create_uint32(env, count, &argument);
		if (napi_call_function(env, undefined, function, 1, &argument, &result) == napi_ok)
			napi_get_value_int32(env, result, &failed);
		if (failed)
			kernel->calls->trapped("its source of randomness failed");
		memcpy(buffer, kernel->scratch, count);
		buffer = (char *)buffer + count;
		length -= count;
	}
}

static void set_now(struct libos_kernel *kernel)
{
	double now_ns = kernel->block[PLACE_NOW];

	if (kernel->real_clock) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		now_ns = (double)now.tv_sec * 1e9 - kernel->epoch_ns + (double)now.tv_nsec;
		kernel->block[PLACE_NOW] = now_ns;
	}
	if ((u64)now_ns > kernel->shared->now_ns)
		kernel->shared->now_ns = (u64)now_ns;
}

static void take_queue(struct libos_kernel *kernel)
{
	u32 count = (u32)kernel->block[PLACE_QUEUED];

	kernel->block[PLACE_QUEUED] = 0;
	for (u32 i = 0; i < count && i < QUEUE_MAX; i++) {
		u32 frame = kernel->queue[i];

		if (frame & QUEUED_TX_DONE)
			kernel->calls->tx_done(frame & ~QUEUED_TX_DONE);
		else
			kernel->calls->rx(frame);
	}
}

static double operate(struct libos_kernel *kernel)
{
	const struct copy_calls *calls = kernel->calls;
	const double *argument = kernel->block + PLACE_ARGUMENTS;
	long a[8];

	for (int i = 0; i < 8; i++)
		a[i] = (long)argument[i];
	switch ((enum operation)kernel->block[PLACE_OPERATION]) {
	case DO_TIMER:
		calls->timer();
		return 0;
	case DO_RUN:
		calls->run();
		return 0;
	case DO_SYSCALL:
		return (double)calls->syscall((unsigned long)a[0], (u32)a[1], a[2], a[3], a[4], a[5],
					      a[6], a[7]);
	case DO_ALLOC:
		return (double)calls->alloc((u32)a[0]);
	case DO_FREE:
		calls->free((unsigned long)a[0]);
		return 0;
	case DO_PROCESS_CREATE:
		return (double)calls->process_create((unsigned long)a[0], (u32)a[1]);
	case DO_PROCESS_EXIT:
		calls->process_exit((unsigned long)a[0], (u32)a[1]);
		return 0;
	case DO_SIGNAL_TAKE:
		return calls->signal_take((unsigned long)a[0]);
	case DO_WATCH:
		return calls->watch((unsigned long)a[0], (int)a[1], (u32)a[2], (u32)a[3]);
	case DO_UNWATCH:
		return calls->unwatch((u32)a[0]);
	case DO_NIC_CREATE:
		return calls->nic_create((unsigned long)a[0]);
	case DO_NIC_DESTROY:
		return calls->nic_destroy((u32)a[0]);
	case DO_NIC_CARRIER:
		return calls->nic_carrier((u32)a[0], (u32)a[1]);
	case DO_RX_ALLOC:
		return (double)calls->rx_alloc((u32)a[0], (u32)a[1]);
	case DO_RESEED:
		calls->reseed();
		return 0;
	case DO_BOOT:
		return calls->boot();
	case DO_NOTHING:
		return 0;
	}
	return 0;
}

static bool dead(const struct libos_kernel *kernel)
{
	return kernel->block[PLACE_DEATH] != 0 || !kernel->copy.library;
}

static void note_death(struct libos_kernel *kernel)
{
	kernel->block[PLACE_DEATH] = 1 + kernel->host.death_cause;
	kernel->block[PLACE_TIMER] = INFINITY;
}

static napi_value kernel_call(napi_env env, napi_callback_info info)
{
	struct libos_kernel *kernel;
	void *data;
	jmp_buf entry;

	napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
	kernel = data;
	kernel->host.event_count = 0;
	kernel->block[PLACE_EVENTS] = 0;
	if (dead(kernel))
		return NULL;
	kernel->host.text_length = 0;
	kernel->host.entry = &entry;
	libos_faults_enter(kernel->calls);
	if (_setjmp(entry)) {
		note_death(kernel);
	} else {
		set_now(kernel);
		take_queue(kernel);
		kernel->block[PLACE_RESULT] = operate(kernel);
		kernel->block[PLACE_TIMER] = kernel->shared->timer_ns == UINT64_MAX
						     ? INFINITY
						     : (double)kernel->shared->timer_ns;
	}
	libos_faults_leave();
	kernel->block[PLACE_EVENTS] = kernel->host.event_count;
	return NULL;
}

unsigned long libos_kernel_rx_alloc(struct libos_kernel *kernel, u32 nic, u32 length)
{
	volatile unsigned long frame = 0;
	jmp_buf entry;

	if (dead(kernel))
		return 0;
	kernel->host.entry = &entry;
	libos_faults_enter(kernel->calls);
	if (_setjmp(entry))
		note_death(kernel);
	else
		frame = kernel->calls->rx_alloc(nic, length);
	libos_faults_leave();
	return frame;
}

static void give(struct libos_kernel *kernel, void (*call)(unsigned long), unsigned long frame)
{
	jmp_buf entry;

	if (dead(kernel))
		return;
	kernel->host.entry = &entry;
	libos_faults_enter(kernel->calls);
	if (_setjmp(entry))
		note_death(kernel);
	else
		call(frame);
	libos_faults_leave();
}

void libos_kernel_rx(struct libos_kernel *kernel, unsigned long frame)
{
	give(kernel, kernel->calls->rx, frame);
}

void libos_kernel_tx_done(struct libos_kernel *kernel, unsigned long frame)
{
	give(kernel, kernel->calls->tx_done, frame);
}

struct libos_kernel *libos_kernel_of(napi_env env, napi_value handle)
{
	void *kernel = NULL;

	if (napi_get_value_external(env, handle, &kernel) != napi_ok)
		napi_throw_type_error(env, NULL, "libos: the handle of a kernel is needed");
	return kernel;
}

/* Gives back all but the structure itself, which functions of JavaScript may still name. */
static void release(struct libos_kernel *kernel)
{
	if (kernel->entropy)
		napi_delete_reference(kernel->env, kernel->entropy);
	if (kernel->memory_buffer)
		napi_delete_reference(kernel->env, kernel->memory_buffer);
	kernel->entropy = NULL;
	kernel->memory_buffer = NULL;
	if (kernel->copy.library)
		libos_copy_unload(&kernel->copy);
	if (kernel->host.events)
		munmap(kernel->host.events, EVENTS_MAX * sizeof(struct copy_event));
	if (kernel->host.text)
		munmap(kernel->host.text, TEXT_BYTES_MAX);
	kernel->host.events = NULL;
	kernel->host.text = NULL;
}

static void collected(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	release(data);
	free(data);
}

/* Memory as its buffer knows it, which may go after the kernel: `bytes` is 0 once it is given back. */
struct region {
	void *memory;
	size_t bytes;
};

static void give_back(struct region *region)
{
	if (region->bytes > 0)
		munmap(region->memory, region->bytes);
	region->bytes = 0;
}

static void memory_collected(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)data;
	give_back(hint);
	free(hint);
}

static void *map_list(size_t size)
{
	void *list = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return list == MAP_FAILED ? NULL : list;
}

static napi_value fail(napi_env env, struct libos_kernel *kernel, const char *code, const char *message)
{
	if (kernel->memory)
		munmap(kernel->memory, kernel->memory_bytes);
	free(kernel->region);
	release(kernel);
	free(kernel);
	napi_throw_error(env, code, message);
	return NULL;
}

static void name(napi_env env, napi_value object, const char *key, napi_value value)
{
	napi_set_named_property(env, object, key, value);
}

static napi_value list_buffer(napi_env env, void *list, size_t size)
{
	napi_value buffer;

	/* The list goes with the kernel, which outlives who reads it. */
	napi_create_external_arraybuffer(env, list, size, NULL, NULL, &buffer);
	return buffer;
}

static napi_value describe(napi_env env, struct libos_kernel *kernel)
{
	napi_value result, value;

	napi_create_object(env, &result);
	napi_create_external(env, kernel, collected, NULL, &value);
	name(env, result, "handle", value);
	napi_create_external_arraybuffer(env, kernel->memory, kernel->memory_bytes, memory_collected,
					 kernel->region, &value);
	napi_create_reference(env, value, 0, &kernel->memory_buffer);
	name(env, result, "memory", value);
	name(env, result, "base", libos_number(env, (double)(uintptr_t)kernel->memory));
	name(env, result, "events",
	     list_buffer(env, kernel->host.events, EVENTS_MAX * sizeof(struct copy_event)));
	name(env, result, "text", list_buffer(env, kernel->host.text, TEXT_BYTES_MAX));
	libos_function_of(env, result, "call", kernel_call, kernel);
	return result;
}

/* (path, memory bytes, block, queue, scratch, entropy(length), epoch in ns or NaN) */
static napi_value kernel_create(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_kernel *kernel = calloc(1, sizeof(*kernel));
	struct libos_bytes block = libos_bytes(&call, 2);
	struct libos_bytes queue = libos_bytes(&call, 3);
	struct libos_bytes scratch = libos_bytes(&call, 4);
	char path[PATH_MAX], error[512];

	if (!kernel || !libos_text(&call, 0, path, sizeof(path)) ||
	    block.length < PLACE_COUNT * sizeof(double) || queue.length < QUEUE_MAX * sizeof(u32) ||
	    scratch.length < SCRATCH_BYTES) {
		free(kernel);
		napi_throw_range_error(env, NULL, "libos: a kernel's block, queue or scratch is too small");
		return NULL;
	}
	libos_faults_catch();
	kernel->env = env;
	kernel->block = (double *)(void *)block.start;
	kernel->queue = (u32 *)(void *)queue.start;
	kernel->scratch = scratch.start;
	napi_get_value_double(env, call.values[6], &kernel->epoch_ns);
	kernel->real_clock = !isnan(kernel->epoch_ns);
	kernel->memory_bytes = (size_t)libos_integer(&call, 1);
	kernel->memory = libos_region_map(kernel->memory_bytes);
	kernel->region = malloc(sizeof(*kernel->region));
	kernel->host.events = map_list(EVENTS_MAX * sizeof(struct copy_event));
	kernel->host.text = map_list(TEXT_BYTES_MAX);
	if (!kernel->memory || !kernel->region || !kernel->host.events || !kernel->host.text)
		return fail(env, kernel, "ENOMEM", "no address space is left below 4 GiB");
	if (!libos_copy_load(path, &kernel->copy, error, sizeof(error)))
		return fail(env, kernel, "ELIBBAD", error);
	kernel->calls = kernel->copy.calls;
	*kernel->region = (struct region){ kernel->memory, kernel->memory_bytes };
	kernel->host.event_max = EVENTS_MAX;
	kernel->host.text_max = TEXT_BYTES_MAX;
	kernel->host.entropy = fill_entropy;
	kernel->calls->attach(&kernel->host);
	kernel->shared = (struct lib_shared *)kernel->calls->shared();
	napi_create_reference(env, call.values[5], 0, &kernel->entropy);
	return describe(env, kernel);
}

/* CLOCK_REALTIME minus the kernel's clock, in ns. */
static u64 realtime_offset(const struct libos_kernel *kernel, double offset_ms)
{
	struct timespec real, monotonic;

	if (!kernel->real_clock)
		return (u64)offset_ms * 1000000;
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return (u64)(real.tv_sec - monotonic.tv_sec) * 1000000000 +
	       (u64)(real.tv_nsec - monotonic.tv_nsec) + (u64)kernel->epoch_ns;
}

/* (handle, command line, CLOCK_REALTIME minus the clock in ms): what boot needs before it is called. */
static napi_value kernel_prepare(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_kernel *kernel = libos_kernel_of(env, call.values[0]);
	double offset_ms = 0;

	if (!kernel || !libos_text(&call, 1, kernel->shared->cmdline, sizeof(kernel->shared->cmdline)))
		return NULL;
	napi_get_value_double(env, call.values[2], &offset_ms);
	kernel->shared->realtime_offset_ns = realtime_offset(kernel, offset_ms);
	kernel->shared->memory_base = (uintptr_t)kernel->memory;
	kernel->shared->memory_max_bytes = kernel->memory_bytes;
	kernel->shared->now_ns = 1;	/* at 0 Linux takes time stamps for missing */
	return NULL;
}

/* (handle): the last words of a dead kernel, and where it was. */
static napi_value kernel_death(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_kernel *kernel = libos_kernel_of(env, call.values[0]);
	napi_value result, value, frames;

	if (!kernel)
		return NULL;
	napi_create_object(env, &result);
	napi_create_string_utf8(env, kernel->host.death, NAPI_AUTO_LENGTH, &value);
	name(env, result, "message", value);
	napi_create_array(env, &frames);
	for (u32 i = 0; i < kernel->host.frame_count; i++)
		napi_set_element(env, frames, i, libos_number(env, kernel->host.frames[i]));
	name(env, result, "frames", frames);
	return result;
}

/* (handle): gives its memory back; the buffers that JavaScript has are empty from then on. */
static napi_value kernel_close(napi_env env, napi_callback_info info)
{
	struct libos_call call = libos_begin(env, info);
	struct libos_kernel *kernel = libos_kernel_of(env, call.values[0]);
	napi_value buffer = NULL;

	if (!kernel || !kernel->copy.library)
		return NULL;
	napi_get_reference_value(env, kernel->memory_buffer, &buffer);
	/* A buffer that has been collected has given the region back. */
	if (buffer && napi_detach_arraybuffer(env, buffer) == napi_ok)
		give_back(kernel->region);
	release(kernel);
	return NULL;
}

void libos_init_kernel(napi_env env, napi_value exports)
{
	libos_function(env, exports, "kernelCreate", kernel_create);
	libos_function(env, exports, "kernelPrepare", kernel_prepare);
	libos_function(env, exports, "kernelDeath", kernel_death);
	libos_function(env, exports, "kernelClose", kernel_close);
}
