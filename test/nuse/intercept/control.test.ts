// SPDX-License-Identifier: GPL-2.0-only

/** The broker's control socket: who may speak there, and what becomes of who speaks nonsense. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  encodeFrame,
  encodeNumberFrame,
  FrameReader,
  kinds,
  PROTOCOL_MAGIC,
  type Frame,
  type Kind,
} from '../../../src/nuse/broker/protocol.js';
import { libraryTtl, TestHost } from './test-host.js';

let host: TestHost;
let program: string;

beforeAll(async () => {
  host = new TestHost();
  program = host.compile('ttl');
  expect(await host.libos('up')).toMatchObject({ code: 0, out: "host 'default' is up\n" });
});
afterAll(() => host[Symbol.asyncDispose]());

async function open(): Promise<Socket> {
  const socket = connect(join(host.folder, 'libos/default.sock'));
  await once(socket, 'connect');
  return socket;
}

/** All that the broker answers until it closes, or until `count` frames have come. */
async function ask(bytes: Uint8Array, count = Infinity): Promise<Frame[]> {
  const socket = await open();
  socket.on('error', () => undefined);
  socket.write(bytes);
  if (count === Infinity) socket.end();
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for await (const chunk of socket) {
    frames.push(...reader.push(chunk as Uint8Array));
    if (frames.length >= count) break;
  }
  socket.destroy();
  return frames;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

const text = (frame: Frame | undefined): string => new TextDecoder().decode(frame?.payload);

/** The host serves a program as ever. */
async function stillServes(): Promise<void> {
  expect(await host.run([program])).toEqual({ code: 0, out: `${libraryTtl}\n`, err: '' });
}

describe('the control socket', () => {
  test('is its owner’s alone', () => {
    expect(statSync(join(host.folder, 'libos')).mode & 0o777).toBe(0o700);
    expect(statSync(join(host.folder, 'libos/default.sock')).mode & 0o777).toBe(0o600);
  });

  test('answers a frame that comes byte by byte', async () => {
    const socket = await open();
    for (const byte of encodeFrame(kinds.HELLO, 'slow')) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [chunk] = (await once(socket, 'data')) as [Uint8Array];
    const [welcome] = new FrameReader().push(chunk);
    expect(welcome?.kind).toBe(kinds.WELCOME);
    socket.destroy();
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['nonsense', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), /not a libos program/],
    ['another version', withVersion(2), /protocol version 2, .* speaks 1: run `libos down`/],
    ['an unknown kind', encodeFrame(99 as Kind), /no frame of kind 99/],
    ['a frame that is the broker’s', encodeFrame(kinds.READY), /is the broker's to send/],
    ['a listener first', encodeNumberFrame(kinds.LISTENER, 0), /a listener before its HELLO/],
    ['too much', withLength(2 ** 31), /a frame of 2147483648 bytes/],
    [
      'a listener that is none',
      joined(encodeFrame(kinds.HELLO, 'x'), encodeNumberFrame(kinds.LISTENER, 0)),
      /is no listener/,
    ],
    [
      'a listener that is not there',
      joined(encodeFrame(kinds.HELLO, 'x'), encodeNumberFrame(kinds.LISTENER, 987_654)),
      /may not reach into process/,
    ],
    [
      'a listener of three bytes',
      joined(encodeFrame(kinds.HELLO, 'x'), encodeFrame(kinds.LISTENER, 'abc')),
      /a payload of 3 bytes/,
    ],
  ])('says what is wrong with %s, and closes that connection only', async (_, bytes, line) => {
    const frames = await ask(bytes);
    expect(frames.at(-1)?.kind).toBe(kinds.ERROR);
    expect(text(frames.at(-1))).toMatch(line);
    await stillServes();
  });

  test('survives random bytes and mangled frames', async () => {
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    const frame = fc.record({
      magic: fc.oneof({ weight: 5, arbitrary: fc.constant(PROTOCOL_MAGIC) }, fc.nat()),
      version: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.nat({ max: 65_535 })),
      // All but DOWN, which ends it.
      kind: fc.nat({ max: 20 }).filter((kind) => kind !== kinds.DOWN),
      length: fc.option(fc.nat({ max: 2 ** 32 - 1 })),
      payload: anyBytes,
    });
    const frameBytes = frame.map(({ magic, version, kind, length, payload }) => {
      const header = new DataView(new ArrayBuffer(12));
      header.setUint32(0, magic, true);
      header.setUint16(4, version, true);
      header.setUint16(6, kind, true);
      header.setUint32(8, length ?? payload.length, true);
      return joined(new Uint8Array(header.buffer), payload);
    });
    const speech = fc
      .array(fc.oneof(anyBytes, frameBytes), { minLength: 1, maxLength: 6 })
      .map((parts) => joined(...parts));
    await fc.assert(
      fc.asyncProperty(speech, async (bytes) => {
        await ask(bytes);
      }),
      { numRuns: 300 },
    );
    await stillServes();
  });

  test('tells how it is', async () => {
    const [reply] = await ask(encodeFrame(kinds.STATUS), 1);
    expect(JSON.parse(text(reply))).toMatchObject({
      name: 'default',
      onDemand: false,
      programs: [],
    });
    const { out } = await host.libos('status');
    expect(out).toMatch(/^default: up for .*, process \d+\n {2}log .*default.log\n/);
    const status = JSON.parse((await host.libos('status', '--json')).out) as unknown[];
    expect(status).toHaveLength(1);
    expect(status[0]).toMatchObject({ host: { configuration: join(host.folder, 'host.toml') } });
  });

  test('lists programs while they run', async () => {
    const child = host.start([host.prefix.launcher, 'run', '--', 'sleep', '20']);
    await expect
      .poll(async () => (await host.libos('status')).out)
      .toMatch(/PROGRAM +PROCESS +CALLS +WAITING\n {2}sleep +\d+/);
    child.kill();
    await expect.poll(async () => (await host.libos('status')).out).not.toContain('sleep');
  });
});

