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
  process_vm_readv: memory,
  process_vm_writev: memory,
  mount: tree,
  umount2: tree,
  pivot_root: tree,
  chroot: tree,
  move_mount: tree,
  mount_setattr: tree,
};

/** Settings under /proc/sys/net that are left alone. */
const neverIdle = 'at 0 or less Linux polls an idle queue for ever, which keeps a processor of its own busy';

export const excludedSettings: Readonly<Record<string, string>> = {
  '/proc/sys/net/core/dev_weight': neverIdle,
  '/proc/sys/net/core/dev_weight_rx_bias': neverIdle,
};

/** Files under /proc that are not read. */
export const excludedFiles: Readonly<Record<string, string>> = {
  '/proc/kmsg': 'taking records of the log makes two runs differ in nothing else',
};
