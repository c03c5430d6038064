// SPDX-License-Identifier: GPL-2.0-only

/** Random calls on descriptors of every kind: open, close, duplicate, control, wait for events, timers, pipes. */
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  O_NONBLOCK,
} from '../../../src/posix/index.js';
import type { Context, Operation } from './context.js';
import { descriptorsWanted, type Kind } from './model.js';

const atWorkingDirectory = -100;

const close: Operation = ({ call, dice, me }) => {
  const { fd } = me.any(dice);
  call('close', fd);
  me.closed(fd);
};

/** A process that has opened too much closes some of it. */
const tidy: Operation = (context) => {
  while (context.me.descriptors.length > descriptorsWanted) close(context);
};

const duplicate: Operation = ({ call, dice, me }) => {
  const { fd, kind, family } = me.any(dice);
  if (dice.oneIn(2)) {
    me.opened(call('dup', fd), kind, family);
    return;
  }
  const target = dice.oneIn(3) ? me.any(dice).fd : dice.below(200);
  me.opened(call('dup3', fd, target, dice.flags([0x80000])), kind, family);
};

const fcntl: Operation = ({ call, dice, me, scratch, all }) => {
  const { fd, kind, family } = me.any(dice);
  const command = dice.oneIn(12) ? dice.below(2000) : dice.pick([0, 1, 2, 3, 4, 4, 8, 9, 10, 11]);
  let argument = dice.pick([0, 1, O_NONBLOCK, O_NONBLOCK, 0x2000, 64, dice.pick(all).process.pid]);
  // Locks, owners and pipe sizes: the first two take structures.
  if (command > 4) argument = command === 1031 ? dice.below(65536) : scratch.garbage();
  const result = call('fcntl', fd, command, command === 8 ? dice.pick(all).process.pid : argument);
  if (command === 0) me.opened(result, kind, family);
};

const open: Operation = ({ call, dice, me, scratch, files }) => {
  const path = dice.oneIn(8)
    ? dice.pick(['', '/', '/proc', '/tmp/x', '/dev/null', '/proc/self/fd/3', '/nowhere', 'x/../y'])
    : dice.pick(files);
  const directory = dice.oneIn(4);
  const text = directory ? path.replace(/\/[^/]*$/, '') : path;
  const flags = dice.oneIn(10) ? dice.flags([1, 2, 0x40, 0x80, 0x200, 0x400, 0x800, 0x10000]) : 0;
  const at = scratch.pointer(scratch.text(text));
  const fd = call('openat', atWorkingDirectory, at, flags, 0o600);
  me.opened(fd, directory ? 'directory' : 'file');
};

const look: Operation = ({ call, dice, me, scratch, files }) => {
  const { fd } = me.some(dice, ['file', 'directory']);
  const room = scratch.take(4096);
  switch (dice.below(5)) {
    case 0:
      call('getdents64', fd, scratch.pointer(room), dice.pick([0, 1, 24, 512, 4096]));
      break;
    case 1:
      call('lseek', fd, 0, dice.below(10_000), scratch.pointer(room), dice.below(6));
      break;
    case 2:
      call('fstat', fd, scratch.pointer(room));
      break;
    case 3: {
      const path = scratch.pointer(scratch.text(dice.pick(files)));
      call('statx', atWorkingDirectory, path, dice.flags([0x100, 0x1000]), 0x7ff, room);
      break;
    }
    default: {
      const path = scratch.text(dice.pick(['/proc/self', `/proc/self/fd/${fd}`, '/proc/net']));
      call('readlinkat', atWorkingDirectory, path, scratch.pointer(room), dice.below(300));
    }
  }
};

const settingValues = ['0', '1', '-1', '2', '4096', '65535', '2147483647', '99999999999', '', 'x'];

/** Writes a setting of /proc/sys/net; the run puts them back from time to time. */
const setting: Operation = ({ call, dice, scratch, settings }) => {
  const path = scratch.text(dice.pick(settings));
  const fd = call('openat', atWorkingDirectory, path, 1);
  if (fd < 0) return;
  const text = dice.oneIn(3)
    ? `${dice.pick(settingValues)} ${dice.pick(settingValues)} ${dice.pick(settingValues)}`
    : dice.pick(settingValues);
  call('write', fd, scratch.pointer(scratch.text(text)), text.length);
  call('close', fd);
};

const pipe: Operation = ({ call, dice, me, scratch }) => {
  const pair = scratch.take(8);
  const at = scratch.pointer(pair);
  if (call('pipe2', at, dice.flags([O_NONBLOCK, 0x80000, 0x4000])) === 0 && at === pair) {
    me.opened(scratch.readWord(pair), 'pipe');
    me.opened(scratch.readWord(pair + 4), 'pipe');
  }
};

