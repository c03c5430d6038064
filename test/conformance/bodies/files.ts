// SPDX-License-Identifier: GPL-2.0-only
/** Descriptors that are no sockets: pipes, eventfd, timerfd, signalfd; splice, tee, sendfile; dup and fcntl. */
import {
  AF_INET,
  AF_UNIX,
  CLOCK_MONOTONIC,
  EFD_NONBLOCK,
  EFD_SEMAPHORE,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETOWN,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETOWN,
  F_SETPIPE_SZ,
  MSG_DONTWAIT,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RLIMIT_NOFILE,
  SEEK_CUR,
  SEEK_SET,
  SIGPIPE,
  SIGUSR1,
  SIGUSR2,
  SOCK_DGRAM,
  SOCK_STREAM,
  SPLICE_F_NONBLOCK,
  TFD_NONBLOCK,
} from '../../../src/posix/index.js';
import { body } from '../body.js';
import { polled, readText, tcpPair } from './support.js';

body('pipe', async (t) => {
  const p = t.process;
  const [r, w] = p.pipe(O_NONBLOCK | O_CLOEXEC);
  t.is(
    'flags',
    [p.fcntl(r, F_GETFL) & O_ACCMODE, p.fcntl(w, F_GETFL) & O_ACCMODE, p.fcntl(r, F_GETFD)],
    [0, 1, 1],
  );
  t.gives('empty', 'EAGAIN', () => p.read(r, new Uint8Array(1)));
  t.gives('write to the read end', 'EBADF', () => p.write(r, 'x'));
  t.gives('read from the write end', 'EBADF', () => p.read(w, new Uint8Array(1)));
  t.is('write nothing', p.write(w, ''), 0);
  t.is('size', p.fcntl(w, F_GETPIPE_SZ), 65536);
  let total = 0;
  for (let n = t.try(() => p.write(w, new Uint8Array(1000))); typeof n === 'number';) {
    total += n;
    n = t.try(() => p.write(w, new Uint8Array(1000)));
  }
  t.is('capacity, for no write goes over a page', total, 64000);
  t.is('full', [polled(p, w), p.bytesToRead(r)], ['', total]);
  t.gives('a larger write', 'EAGAIN', () => p.write(w, new Uint8Array(60000)));
  t.gives('a byte goes into the last page', 'ok', () => p.write(w, 'x'));
  readText(p, r, 4096);
  t.is('a page of room', polled(p, w), 'OUT');
  t.gives('more than fits atomically', 'ok', () => p.write(w, new Uint8Array(5000)));
  while (typeof t.try(() => p.read(r, new Uint8Array(65536))) === 'number');
  t.is('set size', p.fcntl(w, F_SETPIPE_SZ, 5000), 8192);
  t.gives('a size of 0', 'ok', () => p.fcntl(w, F_SETPIPE_SZ, 0));
  t.gives('unknown flags', 'EINVAL', () => p.pipe(1));
  const [pr, pw] = p.pipe(O_DIRECT | O_NONBLOCK);
  p.write(pw, 'one');
  p.write(pw, 'two');
  t.is('packets', [readText(p, pr, 2), readText(p, pr)], ['on', 'two']);
  p.close(w);
  t.is('end', [readText(p, r), polled(p, r)], ['', 'HUP']);
  p.setNonBlocking(pr, false);
  const waiting = p.readAsync(pr, new Uint8Array(8));
  await t.pass(1);
  p.write(pw, 'late');
  t.is('read later', await t.until(waiting), 4);
  t.gives('seek', 'ESPIPE', () => p.lseek(pr, 0, SEEK_SET));
  t.gives('pread', 'ESPIPE', () => p.pread(pr, new Uint8Array(1), 0));
});

