// SPDX-License-Identifier: GPL-2.0-only
/** Structures of the file, poll, timer, signal and system calls. Layout only. */
import { struct } from './layout.js';
import {
  array,
  bytes,
  chars,
  long,
  pointer,
  s16,
  s32,
  s64Number,
  u16,
  u32,
  u64,
  u64Number,
  u8,
  ulong,
} from './scalars.js';

export const timespec = struct('struct __kernel_timespec', {
  tv_sec: s64Number,
  tv_nsec: s64Number,
});
export const itimerspec = struct('struct __kernel_itimerspec', {
  it_interval: timespec,
  it_value: timespec,
});

export const pollfd = struct('struct pollfd', { fd: s32, events: s16, revents: s16 });
/** Packed on x86-64 only, which is the LP64 form. `data` holds a number that the caller chooses. */
export const epoll_event = struct(
  'struct epoll_event',
  { events: u32, data: u64Number },
  { packed: (model) => model.wordBytes === 8 },
);

/** Times are `int` in ILP32's stat64 and `long` in LP64's stat, so a word in both. */
export const stat64 = struct('struct stat64', {
  st_dev: u64Number,
  st_ino: u64Number,
  st_mode: u32,
  st_nlink: u32,
  st_uid: u32,
  st_gid: u32,
  st_rdev: u64Number,
  __pad1: u64Number,
  st_size: s64Number,
  st_blksize: s32,
  __pad2: s32,
  st_blocks: s64Number,
  st_atime: long,
  st_atime_nsec: ulong,
  st_mtime: long,
  st_mtime_nsec: ulong,
  st_ctime: long,
  st_ctime_nsec: ulong,
  __unused4: u32,
  __unused5: u32,
});
/** The fixed part of a directory entry; the name follows, NUL-terminated. */
export const linux_dirent64 = struct('struct linux_dirent64', {
  d_ino: u64,
  d_off: s64Number,
  d_reclen: u16,
  d_type: u8,
});
export const utsname = struct('struct new_utsname', {
  sysname: chars(65),
  nodename: chars(65),
  release: chars(65),
  version: chars(65),
  machine: chars(65),
  domainname: chars(65),
});
export const rlimit64 = struct('struct rlimit64', { rlim_cur: u64, rlim_max: u64 });
export const flock64 = struct('struct flock64', {
  l_type: s16,
  l_whence: s16,
  l_start: s64Number,
  l_len: s64Number,
  l_pid: s32,
});
export const f_owner_ex = struct('struct f_owner_ex', { type: s32, pid: s32 });

/** `sa_mask` is one bit a signal, from signal 1 in bit 0. */
export const sigaction = struct(
  'struct sigaction',
  { sa_handler: pointer, sa_flags: ulong, sa_mask: bytes(8) },
  { alignedAs: [pointer] },
);
export const signalfd_siginfo = struct('struct signalfd_siginfo', {
  ssi_signo: u32,
  ssi_errno: s32,
  ssi_code: s32,
  ssi_pid: u32,
  ssi_uid: u32,
  ssi_fd: s32,
  ssi_tid: u32,
  ssi_band: u32,
  ssi_overrun: u32,
  ssi_trapno: u32,
  ssi_status: s32,
  ssi_int: s32,
  ssi_ptr: u64,
  ssi_utime: u64,
  ssi_stime: u64,
  ssi_addr: u64,
  ssi_addr_lsb: u16,
  __pad2: u16,
  ssi_syscall: s32,
  ssi_call_addr: u64,
  ssi_arch: u32,
  __pad: bytes(28),
});
export const inotify_event = struct('struct inotify_event', {
  wd: s32,
  mask: u32,
  cookie: u32,
  len: u32,
});

/** pselect6's last argument: the signal mask and its size. */
export const sigset_argpack = struct('struct sigset_argpack', { p: pointer, size: ulong });
/** A descriptor set of select(2): 1,024 bits. */
export const fd_set = struct(
  '__kernel_fd_set',
  { fds_bits: array(u32, 32) },
  { alignedAs: [ulong] },
);
