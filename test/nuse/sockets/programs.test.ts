// SPDX-License-Identifier: GPL-2.0-only

/** What happens to sockets when programs end: by themselves, by a signal, with bytes on the way. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AF_INET, isSystemError, SOCK_STREAM, type Process } from '../../../src/posix/index.js';
import { loopbackHost, type LoopbackHost } from './host.js';

let host: LoopbackHost;
/** A process of the library itself: the other side of what programs do. */
let peer: Process;
beforeAll(() => {
  host = loopbackHost();
});
beforeEach(() => {
  peer = host.posix.spawn();
  return () => {
    peer.exit();
  };
});
afterAll(() => host.close());

const loopback = '127.0.0.1';

/** A server of the library's, and a program that has connected to it and gone on to wait. */
async function connectedProgram(script: string) {
  const listener = peer.socket(AF_INET, SOCK_STREAM, 0);
  peer.bind(listener, { family: AF_INET, address: loopback, port: 0 });
  peer.listen(listener, 4);
  const name = peer.getsockname(listener);
  if (name?.family !== AF_INET) throw new Error('no address');
  const { port } = name;
  const code = `import socket,time\ns=socket.create_connection(('${loopback}',${port}))\n${script}`;
  const program = spawn(host.launcher, ['run', '--', 'python3', '-c', code], {
    env: host.environment,
    stdio: 'ignore',
  });
  const { fd } = await peer.acceptAsync(listener);
  return { program, fd };
}

async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
}

/** Everything that comes until the end; how it ends. */
async function readAll(fd: number): Promise<{ readonly bytes: number; readonly end: string }> {
  const buffer = new Uint8Array(65_536);
  let bytes = 0;
  try {
    for (;;) {
      const length = await peer.recvAsync(fd, buffer);
      if (length === 0) return { bytes, end: 'end' };
      bytes += length;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { bytes, end: error.code };
  }
}

describe('when a program ends', () => {
  test('what it has written still arrives, though nobody has read it yet', async () => {
    const { program, fd } = await connectedProgram("s.sendall(b'x' * 3_000_000)");
    // All of it is in buffers of the library and of the pair, or on its way there, when the program ends.
    expect(await readAll(fd)).toEqual({ bytes: 3_000_000, end: 'end' });
    await ended(program);
  });

  test('killed, its connections end as on Linux', async () => {
    const { program, fd } = await connectedProgram("s.sendall(b'hello')\ntime.sleep(60)");
    expect(await peer.recvAsync(fd, new Uint8Array(16))).toBe(5);
    program.kill('SIGKILL');
    expect(await readAll(fd)).toEqual({ bytes: 0, end: 'end' });
  });

  test('killed with bytes that it has not read, its connections are reset', async () => {
    const { program, fd } = await connectedProgram("s.sendall(b'hello')\ntime.sleep(60)");
    expect(await peer.recvAsync(fd, new Uint8Array(16))).toBe(5);
    peer.send(fd, 'never read');
    await new Promise((resolve) => setTimeout(resolve, 50));
    program.kill('SIGKILL');
    expect(await readAll(fd)).toEqual({ bytes: 0, end: 'ECONNRESET' });
  });

  test('its listeners and datagram sockets go with it', async () => {
    const code = [
      'import socket,sys',
      `a=socket.socket(); a.bind(('${loopback}',7070)); a.listen()`,
      `b=socket.socket(type=socket.SOCK_DGRAM); b.bind(('${loopback}',7070))`,
    ].join('\n');
    // Twice the same ports, one after the other.
    expect(await host.run('python3', '-c', code)).toMatchObject({ status: 0, stderr: '' });
    expect(await host.run('python3', '-c', code)).toMatchObject({ status: 0, stderr: '' });
    await expect.poll(() => host.socketCount).toBe(0);
  });
});

test('a broken call of a program is its own affair', async () => {
  const code = [
    'import ctypes,socket',
    'c=ctypes.CDLL(None,use_errno=True)',
    's=socket.socket(); d=socket.socket(type=socket.SOCK_DGRAM)',
    'bad=ctypes.c_void_p(8)',
    'for f in (s.fileno(),d.fileno(),0,999):',
    '  for call in (c.bind,c.connect):',
    '    for length in (0,2,16,128,129,-1): call(f,bad,length)',
    '  for call in (c.getsockname,c.getpeername,c.accept): call(f,bad,bad)',
    '  for level in (0,1,6,17,41,263,9999):',
    '    for name in range(0,140):',
    '      for length in (0,4,40,120,2000000000,-5):',
    '        c.setsockopt(f,level,name,bad,length)',
    '      c.getsockopt(f,level,name,bad,bad)',
    '  for request in range(0x8900,0x8a00): c.ioctl(f,request,bad)',
    '  c.sendmsg(f,bad,0); c.recvmsg(f,bad,0x40); c.sendmmsg(f,bad,5,0); c.recvmmsg(f,bad,5,0x40,bad)',
    '  c.sendto(f,bad,10,0,bad,16); c.recvfrom(f,bad,10,0x40,bad,bad)',
    "print('alive')",
  ].join('\n');
  const { stdout, stderr, status } = await host.run('python3', '-c', code);
  expect({ stdout, stderr, status }).toEqual({ stdout: 'alive\n', stderr: '', status: 0 });
  expect(host.log).toEqual([]);
});
