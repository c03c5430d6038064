// SPDX-License-Identifier: GPL-2.0-only
/** Data that a program keeps in its host’s memory: the calls take it where it lies. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  MSG_WAITALL,
  SOCK_DGRAM,
  TcpServer,
  TcpSocket,
} from '../../../src/posix/index.js';
import { onNativeForm, virtualHost } from '../../helpers/virtual-host.js';

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe('a buffer in the host', () => {
  test('goes through a stream, in pieces, past growth of the memory', async () => {
    using world = await virtualHost();
    using server = TcpServer.listen(world.host.spawn(), { port: 7 });
    const sizeBytes = 500_000;
    const before = world.kernel.memory.bytes;
    const receiver = (async () => {
      const socket = await server.accept();
      const { process, fd } = socket;
      using buffer = process.allocate(sizeBytes);
      const first = await socket.readInto(buffer.subarray(0, 1000));
      const rest = await process.recvAsync(fd, buffer.subarray(first), MSG_WAITALL);
      expect(await process.readAsync(fd, buffer)).toBe(0);
      return [first, rest, buffer.bytes.slice()] as const;
    })();
    const process = world.host.spawn();
    using socket = await world.until(TcpSocket.connect(process, { address: '127.0.0.1', port: 7 }));
    const data = process.allocate(sizeBytes);
    data.bytes.set(pattern(sizeBytes));
    // In WebAssembly the memory grows, and every view of it is detached.
    for (let more = 0; more < 12; more++) process.allocate(sizeBytes);
    await world.until(socket.write(data));
    socket.end();
    if (!onNativeForm) expect(before.length).toBe(0);
    const [first, rest, received] = await world.until(receiver);
    expect(first).toBe(1000);
    expect(rest).toBe(sizeBytes - 1000);
    expect(Buffer.compare(received, pattern(sizeBytes))).toBe(0);
  });

  test('holds datagrams and what a file has', async () => {
    using world = await virtualHost();
    const process = world.host.spawn();
    using buffer = process.allocate(100);
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.bind(fd, { family: AF_INET, address: '127.0.0.1', port: 9 });
    buffer.bytes.set(pattern(10));
    const to = { family: AF_INET, address: '127.0.0.1', port: 9 } as const;
    expect(process.sendto(fd, buffer.subarray(0, 10), 0, to)).toBe(10);
    expect(process.recvfrom(fd, buffer.subarray(50))).toEqual({ length: 10, address: to });
    expect(buffer.bytes.slice(50, 60)).toEqual(pattern(10));
    const [reader, writer] = process.pipe();
    expect(process.write(writer, buffer.subarray(50, 60))).toBe(10);
    expect(process.read(reader, buffer.subarray(90))).toBe(10);
    expect(buffer.bytes.slice(90)).toEqual(pattern(10));
  });

  test('is of one host, of one process, and no piece of it reaches past its end', async () => {
    using world = await virtualHost();
    using other = await virtualHost();
    const process = world.host.spawn();
    const [, writer] = process.pipe();
    const buffer = process.allocate(16);
    expect(() => buffer.subarray(8, 17)).toThrow('a buffer of 16 bytes has no piece 8 to 17');
    const stranger = other.host.spawn().allocate(16);
    expect(() => process.write(writer, stranger)).toThrow('the buffer is of another host');
    const piece = buffer.subarray(4, 8);
    expect(() => piece.free()).toThrow('a piece of a buffer is freed with the whole');
    buffer.free();
    buffer.free();
    expect(() => process.write(writer, piece)).toThrow('the buffer has been freed');
    expect(() => process.allocate(0)).toThrow(TypeError);
    expect(() => process.allocate(5 << 20)).toThrow('ENOMEM');
    const kept = process.allocate(16);
    process.exit();
    expect(() => kept.bytes).toThrow('the buffer has been freed');
    expect(() => process.allocate(16)).toThrow('ESRCH');
  });
});