describe('hosts by name', () => {
  test('run side by side, each with its own settings', async () => {
    await host.libos('up', 'second', '--sysctl', 'net.ipv4.ip_default_ttl=33');
    const env = { LIBOS_HOST: 'second' };
    expect(await host.run([program], { env })).toMatchObject({ code: 0, out: '33\n' });
    expect(await host.run(['sh', '-c', 'echo $LIBOS_HOST; ' + program], { env })).toMatchObject({
      out: 'second\n33\n',
    });
    await stillServes();
    expect(await host.libos('down', 'second')).toMatchObject({
      code: 0,
      out: "host 'second' is down\n",
    });
    expect(await host.libos('down', 'second')).toMatchObject({
      code: 0,
      out: "host 'second' is not up\n",
    });
    expect(await host.libos('status', 'second', '--json')).toMatchObject({
      code: 1,
      out: 'null\n',
    });
    await stillServes();
  });

  test('are started once when many want them at the same time', async () => {
    const env = { LIBOS_HOST: 'rush' };
    const all = await Promise.all(Array.from({ length: 6 }, () => host.run([program], { env })));
    expect(all).toEqual(Array(6).fill({ code: 0, out: `${libraryTtl}\n`, err: '' }));
    expect(host.log('rush').match(/is up/g)).toHaveLength(1);
  });

  test('say so when they are up already', async () => {
    expect(await host.libos('up')).toMatchObject({
      code: 0,
      out: "host 'default' is up already\n",
    });
    const again = await host.libos('up', '--sysctl', 'net.ipv4.ip_default_ttl=1');
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("host 'default' is up already");
  });
});

function withVersion(version: number): Uint8Array {
  const frame = encodeFrame(kinds.HELLO);
  new DataView(frame.buffer).setUint16(4, version, true);
  return frame;
}

function withLength(length: number): Uint8Array {
  const frame = encodeFrame(kinds.HELLO);
  new DataView(frame.buffer).setUint32(8, length, true);
  return frame;
}
