// SPDX-License-Identifier: GPL-2.0-only

/** Programs see the library's files where they look for the network's, and the machine's everywhere else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libraryTtl, TestHost } from './test-host.js';

const ttlFile = '/proc/sys/net/ipv4/ip_default_ttl';

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
  const config = readFileSync(host.env['LIBOS_CONFIG']!, 'utf8');
  writeFileSync(
    host.env['LIBOS_CONFIG']!,
    config.replace('[sysctl]', '[resolvConf]\nservers = ["192.0.2.53"]\n[sysctl]') +
      '[hosts]\n"192.0.2.7" = "seven.example"\n',
  );
});
afterAll(() => host[Symbol.asyncDispose]());

async function shell(script: string): Promise<string> {
  const { code, out, err } = await host.run(['sh', '-c', script]);
  expect([code, err], script).toEqual([0, '']);
  return out;
}

async function python(script: string): Promise<string> {
  const { code, out, err } = await host.run(['/usr/bin/python3', '-c', script]);
  expect([code, err], script).toEqual([0, '']);
  return out;
}

describe('files of the library’s host', () => {
  test('are in /proc/net, by each of its names', async () => {
    const machines = readFileSync('/proc/net/dev', 'utf8');
    const library = await shell('cat /proc/net/dev');
    expect(library).toMatch(/^ +lo:/m);
    expect(library).not.toBe(machines);
    expect(await shell('cat /proc/self/net/dev; cat /proc/thread-self/net/dev')).toBe(
      library.repeat(2),
    );
    expect(await shell('cat /proc/$$/net/dev')).toBe(library);
    expect(await shell('cat //proc/./net/../net/dev | head -c 5')).toBe('Inter');
  });

  test('show its sockets, by the inodes that programs have them by', async () => {
    const script = [
      'import os, socket',
      's = socket.socket(); s.bind(("127.0.0.1", 0x1234)); s.listen()',
      'line = next(line.split() for line in open("/proc/net/tcp") if ":1234 " in line)',
      'print(*line[1:4], line[9] in os.readlink(f"/proc/self/fd/{s.fileno()}"))',
    ];
    expect(await python(script.join('\n'))).toBe('0100007F:1234 00000000:0000 0A True\n');
  });

  test('are settings that can be read, written and listed', async () => {
    expect(await shell(`cat ${ttlFile}`)).toBe(`${libraryTtl}\n`);
    const machines = readFileSync(ttlFile, 'utf8');
    expect(
      await shell(`echo 55 > ${ttlFile}; cat ${ttlFile}; sysctl -n net.ipv4.ip_default_ttl`),
    ).toBe('55\n55\n');
    expect(await shell(`sysctl -w net.ipv4.ip_default_ttl=${libraryTtl}; cat ${ttlFile}`)).toBe(
      `net.ipv4.ip_default_ttl = ${libraryTtl}\n${libraryTtl}\n`,
    );
    expect(readFileSync(ttlFile, 'utf8')).toBe(machines);
    const listed = await shell('ls /proc/sys/net/ipv4');
    expect(listed.split('\n')).toEqual(expect.arrayContaining(['conf', 'ip_forward', 'tcp_sack']));
    expect(await shell('find /proc/sys/net/ipv4 -name tcp_sack')).toBe(
      '/proc/sys/net/ipv4/tcp_sack\n',
    );
    expect(await shell('sysctl -a 2>/dev/null')).toContain(
      `net.ipv4.ip_default_ttl = ${libraryTtl}\n`,
    );
  });

  test('can be written and read through one descriptor', async () => {
    const script = [
      `f = open("${ttlFile}", "r+b", buffering=0)`,
      'print(f.read(100).decode().strip()); f.write(b"44\\n"); f.close()',
      `print(open("${ttlFile}").read().strip())`,
      `open("${ttlFile}", "w").write("${libraryTtl}\\n")`,
    ];
    expect(await python(script.join('\n'))).toBe(`${libraryTtl}\n44\n`);
  });

  test('say what is wrong with what is written to them', async () => {
    const invalid = async (command: readonly string[], err: RegExp): Promise<void> => {
      const outcome = await host.run(command);
      expect(outcome, command.join(' ')).toMatchObject({ code: 1 });
      expect(outcome.err, command.join(' ')).toMatch(err);
    };
    await invalid(['sysctl', '-w', 'net.ipv4.ip_default_ttl=300'], /^sysctl: .*Invalid argument$/m);
    await invalid(['bash', '-c', `echo 300 > ${ttlFile}`], /write error: Invalid argument$/m);
    await invalid(['dash', '-c', `echo 300 > ${ttlFile}`], /echo: I\/O error$/m);
    await invalid(['sh', '-c', `echo 300 | tee ${ttlFile}`], /^tee: .*Invalid argument$/m);
    const script = [
      `f = open("${ttlFile}", "r+b", buffering=0)`,
      'try: f.write(b"300")',
      'except OSError as e: print(e.errno)',
      `print(f.write(b"${libraryTtl}"))`,
    ];
    expect(await python(script.join('\n'))).toBe('22\n2\n');
    expect(await shell(`cat ${ttlFile}`)).toBe(`${libraryTtl}\n`);
  });

  test('fail as files fail', async () => {
    const script = [
      'import errno, os',
      'def attempt(path, flags):',
      '  try: os.close(os.open(path, flags)); print("fine")',
      '  except OSError as e: print(errno.errorcode[e.errno])',
      'attempt("/proc/sys/net/none", os.O_RDONLY)',
      'attempt("/proc/net/dev", os.O_WRONLY)',
      'attempt("/proc/sys/net", os.O_WRONLY)',
      'attempt("/proc/net/dev", os.O_RDONLY | os.O_DIRECTORY)',
      'attempt("/etc/hosts", os.O_WRONLY)',
      'attempt("/proc/net/dev", os.O_RDWR | os.O_CREAT | os.O_EXCL)',
      'import resource',
      'resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))',
      'attempt("/proc/net/dev", os.O_RDONLY)',
    ];
    const expected = 'ENOENT EACCES EISDIR ENOTDIR EROFS EEXIST EMFILE'.split(' ').join('\n');
    expect(await python(script.join('\n'))).toBe(`${expected}\n`);
  });

  test('can be looked at without being opened', async () => {
    const script = [
      'import os, stat',
      'for path in "/proc/sys/net/ipv4", "/proc/net/dev", "/proc/sys/net/ipv4/route/flush":',
      '  s = os.stat(path); print(stat.filemode(s.st_mode), os.access(path, os.R_OK), os.access(path, os.W_OK))',
      'print(os.path.exists("/proc/sys/net/none"))',
    ];
    expect(await python(script.join('\n'))).toBe(
      'drwxr-xr-x True True\n-r--r--r-- True False\n--w------- True True\nFalse\n',
    );
    expect(await shell('test -d /sys/class/net/lo && cat /sys/class/net/lo/mtu')).toBe('65536\n');
  });

  test('in /etc name its servers and hosts, for libc itself too', async () => {
    expect(await shell('cat /etc/resolv.conf')).toContain('nameserver 192.0.2.53\n');
    expect(await shell('getent hosts seven.example')).toMatch(/^192\.0\.2\.7 +seven\.example\n$/);
    expect(await shell('grep ^hosts: /etc/nsswitch.conf')).toBe('hosts: files dns\n');
    // By a static program, whose every open is caught.
    const printed = await host.run([host.compile('print', '-static'), '/etc/resolv.conf']);
    expect(printed.out).toContain('nameserver 192.0.2.53\n');
  });

  test('leave all others alone', async () => {
    const path = join(host.folder, 'mine');
    expect(await shell(`echo text > ${path}; cat ${path}; cd ${host.folder}; cat mine`)).toBe(
      'text\ntext\n',
    );
    const print = host.compile('print', '-static');
    expect((await host.run([print, path])).out).toBe('text\n');
    expect(await shell('cat /etc/hostname; cat /proc/sys/kernel/ostype')).toBe(
      readFileSync('/etc/hostname', 'utf8') + readFileSync('/proc/sys/kernel/ostype', 'utf8'),
    );
  });
});
