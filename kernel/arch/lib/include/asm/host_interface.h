/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from kernel/abi/host-interface.ts by `npm run generate`: do not edit. */
#ifndef __ASM_LIB_HOST_INTERFACE_H
#define __ASM_LIB_HOST_INTERFACE_H
#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/types.h>
#else
/* A program that hosts the native form. */
#include <assert.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#define LIB_ABI_VERSION 2

/* Why the kernel died. */
#define LIB_DIE_PANIC 0
#define LIB_DIE_BUG 1
#define LIB_DIE_STALL 2
#define LIB_DIE_MISSING 3

/* Flags of a frame. */
#define LIB_FRAME_NEEDS_CSUM 1
#define LIB_FRAME_DATA_VALID 2

/* Kinds of segmentation, with virtio-net's numbers. */
#define LIB_GSO_NONE 0
#define LIB_GSO_TCPV4 1
#define LIB_GSO_UDP 3
#define LIB_GSO_TCPV6 4
#define LIB_GSO_UDP_L4 5
#define LIB_GSO_ECN 128

/* Offloads of a device. */
#define LIB_NIC_SG 1
#define LIB_NIC_CSUM 2
#define LIB_NIC_TSO 4
#define LIB_NIC_USO 8
#define LIB_NIC_GRO 16

/* State that both sides read and write between calls. */
struct lib_shared {
	u32 abi_version;	/* ABI_VERSION, written by the kernel's image */
	u32 booted;	/* 1 once boot has returned 0 */
	u64 now_ns;	/* CLOCK_MONOTONIC in ns; the host writes it before each call */
	u64 realtime_offset_ns;	/* CLOCK_REALTIME minus CLOCK_MONOTONIC at boot, in ns */
	u64 timer_ns;	/* when the host must call timer next, in ns; all ones: never */
	u64 memory_max_bytes;	/* the host's limit for memory; read at boot */
	u64 memory_base;	/* native form: start of the memory region; 0 in wasm */
	u32 runnable;	/* written by tx_done: whether it left something for run to do */
	u32 reserved;	/* 0 */
	char cmdline[1024];	/* the kernel's command line, NUL-terminated; read at boot */
};
static_assert(sizeof(struct lib_shared) == 1080);

/* A contiguous piece of a frame. */
struct lib_segment {
	u64 address;	/* address of its first byte */
	u32 length;	/* bytes */
	u32 reserved;	/* 0 */
};
static_assert(sizeof(struct lib_segment) == 16);

/* A frame on its way out or in, with the offload fields of virtio-net's header. */
struct lib_frame {
	u32 length;	/* bytes in all */
	u32 segment_count;	/* pieces, the head included */
	u64 head;	/* address of the first piece */
	u64 segments;	/* address of segment_count - 1 lib_segments; 0 when there are none */
	u32 head_length;	/* bytes in the first piece */
	u16 csum_start;	/* with LIB_FRAME_NEEDS_CSUM: where the sum starts */
	u16 csum_offset;	/* where to put it, from csum_start */
	u16 gso_size;	/* payload bytes a segment; 0: not segmented */
	u16 header_length;	/* with gso_size: bytes of headers before the payload */
	u8 gso_type;	/* LIB_GSO_* */
	u8 flags;	/* LIB_FRAME_* */
	u16 nic;	/* the NIC number */
};
static_assert(sizeof(struct lib_frame) == 40);

/* What nic_create makes. */
struct lib_nic_config {
	char name[16];	/* interface name, NUL-terminated ("eth%d" numbers it) */
	u8 mac[6];	/* Ethernet address */
	u16 reserved;	/* 0 */
	u32 mtu;	/* bytes, 68 to 65,535 */
	u32 features;	/* LIB_NIC_*: what the device offers; each can be turned off later with ethtool */
	u32 tx_queue_frames;	/* frames in flight before the queue stops; 0: no limit */
	u32 ifindex;	/* written by nic_create */
};
static_assert(sizeof(struct lib_nic_config) == 40);

#ifdef __wasm__
#define LIB_IMPORT(n) __attribute__((import_module("libos"), import_name(n)))
#define LIB_EXPORT(n) __attribute__((export_name(n)))
#else
#define LIB_IMPORT(n)
#define LIB_EXPORT(n) __attribute__((visibility("default")))
#endif

/* Imports: what the kernel calls. */

/*
 * Takes a frame (a lib_frame) to send. It stays in kernel memory until tx_done. When: The NIC
 * driver, from ndo_start_xmit.
 */
LIB_IMPORT("transmit")
void host_transmit(u32 nic, unsigned long frame);

/*
 * One console record: printk level 0 to 7 and its text, without a newline. When: The console
 * driver, for each printk record.
 */
LIB_IMPORT("log")
void host_log(u32 level, unsigned long text, u32 length);

/*
 * A WARN fired: "file:line function". The host adds its stack and goes on. When: WARN and its kin,
 * before Linux prints its own report.
 */
LIB_IMPORT("warn")
void host_warn(unsigned long text, u32 length);

/*
 * The kernel cannot go on (LIB_DIE_*): the host throws, and never calls it again. When: panic, BUG,
 * a wait that nothing can end, a call of a symbol that is not linked.
 */
LIB_IMPORT("die")
void host_die(u32 cause, unsigned long text, u32 length) __attribute__((__noreturn__));

/*
 * A watch has been woken; events is the key of the wake-up (EPOLL* bits), 0 if none was given.
 * When: The wait queue of a watched file, whenever Linux wakes it.
 */
