// SPDX-License-Identifier: GPL-2.0-only

/** What goes wrong is said in one line, ends the program at once, and says what to do. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeFrame, kinds } from '../../../src/nuse/broker/protocol.js';
import { TestHost, type Outcome } from './test-host.js';

/** As of env(1), timeout(1) and their kin: the tool itself failed. */
const failure = 125;

let host: TestHost;
let server: Server | undefined;

beforeEach(() => {
  host = new TestHost();
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await host[Symbol.asyncDispose]();
});

/** Somebody else where the broker of the default host should be. */
async function pretend(answer: (bytes: Uint8Array) => Uint8Array | undefined): Promise<void> {
  mkdirSync(join(host.folder, 'libos'), { mode: 0o700 });
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const reply = answer(bytes);
      if (reply) socket.write(reply);
      else socket.destroy();
    });
  });
  const listening = server.listen(join(host.folder, 'libos/default.sock'));
  await new Promise((resolve) => listening.once('listening', resolve));
}

/** By both ways onto a host. */
async function both(env: Readonly<Record<string, string>> = {}): Promise<readonly Outcome[]> {
  return [
    await host.run(['true'], { env }),
    await host.exec(['true'], { env: { ...env, LD_PRELOAD: host.prefix.shim } }),
  ];
}

const fails = (line: string | RegExp): unknown => ({
  code: failure,
  out: '',
  err: typeof line === 'string' ? `libos: ${line}\n` : (expect.stringMatching(line) as unknown),
});

describe('a program that cannot get onto its host', () => {
  test('for the name of the host', async () => {
    for (const outcome of await both({ LIBOS_HOST: '../x' })) {
      expect(outcome).toEqual(
        fails("'../x' is no name of a host: letters, digits, '.', '_' and '-', 64 at most"),
      );
    }
  });

  test('for its configuration', async () => {
    for (const outcome of await both({ LIBOS_CONFIG: '/nowhere/x.toml', LIBOS_HOST: 'other' })) {
      expect(outcome).toEqual(
        fails(/^libos: host 'other': \/nowhere\/x.toml: cannot be read.*\n$/),
      );
    }
  });

  test('for a broker of another version', async () => {
    await pretend(() => {
      const frame = encodeFrame(kinds.WELCOME, new Uint8Array(4));
      frame[4] = 99;
      return frame;
    });
    for (const outcome of await both()) {
      expect(outcome).toEqual(
        fails(
          'the broker speaks protocol version 99 and this program 1: ' +
            'run `libos down` so that the next program starts the installed one',
        ),
      );
    }
  });

  test('for a broker that says why', async () => {
    await pretend(() => encodeFrame(kinds.ERROR, 'not today'));
    for (const outcome of await both()) expect(outcome).toEqual(fails('not today'));
  });

  test('for something else in the broker’s place', async () => {
    await pretend(() => new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n'));
    for (const outcome of await both()) {
      expect(outcome).toEqual(
        fails('the broker speaks another protocol: run `libos down`, and again'),
      );
    }
  });

  test('for a broker that goes', async () => {
    await pretend(() => undefined);
    for (const outcome of await both()) {
      expect(outcome).toEqual(
        fails(/the broker (closed the connection|went away).*log says why\n$/),
      );
    }
  });

  test('for a folder that others can enter', async () => {
    mkdirSync(join(host.folder, 'libos'), { mode: 0o755 });
    chmodSync(join(host.folder, 'libos'), 0o755);
    for (const outcome of await both()) {
      expect(outcome).toEqual(
        fails(
          `${host.folder}/libos is not a folder that only you can enter: remove it, or chmod 700 it`,
        ),
      );
    }
    chmodSync(join(host.folder, 'libos'), 0o700);
  });

  test('for being on another one already', async () => {
    const outcome = await host.run([host.prefix.launcher, 'run', '--host', 'other', '--', 'true']);
    expect(outcome).toEqual(
      fails("this runs on host 'default' already, and cannot leave it for 'other'"),
    );
    expect(await host.run([host.prefix.launcher, 'run', '--', 'true'])).toMatchObject({ code: 0 });
  });

  test('for a launcher that does not know where the rest is', async () => {
    const alone = join(host.subfolder('alone/bin'), 'libos');
    await host.exec(['cp', host.prefix.launcher, alone]);
    const paths = join(host.folder, 'alone/lib/libos/paths');
    expect(await host.exec([alone, 'run', '--', 'true'])).toEqual(
      fails(`cannot read ${paths}: No such file or directory; run \`libos install\` again`),
    );
    host.subfolder('alone/lib/libos');
    writeFileSync(paths, 'command=/bin/true\n');
    expect(await host.exec([alone, 'run', '--', 'true'])).toEqual(
      fails(`${paths} has no line 'broker=': run \`libos install\` again`),
    );
    writeFileSync(paths, 'broker=/nowhere/node\n');
    expect(await host.exec([alone, 'run', '--', 'true'])).toEqual(
      fails('cannot start /nowhere/node: No such file or directory; run `libos install` again'),
    );
    writeFileSync(paths, 'broker=/bin/false\n');
    expect(await host.exec([alone, 'run', '--', 'true'])).toEqual(
      fails(/^libos: the broker of host 'default' ended while it started: see .*default.log\n$/),
    );
  });
});