body('pipe-without-reader', async (t) => {
  const p = t.process;
  const signals: number[] = [];
  p.onSignal(SIGPIPE, (signal) => signals.push(signal), { restart: true });
  const [r, w] = p.pipe();
  p.write(w, 'x');
  p.close(r);
  t.is('poll', polled(p, w), 'OUT|ERR');
  t.gives('write', 'EPIPE', () => p.write(w, 'x'));
  await t.pass(1);
  t.is('signals', signals, [SIGPIPE]);
});

body('eventfd', async (t) => {
  const p = t.process;
  const fd = p.eventfd(3, EFD_NONBLOCK);
  t.is('read', p.eventfdRead(fd), 3n);
  t.gives('read again', 'EAGAIN', () => p.eventfdRead(fd));
  p.eventfdWrite(fd, 5n);
  p.eventfdWrite(fd, 7n);
  t.is('sum', p.eventfdRead(fd), 12n);
  t.gives('write 0', 'ok', () => p.eventfdWrite(fd, 0n));
  t.gives('read 0', 'EAGAIN', () => p.eventfdRead(fd));
  t.gives('all ones', 'EINVAL', () => p.eventfdWrite(fd, 0xffffffffffffffffn));
  t.gives('the largest', 'ok', () => p.eventfdWrite(fd, 0xfffffffffffffffen));
  t.gives('one more', 'EAGAIN', () => p.eventfdWrite(fd, 1n));
  t.is('poll', polled(p, fd), 'IN');
  t.gives('a short read', 'EINVAL', () => p.read(fd, new Uint8Array(4)));
  t.gives('a short write', 'EINVAL', () => p.write(fd, new Uint8Array(4)));
  t.is('a long read', p.read(fd, new Uint8Array(16)), 8);
  const semaphore = p.eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  t.is('semaphore', [p.eventfdRead(semaphore), p.eventfdRead(semaphore)], [1n, 1n]);
  t.gives('at zero', 'EAGAIN', () => p.eventfdRead(semaphore));
  t.gives('unknown flags', 'EINVAL', () => p.eventfd(0, 2));
  const waits = p.eventfd();
  const waiting = p.readAsync(waits, new Uint8Array(8));
  await t.pass(1);
  p.eventfdWrite(waits, 1n);
  t.is('read later', await t.until(waiting), 8);
});

body('timerfd', async (t) => {
  const p = t.process;
  const fd = p.timerfdCreate(CLOCK_MONOTONIC, TFD_NONBLOCK);
  t.is('disarmed', p.timerfdGet(fd), { valueNs: 0, intervalNs: 0 });
  t.gives('read', 'EAGAIN', () => p.read(fd, new Uint8Array(8)));
  t.is('set', p.timerfdSet(fd, { valueNs: 20e6, intervalNs: 0 }), { valueNs: 0, intervalNs: 0 });
  const left = p.timerfdGet(fd).valueNs;
  t.is('time left', left > 0 && left <= 20e6, true);
  t.is('not yet', polled(p, fd), '');
  await t.pass(25);
  t.is('expired', polled(p, fd), 'IN');
  t.is('how often', p.eventfdRead(fd), 1n);
  t.gives('read again', 'EAGAIN', () => p.read(fd, new Uint8Array(8)));
  t.is('disarmed again', p.timerfdGet(fd), { valueNs: 0, intervalNs: 0 });
  p.timerfdSet(fd, { valueNs: 2e6, intervalNs: 1e6 });
  t.is('interval', p.timerfdGet(fd).intervalNs, 1e6);
  await t.pass(12);
  t.is('several', p.eventfdRead(fd) >= 10n, true);
  const old = p.timerfdSet(fd, { valueNs: 0, intervalNs: 0 });
  t.is('what it was', old.intervalNs, 1e6);
  const now = p.clockGettime(CLOCK_MONOTONIC);
  const nowNs = now.seconds * 1e9 + now.nanoseconds;
  p.timerfdSet(fd, { valueNs: nowNs + 5e6, intervalNs: 0 }, { absolute: true });
  await t.pass(7);
  t.is('absolute', polled(p, fd), 'IN');
  p.timerfdSet(fd, { valueNs: 1, intervalNs: 0 }, { absolute: true });
  await t.pass(1);
  t.is('in the past', p.eventfdRead(fd), 1n);
  t.gives('nanoseconds out of range', 'EINVAL', () =>
    p.timerfdSet(fd, { valueNs: -1, intervalNs: 0 }),
  );
  t.gives('a short read', 'EINVAL', () => p.read(fd, new Uint8Array(4)));
  t.gives('write', 'EINVAL', () => p.write(fd, new Uint8Array(8)));
  t.gives('an unknown clock', 'EINVAL', () => p.timerfdCreate(99));
  t.gives('unknown flags', 'EINVAL', () => p.timerfdCreate(CLOCK_MONOTONIC, 1));
  t.gives('of an eventfd', 'EINVAL', () => p.timerfdGet(p.eventfd()));
  t.gives('of nothing', 'EBADF', () => p.timerfdGet(99));
  const waits = p.timerfdCreate(CLOCK_MONOTONIC);
  p.timerfdSet(waits, { valueNs: 5e6, intervalNs: 0 });
  t.is('a blocking read', await t.until(p.readAsync(waits, new Uint8Array(8))), 8);
});