const eventSources: readonly (readonly [Kind, (context: Context) => number])[] = [
  ['epoll', ({ call, dice }) => call('epoll_create1', dice.flags([0x80000]))],
  ['event', ({ call, dice }) => call('eventfd2', dice.below(3), dice.flags([O_NONBLOCK, 1]))],
  ['timer', ({ call, dice }) => call('timerfd_create', dice.below(10), O_NONBLOCK)],
  [
    'other',
    ({ call, scratch }) =>
      call('signalfd4', -1, scratch.pointer(scratch.words(scratch.word(), 0)), 8, O_NONBLOCK),
  ],
  ['other', ({ call }) => call('inotify_init1', O_NONBLOCK)],
];

const eventSource: Operation = (context) => {
  const [kind, create] = context.dice.pick(eventSources);
  context.me.opened(create(context), kind);
};

const epollControl: Operation = ({ call, dice, me, scratch }) => {
  const epoll = me.some(dice, ['epoll']).fd;
  const { fd } = me.any(dice);
  const how = dice.oneIn(20) ? dice.word() | 0 : dice.pick(operations);
  const events = dice.flags([1, 2, 4, 0x10, 0x2000, 0x10000000, 0x40000000, 0x80000000]) >>> 0;
  const at = scratch.pointer(scratch.words(events, 0, fd >>> 0, 0));
  call('epoll_ctl', epoll, how, fd, at);
};
const operations = [EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL];

const epollWait: Operation = ({ call, dice, me, scratch }) => {
  const { fd } = me.some(dice, ['epoll']);
  const most = dice.pick([1, 4, 64, 0, -1, 0x7fffffff]);
  const at = scratch.pointer(scratch.take(4096));
  call('epoll_pwait', fd, at, most, dice.pick([0, 0, 1, -1, 1000]), 0, 8);
};

const poll: Operation = ({ call, dice, me, scratch }) => {
  const count = dice.below(8);
  const words: number[] = [];
  for (let index = 0; index < count; index++) words.push(me.any(dice).fd >>> 0, dice.below(0x8000));
  const at = scratch.pointer(scratch.words(...words, 0));
  const time = dice.oneIn(3) ? 0 : scratch.pointer(scratch.words(0, 0, dice.below(2000), 0));
  call('ppoll', at, dice.oneIn(20) ? dice.pick([-1, 0x7fffffff]) : count, time, 0, 8);
};

const select: Operation = ({ call, dice, scratch }) => {
  const set = (): number => {
    if (dice.oneIn(4)) return 0;
    const at = scratch.take(128);
    for (let word = 0; word < 32; word++) scratch.view.setUint32(at + word * 4, 0, true);
    scratch.view.setUint32(at, dice.word() & dice.word(), true);
    return scratch.pointer(at);
  };
  const time = dice.oneIn(3) ? 0 : scratch.pointer(scratch.words(0, 0, dice.below(2000), 0));
  const count = dice.oneIn(20) ? dice.pick([-1, 0x7fffffff]) : dice.below(64);
  call('pselect6', count, set(), set(), set(), time, 0);
};

const timer: Operation = ({ call, dice, me, scratch }) => {
  const { fd } = me.some(dice, ['timer']);
  if (dice.oneIn(5)) {
    call('timerfd_gettime', fd, scratch.pointer(scratch.take(32)));
    return;
  }
  const ns = (): number => (dice.oneIn(10) ? dice.word() : dice.below(1_000_000));
  // An interval of a nanosecond would be a timer that never lets time pass.
  const interval = dice.oneIn(3) ? 1_000_000 + dice.below(1_000_000) : 0;
  const value = scratch.words(0, 0, interval, 0, dice.below(2), 0, ns(), 0);
  const old = dice.oneIn(2) ? 0 : scratch.pointer(scratch.take(32));
  call('timerfd_settime', fd, dice.below(4), scratch.pointer(value), old);
};

/** Cookies that the host’s own waits do not come to in a run. */
export const watchCookies = Array.from({ length: 64 }, (_, index) => 0x7fff0000 + index);

const watch: Operation = ({ dice, me, kernel, result }) => {
  const cookie = dice.pick(watchCookies);
  if (dice.oneIn(2)) result('unwatch', kernel.unwatch(cookie));
  else result('watch', kernel.watch(me.process.task, me.any(dice).fd, dice.below(0x4000), cookie));
};

export const fileOperations: readonly (readonly [number, Operation])[] = [
  [80, close],
  [40, tidy],
  [15, duplicate],
  [20, fcntl],
  [30, open],
  [20, look],
  [10, setting],
  [8, pipe],
  [15, eventSource],
  [40, epollControl],
  [20, epollWait],
  [15, poll],
  [10, select],
  [10, timer],
  [10, watch],
];
