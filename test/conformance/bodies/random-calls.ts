// SPDX-License-Identifier: GPL-2.0-only
/**
 * Random calls on pipes, eventfds, unix sockets and epolls, in the same order natively and on the library: every
 * result must be the same. Only what answers at once and does not depend on the size of kernel structures.
 */
import {
  AF_UNIX,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  EPOLLET,
  EPOLLONESHOT,
  F_GETFL,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  O_ACCMODE,
  O_NONBLOCK,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SPLICE_F_NONBLOCK,
  socketOptions,
  type SocketAddress,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { eventNames, polled, text } from './support.js';

const callCount = 2500;
const seeds = [1, 2, 3, 4, 5, 6];
/** Descriptors beyond these are closed again, so that there are few and they are used often. */
const descriptorsMax = 40;

function generator(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * below);
  };
}

type Step = () => readonly [name: string, outcome: unknown];

function steps(t: Context, random: (below: number) => number): readonly Step[] {
  const p = t.process;
  const open: number[] = [];
  const keep = (...fds: number[]): string => {
    open.push(...fds);
    return fds.join(' ');
  };
  /** Mostly one that is open. */
  const any = (): number =>
    open.length === 0 || random(30) === 0 ? pick([-1, 3 + random(60)]) : open[random(open.length)]!;
  const pick = <T>(values: readonly T[]): T => values[random(values.length)]!;
  const name = (): SocketAddress => ({
    family: AF_UNIX,
    abstract: new TextEncoder().encode(pick(['a', 'b', 'c', 'd'])),
  });
  const type = (): number => SOCK_NONBLOCK | pick([SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]);
  const data = (): Uint8Array => new Uint8Array(random(20)).fill(97 + random(26));
  const flags = (): number => (random(3) > 0 ? 0 : pick([MSG_PEEK, MSG_TRUNC, MSG_OOB]));
  const into = (receive: (buffer: Uint8Array) => number): unknown => {
    const buffer = new Uint8Array(random(30));
    const n = t.try(() => receive(buffer));
    return typeof n === 'string' ? n : [n, text(buffer.subarray(0, Math.min(n, buffer.length)))];
  };
  const one =
    (label: string, call: (fd: number) => unknown): Step =>
    () => {
      const fd = any();
      return [`${label} ${fd}`, t.try(() => call(fd))];
    };
  const two =
    (label: string, call: (a: number, b: number) => unknown): Step =>
    () => {
      const [a, b] = [any(), any()];
      return [`${label} ${a} ${b}`, t.try(() => call(a, b))];
    };
  const close = (fd: number): void => {
    p.close(fd);
    const at = open.indexOf(fd);
    if (at >= 0) open.splice(at, 1);
  };
  const received = (fd: number): unknown => {
    const buffer = new Uint8Array(random(30));
    const message = p.recvmsg(
      fd,
      { buffers: [buffer], controlBytes: pick([0, 24, 64, 256]) },
      flags(),
    );
    const control = message.control.map((each) => {
      if (each.type === 'rights') return keep(...each.fds);
      return each.type === 'credentials' ? [each.pid === p.pid, each.uid] : each.type;
    });
    return [message.length, text(buffer), control, message.flags, message.address];
  };
  const epoll = (): Step =>
    two('epoll_ctl', (a, b) => {
      const events = random(32) | pick([0, 0, EPOLLET, EPOLLONESHOT]);
      p.epollControl(a, 1 + random(3), b, events, b & 0xff);
    });
  return [
    () => ['socketpair', t.try(() => keep(...p.socketpair(AF_UNIX, type())))],
    () => ['pipe', t.try(() => keep(...p.pipe(O_NONBLOCK)))],
    () => [
      'eventfd',
      t.try(() => keep(p.eventfd(random(3), EFD_NONBLOCK | pick([0, EFD_SEMAPHORE])))),
    ],
    () => ['socket', t.try(() => keep(p.socket(AF_UNIX, type())))],
    () => ['epoll', t.try(() => keep(p.epollCreate()))],
    one('dup', (fd) => keep(p.dup(fd))),
    one('close', close),
    one('getfl', (fd) => p.fcntl(fd, F_GETFL) & O_ACCMODE),
    one('write', (fd) => p.write(fd, data())),
    one('write 8', (fd) => p.write(fd, new Uint8Array(8).fill(random(2)))),
    ...[1, 2, 3].map(() => one('read', (fd) => into((buffer) => p.read(fd, buffer)))),
    one('send', (fd) => p.send(fd, data(), MSG_NOSIGNAL | pick([0, 0, MSG_OOB]))),
    ...[1, 2].map(() => one('recv', (fd) => into((buffer) => p.recv(fd, buffer, flags())))),
    ...[1, 2].map(() => one('recvmsg', received)),
    two('send rights', (fd, other) => {
      // When Linux collects sockets that only each other hold is a matter of time.
      if (typeof t.try(() => p.getOption(other, socketOptions.type)) === 'number')
        return 'a socket';
      return p.sendmsg(
        fd,
        { data: [data()], control: [{ type: 'rights', fds: [other] }] },
        MSG_NOSIGNAL,
      );
    }),
    one('shutdown', (fd) => {
      // What an unconnected datagram socket then says to a send has changed since 6.12: see unix.ts.
      if (random(4) > 0 || p.getOption(fd, socketOptions.type) === SOCK_DGRAM) return 'not now';
      p.shutdown(fd, random(4));
      return 'shut';
    }),
    one('bind', (fd) => p.bind(fd, name())),
    one('connect', (fd) => p.connect(fd, name())),
    one('sendto', (fd) => p.sendto(fd, data(), MSG_NOSIGNAL, name())),
    one('listen', (fd) => p.listen(fd, random(3))),
    one('accept', (fd) => {
      const { fd: accepted, address } = p.accept(fd, SOCK_NONBLOCK);
      return [keep(accepted), address];
    }),
    one('getsockname', (fd) => p.getsockname(fd)),
    one('getpeername', (fd) => p.getpeername(fd)),
    one('bytes to read', (fd) => p.bytesToRead(fd)),
    one('at mark', (fd) => p.atUrgentMark(fd)),
    one('error', (fd) => p.getOption(fd, socketOptions.error)),
    ...[1, 2].map(() => one('poll', (fd) => polled(p, fd))),
    two('splice', (a, b) => p.splice(a, b, 1 + random(20), { flags: SPLICE_F_NONBLOCK })),
    two('tee', (a, b) => p.tee(a, b, 1 + random(20), SPLICE_F_NONBLOCK)),
    epoll(),
    epoll(),
    one('epoll_wait', (fd) =>
      p.epollEvents(fd, 8).map(({ events, data: tag }) => `${tag}:${eventNames(events)}`),
    ),
    () => {
      if (open.length <= descriptorsMax) return ['enough', open.length];
      const fd = any();
      return [`close ${fd}`, t.try(() => close(fd))];
    },
  ];
}

for (const seed of seeds) {
  body(`random-calls-${seed}`, (t) => {
    const random = generator(seed);
    const all = steps(t, random);
    for (let i = 0; i < callCount; i++) {
      const [name, outcome] = all[random(all.length)]!();
      t.note(`call ${i}: ${name}`, outcome);
    }
  });
}