body('signalfd', async (t) => {
  const p = t.process;
  p.blockSignals([SIGUSR1, SIGUSR2]);
  const fd = p.signalfd([SIGUSR1], { flags: O_NONBLOCK });
  t.gives('nothing', 'EAGAIN', () => p.signalfdRead(fd));
  p.kill(p.pid, SIGUSR1);
  p.kill(p.pid, SIGUSR2);
  t.is('poll', polled(p, fd), 'IN');
  const { ssi_signo, ssi_pid, ssi_uid, ssi_code } = p.signalfdRead(fd);
  t.is('read', [ssi_signo, ssi_pid === p.pid, ssi_uid, ssi_code], [SIGUSR1, true, 0, 0]);
  t.gives('the other is not asked for', 'EAGAIN', () => p.signalfdRead(fd));
  p.signalfd([SIGUSR2], { fd });
  t.is('changed', p.signalfdRead(fd).ssi_signo, SIGUSR2);
  t.gives('a short read', 'EINVAL', () => p.read(fd, new Uint8Array(16)));
  t.gives('of an eventfd', 'EINVAL', () => p.signalfd([SIGUSR1], { fd: p.eventfd() }));
  await t.pass(1);
});

body('splice', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const [r, w] = p.pipe();
  p.write(client, 'through a pipe');
  t.is('from a socket', p.splice(server, w, 100, { flags: SPLICE_F_NONBLOCK }), 14);
  t.is('to a socket', p.splice(r, server, 100), 14);
  t.is('read', readText(p, client), 'through a pipe');
  t.gives('an empty pipe', 'EAGAIN', () => p.splice(r, server, 10, { flags: SPLICE_F_NONBLOCK }));
  t.gives('an empty socket', 'EAGAIN', () => p.splice(server, w, 10, { flags: SPLICE_F_NONBLOCK }));
  t.gives('without a pipe', 'EINVAL', () => p.splice(server, client, 10));
  t.gives('an offset in a pipe', 'ESPIPE', () => p.splice(r, server, 10, { fromOffset: 0 }));
  t.gives('the wrong ends', 'EBADF', () => p.splice(w, server, 10));
  t.gives('a pipe to itself', 'EINVAL', () => p.splice(r, w, 10));
  t.is('nothing', p.splice(r, server, 0), 0);
  t.gives('closed', 'EBADF', () => p.splice(99, w, 10));
  const [r2, w2] = p.pipe();
  p.write(w, 'copied');
  t.is('tee', p.tee(r, w2, 4), 4);
  t.is('both have it', [readText(p, r2), readText(p, r)], ['copi', 'copied']);
  t.gives('tee an empty pipe', 'EAGAIN', () => p.tee(r, w2, 4, SPLICE_F_NONBLOCK));
  t.gives('tee to itself', 'EINVAL', () => p.tee(r, w, 4));
  t.gives('tee of a socket', 'EINVAL', () => p.tee(server, w, 4));
  const waiting = p.spliceAsync(server, w, 100);
  await t.pass(1);
  p.write(client, 'late');
  t.is('a blocking splice', await t.until(waiting), 4);
});

