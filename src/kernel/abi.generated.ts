// SPDX-License-Identifier: GPL-2.0-only

// Generated from kernel/abi/host-interface.ts by `npm run generate`: do not edit.

export const ABI_VERSION = 2;

/** What the kernel calls, as the module’s imports from "libos". Addresses arrive as signed numbers. */
export interface KernelImports {
  /** Takes a frame (a lib_frame) to send. It stays in kernel memory until tx_done. When: The NIC driver, from ndo_start_xmit. */
  transmit(nic: number, frame: number): void;
  /** One console record: printk level 0 to 7 and its text, without a newline. When: The console driver, for each printk record. */
  log(level: number, text: number, length: number): void;
  /** A WARN fired: "file:line function". The host adds its stack and goes on. When: WARN and its kin, before Linux prints its own report. */
  warn(text: number, length: number): void;
  /** The kernel cannot go on (LIB_DIE_*): the host throws, and never calls it again. When: panic, BUG, a wait that nothing can end, a call of a symbol that is not linked. */
  die(cause: number, text: number, length: number): never;
  /** A watch has been woken; events is the key of the wake-up (EPOLL* bits), 0 if none was given. When: The wait queue of a watched file, whenever Linux wakes it. */
  wake(cookie: number, events: number): void;
  /** A signal is pending for a process: the host asks for it with signal_take when it likes. When: Signal delivery, when Linux would wake the task. */
  signal(task: number): void;
  /** Fills the buffer with random bytes from the host’s Entropy. When: The random driver at boot and at reseed. */
  entropy(buffer: number, length: number): void;
  /** Calls the export thread_run(task), and returns when that returns or calls thread_exit. When: To run a kernel thread, or an exit of a process, that may unwind its stack. */
  thread(task: number): void;
  /** Unwinds to the innermost `thread` import (wasm: throws; native: longjmp). When: kthread_exit and do_task_dead. */
  thread_exit(): never;
}

/** What the host calls, as the module exports it. */
export interface KernelExports {
  /** The address of the lib_shared structure. Valid before boot. When: Once, after instantiation. */
  lib_shared(): number;
  /** Boots Linux to a running system with init as process 1: 0 or -errno. When: Once, with lib_shared filled in. */
  lib_boot(): number;
  /** The timer interrupt: runs every timer that now_ns has reached. When: When the clock reaches lib_shared.timer_ns. */
  lib_timer(): void;
  /** Runs softirqs, kernel threads and work items until none is left. When: After a batch of rx and tx_done, which only queue. */
  lib_run(): void;
  /** Zeroed memory for arguments of system calls, 16-byte aligned; 0 when there is none. When: The host, for buffers. The memory counts as user memory. */
  lib_alloc(size: number): number;
  /** Gives memory of alloc back. When: The host. */
  lib_free(address: number): void;
  /** A system call of a process (numbers of asm-generic/unistd.h; a 64-bit argument takes two slots, low word first, where long is 32 bits): the result or -errno. -512 (ERESTARTSYS): it waits. When: The POSIX glue. */
  lib_syscall(task: number, number: number, a: number, b: number, c: number, d: number, e: number, f: number): number;
  /** A child of parent (0: of init) with CLONE_* flags: its task, or -errno. When: The POSIX glue, for spawn and fork. */
  lib_process_create(parent: number, flags: number): number;
  /** Ends a process as exit_group(2) or a fatal signal does; status as wait(2) reports it. The task is invalid afterwards. When: The POSIX glue. */
  lib_process_exit(task: number, status: number): void;
  /** Dequeues the next signal that is pending and not blocked: its number, or 0. When: The POSIX glue, after the import signal. */
  lib_signal_take(task: number): number;
  /** Watches a file: the import wake(cookie) is called at each wake-up until unwatch or close. Returns the events that are ready now, or -errno. When: The POSIX glue, before a blocking call waits. */
  lib_watch(task: number, fd: number, events: number, cookie: number): number;
  /** Ends a watch: 0, or -ENOENT. When: The POSIX glue. */
  lib_unwatch(cookie: number): number;
  /** A network device as the lib_nic_config says: its NIC number, or -errno. When: The host backend. */
  lib_nic_create(config: number): number;
  /** Unregisters the device; frames in flight must be given back with tx_done all the same. When: The host backend. */
  lib_nic_destroy(nic: number): number;
  /** Carrier on (1) or off (0). When: The link, when it is connected, cut or joined. */
  lib_nic_carrier(nic: number, up: number): number;
  /** A lib_frame with segments for length bytes (1 to 65,550) to copy a received frame into; 0 when there is no memory or the device is down. When: The link, at delivery. */
  lib_rx_alloc(nic: number, length: number): number;
  /** Hands a filled frame to the device. Queues only; call run after the batch. When: The link, at delivery. */
  lib_rx(frame: number): void;
  /** The frame has been copied or dropped: frees it. Queues only; call run after the batch, if lib_shared.runnable says so. When: The link, at delivery. */
  lib_tx_done(frame: number): void;
  /** Runs a kernel thread to its end. When: The import thread, and nothing else. */
  lib_thread_run(task: number): void;
  /** Draws from the import entropy anew and reseeds Linux’s random number generator. When: After a clone, so that two hosts differ. */
  lib_reseed(): void;
}

