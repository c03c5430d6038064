// SPDX-License-Identifier: GPL-2.0-only
/**
 * The host interface: everything that crosses between the kernel and the program that hosts it.
 * `generate.ts` makes the C header, the TypeScript types and the table in ARCHITECTURE.md from
 * this one definition. It holds data only; nothing here runs.
 *
 * Rules that every row keeps:
 * - The host calls exports one at a time; each runs to completion and returns.
 * - An import never calls an export of the same kernel (`thread` is the one exception): it records.
 * - Time is an argument: the host writes `now_ns` before it calls, and it stands still until return.
 * - Structures have one layout in every form: fixed-width fields, addresses as u64.
 */

/** `address` and `long` are as wide as the form's pointers; the others are fixed. */
export type AbiType = 'u32' | 'i32' | 'long' | 'address' | 'void';
/** `char` is a byte of NUL-terminated text. */
export type FieldType = 'char' | 'u8' | 'u16' | 'u32' | 'u64';

export interface Argument {
  readonly name: string;
  readonly type: Exclude<AbiType, 'void'>;
}
export interface Call {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly result: AbiType;
  /** What it does, with units and errors. */
  readonly does: string;
  /** Who calls it and when. */
  readonly when: string;
  readonly noreturn?: true;
}
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly count?: number;
  readonly is: string;
}
export interface Structure {
  readonly name: string;
  readonly is: string;
  readonly fields: readonly Field[];
}
export interface Constants {
  readonly prefix: string;
  readonly is: string;
  readonly values: Readonly<Record<string, number>>;
}

const arg = (name: string, type: Argument['type']): Argument => ({ name, type });
const field = (name: string, type: FieldType, is: string, count?: number): Field =>
  count === undefined ? { name, type, is } : { name, type, is, count };

/** Raised by one whenever a row changes its meaning; both sides compare it before boot. */
export const ABI_VERSION = 2;

export const imports: readonly Call[] = [
  {
    name: 'transmit',
    arguments: [arg('nic', 'u32'), arg('frame', 'address')],
    result: 'void',
    does: 'Takes a frame (a lib_frame) to send. It stays in kernel memory until tx_done.',
    when: 'The NIC driver, from ndo_start_xmit.',
  },
  {
    name: 'log',
    arguments: [arg('level', 'u32'), arg('text', 'address'), arg('length', 'u32')],
    result: 'void',
    does: 'One console record: printk level 0 to 7 and its text, without a newline.',
    when: 'The console driver, for each printk record.',
  },
  {
    name: 'warn',
    arguments: [arg('text', 'address'), arg('length', 'u32')],
    result: 'void',
    does: 'A WARN fired: "file:line function". The host adds its stack and goes on.',
    when: 'WARN and its kin, before Linux prints its own report.',
  },
  {
    name: 'die',
    arguments: [arg('cause', 'u32'), arg('text', 'address'), arg('length', 'u32')],
    result: 'void',
    does: 'The kernel cannot go on (LIB_DIE_*): the host throws, and never calls it again.',
    when: 'panic, BUG, a wait that nothing can end, a call of a symbol that is not linked.',
    noreturn: true,
  },
  {
    name: 'wake',
    arguments: [arg('cookie', 'u32'), arg('events', 'u32')],
    result: 'void',
    does: 'A watch has been woken; events is the key of the wake-up (EPOLL* bits), 0 if none was given.',
    when: 'The wait queue of a watched file, whenever Linux wakes it.',
  },
  {
    name: 'signal',
    arguments: [arg('task', 'address')],
    result: 'void',
    does: 'A signal is pending for a process: the host asks for it with signal_take when it likes.',
    when: 'Signal delivery, when Linux would wake the task.',
  },
  {
    name: 'entropy',
    arguments: [arg('buffer', 'address'), arg('length', 'u32')],
    result: 'void',
    does: 'Fills the buffer with random bytes from the host’s Entropy.',
    when: 'The random driver at boot and at reseed.',
  },
  {
    name: 'thread',
    arguments: [arg('task', 'address')],
    result: 'void',
    does: 'Calls the export thread_run(task), and returns when that returns or calls thread_exit.',
    when: 'To run a kernel thread, or an exit of a process, that may unwind its stack.',
  },
  {
    name: 'thread_exit',
    arguments: [],
    result: 'void',
    does: 'Unwinds to the innermost `thread` import (wasm: throws; native: longjmp).',
    when: 'kthread_exit and do_task_dead.',
    noreturn: true,
  },
];

