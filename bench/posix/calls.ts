// SPDX-License-Identifier: GPL-2.0-only

/** What single calls cost: each the best of some rounds, as what is left out is what else the machine did. */
import { AF_INET, EPOLL_CTL_ADD, EPOLLIN, SOCK_DGRAM } from '../../src/posix/index.js';
import type { BenchHost } from './bench-host.js';

const rounds = 7;

async function best(count: number, round: () => void | Promise<void>): Promise<number> {
  let bestNs = Infinity;
  for (let index = 0; index < rounds; index++) {
    const startMs = performance.now();
    await round();
    bestNs = Math.min(bestNs, ((performance.now() - startMs) * 1e6) / count);
  }
  return bestNs;
}

export interface CallFigures {
  /** The call with its result as an object. */
  readonly getsocknameNs: number;
  /** The bare call, its result left in the host's memory. */
  readonly getsocknameRawNs: number;
  readonly udpLoopbackNs: number;
  readonly epollWakeNs: number;
  readonly blockingReadNs: number;
}

export async function measureCalls({ posix, kernel }: BenchHost): Promise<CallFigures> {
  using process = posix.spawn();
  const address = { family: AF_INET, address: '127.0.0.1', port: 5000 } as const;
  const receiver = process.socket(AF_INET, SOCK_DGRAM);
  process.bind(receiver, address);
  const sender = process.socket(AF_INET, SOCK_DGRAM);
  const byte = Uint8Array.of(1);
  const buffer = new Uint8Array(8);

  const getsocknameNs = await best(100_000, () => {
    for (let count = 0; count < 100_000; count++) process.getsockname(receiver);
  });
  const getsocknameRawNs = await best(200_000, () => rawGetsockname(200_000));
  const udpLoopbackNs = await best(20_000, () => {
    for (let count = 0; count < 20_000; count++) {
      process.sendto(sender, byte, 0, address);
      process.recv(receiver, buffer);
    }
  });

  const event = process.eventfd();
  const epoll = process.epollCreate();
  process.epollControl(epoll, EPOLL_CTL_ADD, event, EPOLLIN);
  const epollWakeNs = await best(10_000, async () => {
    for (let count = 0; count < 10_000; count++) {
      const woken = process.epollWaitAsync(epoll, 1);
      process.eventfdWrite(event, 1n);
      await woken;
      process.eventfdRead(event);
    }
  });
  const [from, to] = process.pipe();
  const blockingReadNs = await best(10_000, async () => {
    for (let count = 0; count < 10_000; count++) {
      const read = process.readAsync(from, buffer);
      process.write(to, byte);
      await read;
    }
  });
  return { getsocknameNs, getsocknameRawNs, udpLoopbackNs, epollWakeNs, blockingReadNs };

  function rawGetsockname(count: number): void {
    const at = kernel.alloc(64);
    const getsockname = 204;
    kernel.memory.u32[at >>> 2] = 32;
    for (let index = 0; index < count; index++) {
      process.syscall(getsockname, receiver, at + 16, at);
    }
    kernel.free(at);
  }
}