LIB_IMPORT("wake")
void host_wake(u32 cookie, u32 events);

/*
 * A signal is pending for a process: the host asks for it with signal_take when it likes. When:
 * Signal delivery, when Linux would wake the task.
 */
LIB_IMPORT("signal")
void host_signal(unsigned long task);

/*
 * Fills the buffer with random bytes from the host's Entropy. When: The random driver at boot and
 * at reseed.
 */
LIB_IMPORT("entropy")
void host_entropy(unsigned long buffer, u32 length);

/*
 * Calls the export thread_run(task), and returns when that returns or calls thread_exit. When: To
 * run a kernel thread, or an exit of a process, that may unwind its stack.
 */
LIB_IMPORT("thread")
void host_thread(unsigned long task);

/*
 * Unwinds to the innermost `thread` import (wasm: throws; native: longjmp). When: kthread_exit and
 * do_task_dead.
 */
LIB_IMPORT("thread_exit")
void host_thread_exit(void) __attribute__((__noreturn__));

/* Exports: what the host calls. */

/* The address of the lib_shared structure. Valid before boot. When: Once, after instantiation. */
LIB_EXPORT("lib_shared")
unsigned long lib_shared(void);

/*
 * Boots Linux to a running system with init as process 1: 0 or -errno. When: Once, with lib_shared
 * filled in.
 */
LIB_EXPORT("lib_boot")
int lib_boot(void);

/*
 * The timer interrupt: runs every timer that now_ns has reached. When: When the clock reaches
 * lib_shared.timer_ns.
 */
LIB_EXPORT("lib_timer")
void lib_timer(void);

/*
 * Runs softirqs, kernel threads and work items until none is left. When: After a batch of rx and
 * tx_done, which only queue.
 */
LIB_EXPORT("lib_run")
void lib_run(void);

/*
 * Zeroed memory for arguments of system calls, 16-byte aligned; 0 when there is none. When: The
 * host, for buffers. The memory counts as user memory.
 */
LIB_EXPORT("lib_alloc")
unsigned long lib_alloc(u32 size);

/* Gives memory of alloc back. When: The host. */
LIB_EXPORT("lib_free")
void lib_free(unsigned long address);

/*
 * A system call of a process (numbers of asm-generic/unistd.h; a 64-bit argument takes two slots,
 * low word first, where long is 32 bits): the result or -errno. -512 (ERESTARTSYS): it waits. When:
 * The POSIX glue.
 */
LIB_EXPORT("lib_syscall")
long lib_syscall(unsigned long task, u32 number, long a, long b, long c, long d, long e, long f);

/*
 * A child of parent (0: of init) with CLONE_* flags: its task, or -errno. When: The POSIX glue, for
 * spawn and fork.
 */
LIB_EXPORT("lib_process_create")
long lib_process_create(unsigned long parent, u32 flags);

/*
 * Ends a process as exit_group(2) or a fatal signal does; status as wait(2) reports it. The task is
 * invalid afterwards. When: The POSIX glue.
 */
LIB_EXPORT("lib_process_exit")
void lib_process_exit(unsigned long task, u32 status);

/*
 * Dequeues the next signal that is pending and not blocked: its number, or 0. When: The POSIX glue,
 * after the import signal.
 */
LIB_EXPORT("lib_signal_take")
int lib_signal_take(unsigned long task);

/*
 * Watches a file: the import wake(cookie) is called at each wake-up until unwatch or close. Returns
 * the events that are ready now, or -errno. When: The POSIX glue, before a blocking call waits.
 */
LIB_EXPORT("lib_watch")
int lib_watch(unsigned long task, int fd, u32 events, u32 cookie);

/* Ends a watch: 0, or -ENOENT. When: The POSIX glue. */
LIB_EXPORT("lib_unwatch")
int lib_unwatch(u32 cookie);

/*
 * A network device as the lib_nic_config says: its NIC number, or -errno. When: The host backend.
 */
LIB_EXPORT("lib_nic_create")
int lib_nic_create(unsigned long config);

/*
 * Unregisters the device; frames in flight must be given back with tx_done all the same. When: The
 * host backend.
 */
LIB_EXPORT("lib_nic_destroy")
int lib_nic_destroy(u32 nic);

/* Carrier on (1) or off (0). When: The link, when it is connected, cut or joined. */
LIB_EXPORT("lib_nic_carrier")
int lib_nic_carrier(u32 nic, u32 up);

/*
 * A lib_frame with segments for length bytes (1 to 65,550) to copy a received frame into; 0 when
 * there is no memory or the device is down. When: The link, at delivery.
 */
LIB_EXPORT("lib_rx_alloc")
unsigned long lib_rx_alloc(u32 nic, u32 length);

/*
 * Hands a filled frame to the device. Queues only; call run after the batch. When: The link, at
 * delivery.
 */
LIB_EXPORT("lib_rx")
void lib_rx(unsigned long frame);

/*
 * The frame has been copied or dropped: frees it. Queues only; call run after the batch, if
 * lib_shared.runnable says so. When: The link, at delivery.
 */
LIB_EXPORT("lib_tx_done")
void lib_tx_done(unsigned long frame);

/* Runs a kernel thread to its end. When: The import thread, and nothing else. */
LIB_EXPORT("lib_thread_run")
void lib_thread_run(unsigned long task);

/*
 * Draws from the import entropy anew and reseeds Linux's random number generator. When: After a
 * clone, so that two hosts differ.
 */
LIB_EXPORT("lib_reseed")
void lib_reseed(void);
#endif
