// SPDX-License-Identifier: GPL-2.0-only

/**
 * Signals at a bad moment, to the program and to the broker: a descriptor is then in the program or nowhere, never
 * left over on either side, and no connection is lost that a program was about to accept.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomeOf, TestHost } from './test-host.js';

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const fine = { code: 0, out: '0 more, 0 lost, signals\n', err: '' };
const times = '1500';

/**
 * How many descriptors the broker has, when it has let go of the programs' that have ended. Those of processes it
 * keeps for a while, a fixed number of them.
 */
async function brokerDescriptors(): Promise<number> {
  const pid = await host.brokerPid();
  let last = -1;
  await expect
    .poll(
      () => {
        const before = last;
        const folder = `/proc/${pid}/fd`;
        last = readdirSync(folder).filter((fd) => !isProcess(join(folder, fd))).length;
        return last === before;
      },
      { interval: 500, timeout: 10_000 },
    )
    .toBe(true);
  return last;
}

function isProcess(link: string): boolean {
  try {
    return readlinkSync(link) === 'anon_inode:[pidfd]';
  } catch {
    // Closed meanwhile.
    return true;
  }
}

test.each(['restart', 'interrupt'])(
  'to the program, which has asked for them to %s its calls',
  async (what) => {
    const program = host.compile('signals');
    await host.run([program, '5', what]);
    const before = await brokerDescriptors();
    expect(await host.run([program, times, what], { timeoutMs: 60_000 })).toEqual(fine);
    expect(await brokerDescriptors()).toBe(before);
  },
);

test('to the broker, which handles them', async () => {
  const [program, flood] = [host.compile('signals'), host.compile('flood')];
  await host.run([program, '5', 'restart']);
  const before = await brokerDescriptors();
  const flooding = host.start([flood, String(await host.brokerPid())]);
  const ended = outcomeOf(flooding, 90_000);
  expect(await host.run([program, times, 'restart'], { timeoutMs: 60_000 })).toEqual(fine);
  flooding.kill();
  await ended;
  expect(await brokerDescriptors()).toBe(before);
  expect(host.log()).not.toContain('SECCOMP_IOCTL');
});
