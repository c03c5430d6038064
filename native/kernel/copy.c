// SPDX-License-Identifier: GPL-2.0-only
/* The host's side inside of each copy of a native kernel: what the kernel calls. See copy.h. */
#include <dlfcn.h>
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "copy.h"

static struct copy_host *host;
static jmp_buf *innermost_thread;
extern const struct copy_calls libos_kernel_copy;

static void attach(struct copy_host *of)
{
	void *frames[1];

	host = of;
	/* Loads the unwinder now: where it is needed there may be no memory. */
	backtrace(frames, 1);
}

static void end(u32 cause, const char *text, size_t length) __attribute__((noreturn));

static void add(u32 kind, u32 a, u32 b, u32 c)
{
	static const char full[] = "more happened in one call than its host can take note of";

	if (host->event_count == host->event_max)
		end(LIB_DIE_STALL, full, sizeof(full) - 1);
	host->events[host->event_count++] = (struct copy_event){ kind, a, b, c };
}

/* Where the kernel is: calls `found` with offsets of return addresses in the copy's file, innermost first. */
static u32 kernel_stack(u32 *frames)
{
	void *addresses[STACK_FRAMES_MAX];
	int found = backtrace(addresses, STACK_FRAMES_MAX);
	u32 count = 0;
	Dl_info copy;

	if (!dladdr(&libos_kernel_copy, &copy))
		return 0;
	for (int i = 0; i < found; i++) {
		Dl_info of;

		if (dladdr(addresses[i], &of) && of.dli_fbase == copy.dli_fbase)
			frames[count++] = (u32)((uintptr_t)addresses[i] - (uintptr_t)copy.dli_fbase);
	}
	return count;
}

static void end(u32 cause, const char *text, size_t length)
{
	if (length > DEATH_TEXT_MAX - 1)
		length = DEATH_TEXT_MAX - 1;
	memcpy(host->death, text, length);
	host->death[length] = '\0';
	host->death_cause = cause;
	host->frame_count = kernel_stack(host->frames);
	innermost_thread = NULL;
	longjmp(*host->entry, 1);
}

static void trapped(const char *what) __attribute__((noreturn));

static void trapped(const char *what)
{
	end(COPY_TRAPPED, what, strlen(what));
}

/* Keeps a text; what does not fit any more is left out, and says so by its length. */
static u32 keep(unsigned long text, u32 *length)
{
	u32 at = host->text_length;

	if (*length > host->text_max - at)
		*length = host->text_max - at;
	memcpy(host->text + at, (const void *)text, *length);
	host->text_length += *length;
	return at;
}

void host_transmit(u32 nic, unsigned long frame)
{
	add(EVENT_TRANSMIT, nic, (u32)frame, 0);
}

void host_log(u32 level, unsigned long text, u32 length)
{
	u32 at = keep(text, &length);

	add(EVENT_LOG, level, at, length);
}

void host_warn(unsigned long text, u32 length)
{
	u32 frames[STACK_FRAMES_MAX];
	u32 at = keep(text, &length);
	u32 count = kernel_stack(frames);

	add(EVENT_WARN, 0, at, length);
	for (u32 i = 0; i < count; i++)
		add(EVENT_FRAME, frames[i], 0, 0);
}

void host_die(u32 cause, unsigned long text, u32 length)
{
	end(cause, (const char *)text, length);
}

void host_wake(u32 cookie, u32 events)
{
	add(EVENT_WAKE, cookie, events, 0);
}

void host_signal(unsigned long task)
{
	add(EVENT_SIGNAL, (u32)task, 0, 0);
}

void host_entropy(unsigned long buffer, u32 length)
{
	host->entropy(host, (void *)buffer, length);
}

void host_thread(unsigned long task)
{
	jmp_buf here, *outer = innermost_thread;

	innermost_thread = &here;
	if (!_setjmp(here))
		lib_thread_run(task);
	innermost_thread = outer;
}

void host_thread_exit(void)
{
	static const char outside[] = "a kernel thread ended outside of the thread trampoline";

	if (!innermost_thread)
		end(LIB_DIE_BUG, outside, sizeof(outside) - 1);
	longjmp(*innermost_thread, 1);
}

__attribute__((visibility("default"))) const struct copy_calls libos_kernel_copy = {
	.version = COPY_VERSION,
	.abi_version = LIB_ABI_VERSION,
	.attach = attach,
	.trapped = trapped,
	.shared = lib_shared,
	.boot = lib_boot,
	.timer = lib_timer,
	.run = lib_run,
	.alloc = lib_alloc,
	.free = lib_free,
	.syscall = lib_syscall,
	.process_create = lib_process_create,
	.process_exit = lib_process_exit,
	.signal_take = lib_signal_take,
	.watch = lib_watch,
	.unwatch = lib_unwatch,
	.nic_create = lib_nic_create,
	.nic_destroy = lib_nic_destroy,
	.nic_carrier = lib_nic_carrier,
	.rx_alloc = lib_rx_alloc,
	.rx = lib_rx,
	.tx_done = lib_tx_done,
	.reseed = lib_reseed,
};