body('sendfile', async (t) => {
  const { client, server } = await tcpPair(t);
  const p = t.process;
  const file = p.open('data', O_RDWR | O_CREAT, 0o600);
  p.write(file, '0123456789');
  p.lseek(file, 2, SEEK_SET);
  t.is('from where it stands', p.sendfile(client, file, 3), 3);
  t.is('position', p.lseek(file, 0, SEEK_CUR), 5);
  t.is('from an offset', p.sendfile(client, file, 100, 8), 2);
  t.is('position stays', p.lseek(file, 0, SEEK_CUR), 5);
  t.is('read', readText(p, server), '23489');
  t.is('at the end', p.sendfile(client, file, 100, 10), 0);
  t.gives('from a socket', 'EINVAL', () => p.sendfile(client, server, 10));
  t.gives('closed', 'EBADF', () => p.sendfile(client, 99, 10));
  t.gives('not open for reading', 'EBADF', () => p.sendfile(client, p.open('data', O_WRONLY), 10));
  t.gives('a negative offset', 'EINVAL', () => p.sendfile(client, file, 1, -1));
  const other = p.open('copy', O_RDWR | O_CREAT | O_TRUNC, 0o600);
  t.is('to a file', p.sendfile(other, file, 100, 0), 10);
  t.is('the copy', p.readFile('copy'), '0123456789');
  t.gives('to a file that appends', 'EINVAL', () =>
    p.sendfile(p.open('copy', O_WRONLY | O_APPEND), file, 1, 0),
  );
});

body('files', (t) => {
  const p = t.process;
  t.gives('not there', 'ENOENT', () => p.open('none'));
  const fd = p.open('file', O_RDWR | O_CREAT, 0o640);
  t.is('write', p.write(fd, 'hello'), 5);
  t.is('pread', p.pread(fd, new Uint8Array(9), 3), 2);
  t.is('pwrite', p.pwrite(fd, 'J', 0), 1);
  t.is('content', p.readFile('file'), 'Jello');
  p.ftruncate(fd, 2);
  t.is('truncated', p.readFile('file'), 'Je');
  t.gives('create exclusively', 'EEXIST', () => p.open('file', O_RDWR | O_CREAT | 0o200));
  t.gives('a folder for writing', 'EISDIR', () => p.open('.', O_WRONLY));
  t.gives('a file as folder', 'ENOTDIR', () => p.open('file/x'));
  t.gives('read a folder', 'EISDIR', () => p.read(p.open('.'), new Uint8Array(1)));
  p.symlink('file', 'link');
  t.is('readlink', p.readlink('link'), 'file');
  t.gives('readlink of a file', 'EINVAL', () => p.readlink('file'));
  p.symlink('loop', 'loop');
  t.gives('a loop', 'ELOOP', () => p.open('loop'));
  p.mkdir('folder');
  t.gives('mkdir again', 'EEXIST', () => p.mkdir('folder'));
  t.is(
    'entries',
    p
      .readDirectory('.')
      .map(({ name }) => name)
      .filter((name) => !/^\d|^(dev|proc|sys|root|tmp|etc|bin|run|var|usr|lib|init)/.test(name))
      .sort(),
    ['file', 'folder', 'link', 'loop'],
  );
  t.gives('unlink a folder', 'EISDIR', () => p.unlink('folder'));
  t.gives('rmdir a file', 'ENOTDIR', () => p.rmdir('file'));
  p.chdir('folder');
  t.is('getcwd', p.getcwd().endsWith('/folder'), true);
  p.chdir('..');
  p.rmdir('folder');
  t.gives('chdir to what is gone', 'ENOENT', () => p.chdir('folder'));
  t.gives('a name of 256', 'ENAMETOOLONG', () => p.open('x'.repeat(256)));
  t.gives('a path of 4096', 'ENAMETOOLONG', () => p.open('./'.repeat(2048)));
  t.gives('an empty path', 'ENOENT', () => p.open(''));
  t.gives('dup of a socket’s offset', 'ESPIPE', () =>
    p.lseek(p.socket(AF_INET, SOCK_DGRAM), 0, SEEK_CUR),
  );
});

