// SPDX-License-Identifier: GPL-2.0-only
/** Flags of poll, epoll, eventfd, timerfd, signalfd, inotify, splice and directory entries. The numbers are asm-generic’s, the kernel’s own; a test compares them with its headers. */

// poll(2)
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLIN = 1;
export const POLLMSG = 1024;
export const POLLNVAL = 32;
export const POLLOUT = 4;
export const POLLPRI = 2;
export const POLLRDBAND = 128;
export const POLLRDHUP = 8192;
export const POLLRDNORM = 64;
export const POLLREMOVE = 4096;
export const POLLWRBAND = 512;
export const POLLWRNORM = 256;

// epoll(7)
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_IOC_TYPE = 138;
export const EPOLL_CLOEXEC = 524288;
export const EPOLLERR = 8;
export const EPOLLET = 0x80000000;
export const EPOLLEXCLUSIVE = 0x10000000;
export const EPOLLHUP = 0x10;
export const EPOLLIN = 1;
export const EPOLLMSG = 0x400;
export const EPOLLNVAL = 0x20;
export const EPOLLONESHOT = 0x40000000;
export const EPOLLOUT = 4;
export const EPOLLPRI = 2;
export const EPOLLRDBAND = 0x80;
export const EPOLLRDHUP = 0x2000;
export const EPOLLRDNORM = 0x40;
export const EPOLLWAKEUP = 0x20000000;
export const EPOLLWRBAND = 0x200;
export const EPOLLWRNORM = 0x100;

// eventfd, timerfd, signalfd, splice, directory entry types
export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;
export const EFD_SEMAPHORE = 1;
export const EFD_NONBLOCK = 2048;
export const EFD_CLOEXEC = 524288;
export const IN_NONBLOCK = 2048;
export const IN_CLOEXEC = 524288;
export const SFD_NONBLOCK = 2048;
export const SFD_CLOEXEC = 524288;
export const SPLICE_F_MOVE = 1;
export const SPLICE_F_NONBLOCK = 2;
export const SPLICE_F_MORE = 4;
export const SPLICE_F_GIFT = 8;
export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;
export const TFD_NONBLOCK = 2048;
export const TFD_CLOEXEC = 524288;