export const exports: readonly Call[] = [
  {
    name: 'shared',
    arguments: [],
    result: 'address',
    does: 'The address of the lib_shared structure. Valid before boot.',
    when: 'Once, after instantiation.',
  },
  {
    name: 'boot',
    arguments: [],
    result: 'i32',
    does: 'Boots Linux to a running system with init as process 1: 0 or -errno.',
    when: 'Once, with lib_shared filled in.',
  },
  {
    name: 'timer',
    arguments: [],
    result: 'void',
    does: 'The timer interrupt: runs every timer that now_ns has reached.',
    when: 'When the clock reaches lib_shared.timer_ns.',
  },
  {
    name: 'run',
    arguments: [],
    result: 'void',
    does: 'Runs softirqs, kernel threads and work items until none is left.',
    when: 'After a batch of rx and tx_done, which only queue.',
  },
  {
    name: 'alloc',
    arguments: [arg('size', 'u32')],
    result: 'address',
    does: 'Zeroed memory for arguments of system calls, 16-byte aligned; 0 when there is none.',
    when: 'The host, for buffers. The memory counts as user memory.',
  },
  {
    name: 'free',
    arguments: [arg('address', 'address')],
    result: 'void',
    does: 'Gives memory of alloc back.',
    when: 'The host.',
  },
  {
    name: 'syscall',
    arguments: [
      arg('task', 'address'),
      arg('number', 'u32'),
      arg('a', 'long'),
      arg('b', 'long'),
      arg('c', 'long'),
      arg('d', 'long'),
      arg('e', 'long'),
      arg('f', 'long'),
    ],
    result: 'long',
    does:
      'A system call of a process (numbers of asm-generic/unistd.h; a 64-bit argument takes two ' +
      'slots, low word first, where long is 32 bits): the result or -errno. -512 (ERESTARTSYS): it waits.',
    when: 'The POSIX glue.',
  },
  {
    name: 'process_create',
    arguments: [arg('parent', 'address'), arg('flags', 'u32')],
    result: 'long',
    does: 'A child of parent (0: of init) with CLONE_* flags: its task, or -errno.',
    when: 'The POSIX glue, for spawn and fork.',
  },
  {
    name: 'process_exit',
    arguments: [arg('task', 'address'), arg('status', 'u32')],
    result: 'void',
    does: 'Ends a process as exit_group(2) or a fatal signal does; status as wait(2) reports it. The task is invalid afterwards.',
    when: 'The POSIX glue.',
  },
  {
    name: 'signal_take',
    arguments: [arg('task', 'address')],
    result: 'i32',
    does: 'Dequeues the next signal that is pending and not blocked: its number, or 0.',
    when: 'The POSIX glue, after the import signal.',
  },
  {
    name: 'watch',
    arguments: [
      arg('task', 'address'),
      arg('fd', 'i32'),
      arg('events', 'u32'),
      arg('cookie', 'u32'),
    ],
    result: 'i32',
    does: 'Watches a file: the import wake(cookie) is called at each wake-up until unwatch or close. Returns the events that are ready now, or -errno.',
    when: 'The POSIX glue, before a blocking call waits.',
  },
  {
    name: 'unwatch',
    arguments: [arg('cookie', 'u32')],
    result: 'i32',
    does: 'Ends a watch: 0, or -ENOENT.',
    when: 'The POSIX glue.',
  },
  {
    name: 'nic_create',
    arguments: [arg('config', 'address')],
    result: 'i32',
    does: 'A network device as the lib_nic_config says: its NIC number, or -errno.',
    when: 'The host backend.',
  },
  {
    name: 'nic_destroy',
    arguments: [arg('nic', 'u32')],
    result: 'i32',
    does: 'Unregisters the device; frames in flight must be given back with tx_done all the same.',
    when: 'The host backend.',
  },
  {
    name: 'nic_carrier',
    arguments: [arg('nic', 'u32'), arg('up', 'u32')],
    result: 'i32',
    does: 'Carrier on (1) or off (0).',
    when: 'The link, when it is connected, cut or joined.',
  },
  {
    name: 'rx_alloc',
    arguments: [arg('nic', 'u32'), arg('length', 'u32')],
    result: 'address',
    does: 'A lib_frame with segments for length bytes (1 to 65,550) to copy a received frame into; 0 when there is no memory or the device is down.',
    when: 'The link, at delivery.',
  },
  {
    name: 'rx',
    arguments: [arg('frame', 'address')],
    result: 'void',
    does: 'Hands a filled frame to the device. Queues only; call run after the batch.',
    when: 'The link, at delivery.',
  },
  {
    name: 'tx_done',
    arguments: [arg('frame', 'address')],
    result: 'void',
    does: 'The frame has been copied or dropped: frees it. Queues only; call run after the batch, if lib_shared.runnable says so.',
    when: 'The link, at delivery.',
  },
  {
    name: 'thread_run',
    arguments: [arg('task', 'address')],
    result: 'void',
    does: 'Runs a kernel thread to its end.',
    when: 'The import thread, and nothing else.',
  },
  {
    name: 'reseed',
    arguments: [],
    result: 'void',
    does: 'Draws from the import entropy anew and reseeds Linux’s random number generator.',
    when: 'After a clone, so that two hosts differ.',
  },
];