export const kernelImportNames = [
  'transmit',
  'log',
  'warn',
  'die',
  'wake',
  'signal',
  'entropy',
  'thread',
  'thread_exit',
] as const;

export const kernelExportNames = [
  'lib_shared',
  'lib_boot',
  'lib_timer',
  'lib_run',
  'lib_alloc',
  'lib_free',
  'lib_syscall',
  'lib_process_create',
  'lib_process_exit',
  'lib_signal_take',
  'lib_watch',
  'lib_unwatch',
  'lib_nic_create',
  'lib_nic_destroy',
  'lib_nic_carrier',
  'lib_rx_alloc',
  'lib_rx',
  'lib_tx_done',
  'lib_thread_run',
  'lib_reseed',
] as const;

/** State that both sides read and write between calls. Offsets of its fields, in bytes. */
export const LibShared = {
  sizeBytes: 1080,
  /** u32: ABI_VERSION, written by the kernel’s image */
  abiVersion: 0,
  /** u32: 1 once boot has returned 0 */
  booted: 4,
  /** u64: CLOCK_MONOTONIC in ns; the host writes it before each call */
  nowNs: 8,
  /** u64: CLOCK_REALTIME minus CLOCK_MONOTONIC at boot, in ns */
  realtimeOffsetNs: 16,
  /** u64: when the host must call timer next, in ns; all ones: never */
  timerNs: 24,
  /** u64: the host’s limit for memory; read at boot */
  memoryMaxBytes: 32,
  /** u64: native form: start of the memory region; 0 in wasm */
  memoryBase: 40,
  /** u32: written by tx_done: whether it left something for run to do */
  runnable: 48,
  /** u32: 0 */
  reserved: 52,
  /** 1024 × char: the kernel’s command line, NUL-terminated; read at boot */
  cmdline: 56,
} as const;

/** A contiguous piece of a frame. Offsets of its fields, in bytes. */
export const LibSegment = {
  sizeBytes: 16,
  /** u64: address of its first byte */
  address: 0,
  /** u32: bytes */
  length: 8,
  /** u32: 0 */
  reserved: 12,
} as const;

/** A frame on its way out or in, with the offload fields of virtio-net’s header. Offsets of its fields, in bytes. */
export const LibFrame = {
  sizeBytes: 40,
  /** u32: bytes in all */
  length: 0,
  /** u32: pieces, the head included */
  segmentCount: 4,
  /** u64: address of the first piece */
  head: 8,
  /** u64: address of segment_count - 1 lib_segments; 0 when there are none */
  segments: 16,
  /** u32: bytes in the first piece */
  headLength: 24,
  /** u16: with LIB_FRAME_NEEDS_CSUM: where the sum starts */
  csumStart: 28,
  /** u16: where to put it, from csum_start */
  csumOffset: 30,
  /** u16: payload bytes a segment; 0: not segmented */
  gsoSize: 32,
  /** u16: with gso_size: bytes of headers before the payload */
  headerLength: 34,
  /** u8: LIB_GSO_* */
  gsoType: 36,
  /** u8: LIB_FRAME_* */
  flags: 37,
  /** u16: the NIC number */
  nic: 38,
} as const;

/** What nic_create makes. Offsets of its fields, in bytes. */
export const LibNicConfig = {
  sizeBytes: 40,
  /** 16 × char: interface name, NUL-terminated ("eth%d" numbers it) */
  name: 0,
  /** 6 × u8: Ethernet address */
  mac: 16,
  /** u16: 0 */
  reserved: 22,
  /** u32: bytes, 68 to 65,535 */
  mtu: 24,
  /** u32: LIB_NIC_*: what the device offers; each can be turned off later with ethtool */
  features: 28,
  /** u32: frames in flight before the queue stops; 0: no limit */
  txQueueFrames: 32,
  /** u32: written by nic_create */
  ifindex: 36,
} as const;

/** Why the kernel died. */
export const LIB_DIE = {
  PANIC: 0,
  BUG: 1,
  STALL: 2,
  MISSING: 3,
} as const;

/** Flags of a frame. */
export const LIB_FRAME = {
  NEEDS_CSUM: 1,
  DATA_VALID: 2,
} as const;

/** Kinds of segmentation, with virtio-net’s numbers. */
export const LIB_GSO = {
  NONE: 0,
  TCPV4: 1,
  UDP: 3,
  TCPV6: 4,
  UDP_L4: 5,
  ECN: 128,
} as const;

/** Offloads of a device. */
export const LIB_NIC = {
  SG: 1,
  CSUM: 2,
  TSO: 4,
  USO: 8,
  GRO: 16,
} as const;
