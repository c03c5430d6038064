// SPDX-License-Identifier: GPL-2.0-only

/** Native hosts in real time: links' delays, kernels' timers, clocks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CalendarKeeper } from '../../../src/native/calendar.js';
import { KernelPanic } from '../../../src/kernel/index.js';
import {
  AF_INET,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  NR,
  ping,
  SOCK_STREAM,
  type Process,
} from '../../../src/posix/index.js';
import { addresses, nativePair, realPair } from './pair.js';

const millisecond = 1e6;

function monotonicNs(process: Process): number {
  const { seconds, nanoseconds } = process.clockGettime(CLOCK_MONOTONIC);
  return seconds * 1e9 + nanoseconds;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe('a native host in real time', () => {
  test('a ping over a link of 5 ms takes 10 ms', async () => {
    using pair = realPair({ delay: '5 ms' });
    const process = pair.hosts[0].posix.spawn();
    const times: number[] = [];
    for (let sequence = 1; sequence <= 20; sequence++) {
      times.push((await ping(process, addresses[1], { sequence })).roundTripNs);
    }
    for (const time of times) expect(time).toBeGreaterThanOrEqual(10 * millisecond);
    // The quickest: others may have waited for a busy machine.
    expect(Math.min(...times)).toBeLessThan(12.5 * millisecond);
  });

  test('timers of the kernel come to a fraction of a millisecond', async () => {
    using pair = realPair();
    const process = pair.hosts[0].posix.spawn();
    const fd = process.timerfdCreate(CLOCK_MONOTONIC);
    const late: number[] = [];
    for (let i = 0; i < 40; i++) {
      const wantedNs = 300_000 + i * 17_000;
      const startNs = monotonicNs(process);
      process.timerfdSet(fd, { valueNs: wantedNs, intervalNs: 0 });
      await process.readAsync(fd, new Uint8Array(8));
      late.push(monotonicNs(process) - startNs - wantedNs);
    }
    for (const each of late) expect(each).toBeGreaterThanOrEqual(0);
    expect(sorted(late)[late.length >> 2]).toBeLessThan(0.7 * millisecond);
  });

  test('its clocks are the machine’s', async () => {
    using pair = realPair();
    const process = pair.hosts[0].posix.spawn();
    const { seconds, nanoseconds } = process.clockGettime(CLOCK_REALTIME);
    expect(Math.abs(Date.now() - seconds * 1e3 - nanoseconds / 1e6)).toBeLessThan(5);
    const before = monotonicNs(process);
    await sleep(30);
    const passed = monotonicNs(process) - before;
    expect(passed).toBeGreaterThan(29 * millisecond);
    expect(passed).toBeLessThan(200 * millisecond);
  });

  test('follows when the machine’s calendar is set', async () => {
    using pair = await nativePair();
    const [host] = pair.hosts;
    const machine = { offsetNs: 5e17, seconds: 1_800_000_000 };
    const keeper = new CalendarKeeper(host.scheduler, host.posix, {
      offsetNs: () => machine.offsetNs,
      now: () => ({ seconds: machine.seconds, nanoseconds: 123 }),
    });
    const seconds = (): number => host.posix.service.clockGettime(CLOCK_REALTIME).seconds;
    const before = seconds();
    machine.offsetNs += 1000;
    await pair.run(11e9);
    expect(seconds()).toBe(before + 11);
    machine.offsetNs += 3600e9;
    await pair.run(5e9);
    expect(Math.abs(seconds() - machine.seconds)).toBeLessThanOrEqual(5);
    keeper.close();
    const after = seconds();
    machine.offsetNs += 3600e9;
    await pair.run(20e9);
    expect(seconds()).toBe(after + 20);
  });

  test('TCP goes at the link’s rate', async () => {
    using pair = realPair({ delay: '1 ms', rate: '200 Mbit/s' });
    const [sender, receiver] = [pair.hosts[0].posix.spawn(), pair.hosts[1].posix.spawn()];
    const listener = receiver.socket(AF_INET, SOCK_STREAM);
    receiver.bind(listener, { family: AF_INET, address: '0.0.0.0', port: 5000 });
    receiver.listen(listener);
    const bytes = 5_000_000;
    const received = (async () => {
      const { fd } = await receiver.acceptAsync(listener);
      const buffer = new Uint8Array(1 << 20);
      let total = 0;
      for (;;) {
        const length = await receiver.readAsync(fd, buffer);
        if (length === 0) return total;
        total += length;
      }
    })();
    const startNs = pair.timeline.nowNs;
    const socket = sender.socket(AF_INET, SOCK_STREAM);
    await sender.connectAsync(socket, { family: AF_INET, address: addresses[1], port: 5000 });
    await sender.writeAsync(socket, new Uint8Array(bytes));
    sender.close(socket);
    expect(await received).toBe(bytes);
    const seconds = (pair.timeline.nowNs - startNs) / 1e9;
    expect(seconds).toBeGreaterThan((bytes * 8) / 200e6);
    expect(seconds).toBeLessThan(15 * ((bytes * 8) / 200e6));
  });

  test('a panic ends what waits on that host, and the other goes on', async () => {
    using pair = realPair({ delay: '1 ms' });
    const [a, b] = pair.hosts;
    const waiting = b.posix.spawn();
    const listener = waiting.socket(AF_INET, SOCK_STREAM);
    waiting.listen(listener);
    const accepted = waiting.acceptAsync(listener);
    const rebooting = b.posix.spawn();
    expect(() => rebooting.syscall(NR.reboot, 0xfee1dead, 672274793, 0x1234567)).toThrow(
      KernelPanic,
    );
    await expect(accepted).rejects.toThrow(KernelPanic);
    const process = a.posix.spawn();
    await expect(ping(process, addresses[1], { timeout: '30 ms' })).rejects.toThrow('ETIMEDOUT');
    expect((await ping(process, '127.0.0.1')).roundTripNs).toBeLessThan(20 * millisecond);
  });
});