export const structures: readonly Structure[] = [
  {
    name: 'lib_shared',
    is: 'State that both sides read and write between calls.',
    fields: [
      field('abi_version', 'u32', 'ABI_VERSION, written by the kernel’s image'),
      field('booted', 'u32', '1 once boot has returned 0'),
      field('now_ns', 'u64', 'CLOCK_MONOTONIC in ns; the host writes it before each call'),
      field('realtime_offset_ns', 'u64', 'CLOCK_REALTIME minus CLOCK_MONOTONIC at boot, in ns'),
      field('timer_ns', 'u64', 'when the host must call timer next, in ns; all ones: never'),
      field('memory_max_bytes', 'u64', 'the host’s limit for memory; read at boot'),
      field('memory_base', 'u64', 'native form: start of the memory region; 0 in wasm'),
      field('runnable', 'u32', 'written by tx_done: whether it left something for run to do'),
      field('reserved', 'u32', '0'),
      field('cmdline', 'char', 'the kernel’s command line, NUL-terminated; read at boot', 1024),
    ],
  },
  {
    name: 'lib_segment',
    is: 'A contiguous piece of a frame.',
    fields: [
      field('address', 'u64', 'address of its first byte'),
      field('length', 'u32', 'bytes'),
      field('reserved', 'u32', '0'),
    ],
  },
  {
    name: 'lib_frame',
    is: 'A frame on its way out or in, with the offload fields of virtio-net’s header.',
    fields: [
      field('length', 'u32', 'bytes in all'),
      field('segment_count', 'u32', 'pieces, the head included'),
      field('head', 'u64', 'address of the first piece'),
      field('segments', 'u64', 'address of segment_count - 1 lib_segments; 0 when there are none'),
      field('head_length', 'u32', 'bytes in the first piece'),
      field('csum_start', 'u16', 'with LIB_FRAME_NEEDS_CSUM: where the sum starts'),
      field('csum_offset', 'u16', 'where to put it, from csum_start'),
      field('gso_size', 'u16', 'payload bytes a segment; 0: not segmented'),
      field('header_length', 'u16', 'with gso_size: bytes of headers before the payload'),
      field('gso_type', 'u8', 'LIB_GSO_*'),
      field('flags', 'u8', 'LIB_FRAME_*'),
      field('nic', 'u16', 'the NIC number'),
    ],
  },
  {
    name: 'lib_nic_config',
    is: 'What nic_create makes.',
    fields: [
      field('name', 'char', 'interface name, NUL-terminated ("eth%d" numbers it)', 16),
      field('mac', 'u8', 'Ethernet address', 6),
      field('reserved', 'u16', '0'),
      field('mtu', 'u32', 'bytes, 68 to 65,535'),
      field(
        'features',
        'u32',
        'LIB_NIC_*: what the device offers; each can be turned off later with ethtool',
      ),
      field('tx_queue_frames', 'u32', 'frames in flight before the queue stops; 0: no limit'),
      field('ifindex', 'u32', 'written by nic_create'),
    ],
  },
];

export const constants: readonly Constants[] = [
  {
    prefix: 'LIB_DIE_',
    is: 'Why the kernel died.',
    values: { PANIC: 0, BUG: 1, STALL: 2, MISSING: 3 },
  },
  { prefix: 'LIB_FRAME_', is: 'Flags of a frame.', values: { NEEDS_CSUM: 1, DATA_VALID: 2 } },
  {
    prefix: 'LIB_GSO_',
    is: 'Kinds of segmentation, with virtio-net’s numbers.',
    values: { NONE: 0, TCPV4: 1, UDP: 3, TCPV6: 4, UDP_L4: 5, ECN: 0x80 },
  },
  {
    prefix: 'LIB_NIC_',
    is: 'Offloads of a device.',
    values: { SG: 1, CSUM: 2, TSO: 4, USO: 8, GRO: 16 },
  },
];
