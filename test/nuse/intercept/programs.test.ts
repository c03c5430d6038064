// SPDX-License-Identifier: GPL-2.0-only

/** Programs of every kind are caught, and stay caught in what they start. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { libraryTtl, outcomeOf, TestHost } from './test-host.js';

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const onLibrary = { code: 0, out: `${libraryTtl}\n`, err: '' };

describe('a program on the library’s host', () => {
  test('is there by `libos run`, and is not without', async () => {
    const program = host.compile('ttl');
    expect(await host.run([program])).toEqual(onLibrary);
    expect((await host.exec([program])).out).not.toBe(onLibrary.out);
  });

  test('is there by LD_PRELOAD alone', async () => {
    const env = { LD_PRELOAD: host.prefix.shim };
    expect(await host.exec([host.compile('ttl')], { env })).toEqual(onLibrary);
  });

  test('may have many threads', async () => {
    expect(await host.run([host.compile('ttl'), '32'])).toEqual(onLibrary);
  });

  test('may be linked statically', async () => {
    expect(await host.run([host.compile('ttl', '-static'), '4'])).toEqual(onLibrary);
  });

  test('may have musl for its libc', async () => {
    const program = join(host.folder, 'ttl-musl');
    const source = join(import.meta.dirname, 'programs/ttl.c');
    const made = await host.exec(['musl-gcc', '-D_GNU_SOURCE', '-static', source, '-o', program]);
    expect(made).toMatchObject({ code: 0 });
    expect(await host.run([program, '4'])).toEqual(onLibrary);
  });

  test('takes with it what it starts: a shell script, pipes, background, exec', async () => {
    const program = host.compile('ttl');
    const script = join(host.folder, 'script.sh');
    const lines = [
      '#!/bin/sh',
      `${program} | cat`,
      `( ${program} ) & wait`,
      'cat /proc/sys/net/ipv4/ip_default_ttl',
      `env -i ${program}`,
      `exec ${program}`,
    ];
    writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 });
    const all = { ...onLibrary, out: onLibrary.out.repeat(5) };
    expect(await host.run([script])).toEqual(all);
    expect(await host.exec([script], { env: { LD_PRELOAD: host.prefix.shim } })).toEqual(all);
  });

  test('gets EINTR from a signal, or goes on where it asked for that', async () => {
    expect(await host.run([host.compile('interrupted')])).toEqual({
      ...onLibrary,
      out: 'EINTR 1 empty\n',
    });
  });

  test('is not left hanging when its broker dies: its network is down, its files are not', async () => {
    const child = host.start([host.prefix.launcher, 'run', '--', host.compile('orphan')]);
    const outcome = outcomeOf(child);
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    process.kill(await host.brokerPid(), 'SIGKILL');
    expect(await outcome).toEqual({
      code: 0,
      out: 'waiting\naccept ENETDOWN\nlisten ENETDOWN\nsocket ENETDOWN\nopen fine\nsendmsg fine\n',
      err: '',
    });
    // The next program finds a new broker.
    expect(await host.run([host.compile('ttl')])).toEqual(onLibrary);
  });

  test('sees its network go down with `libos down`', async () => {
    const child = host.start([host.prefix.launcher, 'run', '--', host.compile('orphan')]);
    const outcome = outcomeOf(child);
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    expect(await host.libos('down')).toMatchObject({ code: 0 });
    expect((await outcome).out).toContain('accept ENETDOWN\nlisten ENETDOWN\nsocket ENETDOWN\n');
  });

  test('ends as it would: exit code, signal, a command that is not there', async () => {
    expect(await host.run(['sh', '-c', 'exit 42'])).toMatchObject({ code: 42 });
    expect(await host.run(['no-such-command'])).toMatchObject({
      code: 127,
      err: 'libos: cannot run no-such-command: No such file or directory\n',
    });
    expect(await host.run(['/dev/null'])).toMatchObject({ code: 126 });
    // The same by way of Node.js, as the package's own command goes.
    expect(await host.libos('run', 'sh', '-c', 'exit 42')).toMatchObject({ code: 42 });
    expect(await host.libos('run', '--', 'sh', '-c', 'kill -TERM $$')).toMatchObject({ code: 143 });
    expect(await host.libos('run', '--host', 'x/y', '--', 'true')).toMatchObject({ code: 125 });
    expect((await host.libos('run', host.compile('ttl'), '4')).out).toBe(onLibrary.out);
  });
});