body('descriptors', (t) => {
  const p = t.process;
  const fd = p.socket(AF_INET, SOCK_STREAM);
  const twin = p.dup(fd);
  t.is('the lowest numbers', [fd, twin], [3, 4]);
  p.fcntl(fd, F_SETFD, 1);
  t.is('FD_CLOEXEC is the descriptor’s', [p.fcntl(fd, F_GETFD), p.fcntl(twin, F_GETFD)], [1, 0]);
  p.fcntl(fd, F_SETFL, O_NONBLOCK);
  t.is('O_NONBLOCK is the file’s', p.isNonBlocking(twin), true);
  p.fcntl(fd, F_SETFL, 0);
  t.is('F_DUPFD', p.fcntl(fd, F_DUPFD, 20), 20);
  t.is('F_DUPFD again', p.fcntl(fd, F_DUPFD_CLOEXEC, 20), 21);
  t.is('close on exec', [p.fcntl(20, F_GETFD), p.fcntl(21, F_GETFD)], [0, 1]);
  t.is('dup2', p.dup2(fd, 30), 30);
  t.is('dup2 to itself', p.dup2(fd, fd), fd);
  t.gives('dup3 to itself', 'EINVAL', () => p.dup3(fd, fd));
  t.is('dup3', p.dup3(fd, 31, O_CLOEXEC), 31);
  t.gives('unknown flags', 'EINVAL', () => p.dup3(fd, 32, 1));
  t.gives('dup of nothing', 'EBADF', () => p.dup(99));
  t.gives('dup2 of nothing', 'EBADF', () => p.dup2(99, 33));
  t.gives('dup2 to a negative number', 'EBADF', () => p.dup2(fd, -1));
  t.gives('dup2 beyond the limit', 'EBADF', () => p.dup2(fd, 1_000_000));
  t.gives('F_DUPFD beyond the limit', 'EINVAL', () => p.fcntl(fd, F_DUPFD, 1_000_000));
  t.gives('F_DUPFD from a negative number', 'EINVAL', () => p.fcntl(fd, F_DUPFD, -1));
  t.gives('an unknown command', 'EINVAL', () => p.fcntl(fd, 999));
  t.gives('fcntl of nothing', 'EBADF', () => p.fcntl(99, F_GETFD));
  p.fcntl(fd, F_SETOWN, p.pid);
  t.is('F_GETOWN', p.fcntl(fd, F_GETOWN) === p.pid, true);
  t.gives('F_SETOWN to nobody', 'ESRCH', () => p.fcntl(fd, F_SETOWN, 0x3fffff));
  t.gives('close twice', 'EBADF', () => {
    p.close(20);
    p.close(20);
  });
  p.closeRange(21, 31);
  t.gives('close_range', 'EBADF', () => p.fcntl(31, F_GETFD));
  t.gives('close_range upside down', 'EINVAL', () => p.closeRange(9, 8));
  t.is('the lowest again', [p.eventfd(), p.eventfd()], [5, 6]);
  p.close(fd);
  t.is('a gap is filled', p.eventfd(), fd);
});

