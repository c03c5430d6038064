// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { SeededEntropy } from '../../../src/host/index.js';
import { AF_INET, PosixHost, SOCK_DGRAM } from '../../../src/posix/index.js';
import { VirtualTime } from '../../helpers/virtual-host.js';
import { CoveredKernel } from './report.js';

test('a kernel that says what has run boots, and says it once', async () => {
  const covered = await CoveredKernel.load({ profile: 'sim' });
  const time = new VirtualTime();
  const instance = covered.kernel.boot({
    clock: {
      get nowNs() {
        return time.now;
      },
    },
    entropy: SeededEntropy.fromSeed(1, 'covered'),
  });
  const host = new PosixHost(instance, time);
  const booted = covered.reached(instance);
  expect(new Set(booted).size).toBe(booted.length);
  expect(booted.every((block) => block < covered.blockCount)).toBe(true);
  expect(booted.length).toBeGreaterThan(1000);
  expect(covered.functions(booted).has('udp_sendmsg')).toBe(false);

  const process = host.spawn();
  const send = (): void => {
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.sendto(fd, 'hello', 0, { family: AF_INET, address: '127.0.0.1', port: 9 });
    process.close(fd);
  };
  host.route.links.change('lo', { up: true });
  send();
  const sent = covered.reached(instance);
  expect(sent.slice(0, booted.length)).toEqual(booted);
  expect(covered.functions(sent.slice(booted.length)).get('udp_sendmsg')).toBeGreaterThan(5);
  const report = covered.report(sent);
  expect(report).toMatch(/^net\/ipv4\/udp\.c: \d+ of \d+$/m);
  expect(report).not.toMatch(/never:.* udp_sendmsg \(/);
  expect(report).toMatch(/never:.* udp_recvmsg \(/);

  // What has run before is not told again.
  for (let i = 0; i < 3; i++) send();
  const before = covered.reached(instance).length;
  send();
  expect(covered.reached(instance).length).toBe(before);
});
