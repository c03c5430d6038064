// SPDX-License-Identifier: GPL-2.0-only

/**
 * What the fuzzer never calls by a random number, or never writes, and why. What an operation of its own calls with
 * arguments chosen for it stands here too where other arguments would end the run.
 */
const endsHost = 'ends the host, as it should';
const setsClock = 'changes the clock that the run compares with';
const processes = 'makes, ends or replaces a process, which the host interface does';
const signals = 'could reach the host’s own process; the operation `signal` does it';
const memory = 'the process’s address space is the whole host’s';
const fills =
  'fills as much memory as it is told to: an operation of its own knows how much there is';
const tree = 'changes the tree of files that the run reads';

export const excludedCalls: Readonly<Record<string, string>> = {
  reboot: endsHost,
  kexec_load: endsHost,
  kexec_file_load: endsHost,
  settimeofday: setsClock,
  adjtimex: setsClock,
  clone: processes,
  clone3: processes,
  execve: processes,
  execveat: processes,
  exit: processes,
  exit_group: processes,
  kill: signals,
  tkill: signals,
  tgkill: signals,
  rt_sigqueueinfo: signals,
  rt_tgsigqueueinfo: signals,
  pidfd_send_signal: signals,
  ptrace: 'would stop the host’s own process',
  rt_sigaction: 'a signal whose default is to end the process would, behind the model’s back',
  getrandom: fills,
  read: fills,
  pread64: fills,
  readv: fills,
  preadv: fills,
  preadv2: fills,
  recvfrom: fills,
  recvmsg: fills,
  recvmmsg: fills,
  getdents64: fills,
  syslog: fills,
  process_vm_readv: memory,
  process_vm_writev: memory,
  mount: tree,
  umount2: tree,
  pivot_root: tree,
  chroot: tree,
  move_mount: tree,
  mount_setattr: tree,
};

/** Settings under /proc/sys/net that are left alone, by a part of their path. */
export const excludedSettings: readonly (readonly [part: string, reason: string])[] = [
  ['/core/dev_weight', 'at 0 or less Linux polls an idle queue for ever'],
  ['/base_reachable_time', 'at 0 Linux’s garbage collection of neighbours never pauses'],
  ['/mptcp/close_timeout', 'a socket that is closed under it stays for as long as it says'],
];

/** Files under /proc that are not read. */
export const excludedFiles: Readonly<Record<string, string>> = {
  '/proc/kmsg': 'taking records of the log makes two runs differ in nothing else',
};