body('descriptor-limit', (t) => {
  const p = t.process;
  const { hard } = p.getLimit(RLIMIT_NOFILE);
  t.is('limits', p.getLimit(RLIMIT_NOFILE), { soft: 1024n, hard: 4096n });
  p.setLimit(RLIMIT_NOFILE, { soft: 5n, hard });
  t.is('within', [p.eventfd(), p.eventfd()], [3, 4]);
  t.gives('socket', 'EMFILE', () => p.socket(AF_INET, SOCK_STREAM));
  t.gives('pipe', 'EMFILE', () => p.pipe());
  t.gives('socketpair', 'EMFILE', () => p.socketpair(AF_UNIX, SOCK_STREAM));
  t.gives('dup', 'EMFILE', () => p.dup(3));
  t.gives('open', 'EMFILE', () => p.open('.'));
  t.gives('epoll', 'EMFILE', () => p.epollCreate());
  t.gives('a limit above the hard one', 'EPERM', () => {
    const nobody = t.spawn();
    nobody.setUserIds({ real: 1000, effective: 1000, saved: 1000 });
    nobody.setLimit(RLIMIT_NOFILE, { soft: 5000n, hard: 5000n });
  });
  t.gives('soft above hard', 'EINVAL', () => p.setLimit(RLIMIT_NOFILE, { soft: 9n, hard: 8n }));
});

body('fork', (t) => {
  const p = t.process;
  const event = p.eventfd(1);
  const child = p.fork();
  t.is('a copy', child.eventfdRead(event), 1n);
  const own = child.eventfd();
  t.gives('its own descriptors', 'EBADF', () => p.fcntl(own, F_GETFD));
  t.is('parent', child.getppid() === p.pid, true);
  const sharing = p.fork({ shareFiles: true });
  const shared = sharing.eventfd();
  t.gives('shared descriptors', 'ok', () => p.eventfdWrite(shared, 1n));
  sharing.exit();
  t.is('they stay', p.eventfdRead(shared), 1n);
  child.exit();
  t.gives('a signal to what has exited', 'ESRCH', () => p.kill(child.pid, 0));
  t.is(
    'no wait',
    t.try(() => p.recv(p.socketpair(AF_UNIX, SOCK_STREAM)[0], new Uint8Array(1), MSG_DONTWAIT)),
    'EAGAIN',
  );
  t.is('open flags', p.fcntl(p.open('.', O_RDONLY), F_GETFL) & O_ACCMODE, 0);
});

body('inotify', (t) => {
  const p = t.process;
  const fd = p.inotifyInit(O_NONBLOCK);
  p.mkdir('watched');
  const created = 0x100;
  const deleted = 0x200;
  t.is('watch', p.inotifyAddWatch(fd, 'watched', created | deleted), 1);
  t.is('the same again', p.inotifyAddWatch(fd, 'watched', created | deleted), 1);
  t.gives('nothing', 'EAGAIN', () => p.read(fd, new Uint8Array(256)));
  p.close(p.open('watched/file', O_RDWR | O_CREAT, 0o600));
  t.is('poll', polled(p, fd), 'IN');
  t.gives('a short read', 'EINVAL', () => p.read(fd, new Uint8Array(8)));
  p.unlink('watched/file');
  t.is('to read', p.bytesToRead(fd), 64);
  const buffer = new Uint8Array(256);
  t.is('read', p.read(fd, buffer), 64);
  const view = new DataView(buffer.buffer);
  t.is('events', [view.getUint32(4, true), view.getUint32(36, true)], [created, deleted]);
  t.is('name', Buffer.from(buffer.subarray(16, 32)).toString().replaceAll('\0', ''), 'file');
  t.gives('what is not there', 'ENOENT', () => p.inotifyAddWatch(fd, 'none', created));
  t.gives('no events', 'EINVAL', () => p.inotifyAddWatch(fd, 'watched', 0));
  t.gives('of an eventfd', 'EINVAL', () => p.inotifyAddWatch(p.eventfd(), 'watched', created));
  t.gives('unknown flags', 'EINVAL', () => p.inotifyInit(1));
});
