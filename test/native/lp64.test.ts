// SPDX-License-Identifier: GPL-2.0-only

/** Structures that differ between 32 and 64 bits: the native form takes them as the machine's C makes them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeForm } from '../../kernel/build/forms/native.js';
import { profileKernel } from '../../kernel/build/locate.js';
import { Programs, run, type Run } from './link.js';

const structures = [
  'struct ifreq',
  'struct ifconf',
  'ifr_data',
  'struct rtentry',
  'struct msghdr, iovec, cmsghdr and SO_TIMESTAMP',
  'sendmsg',
  'struct mmsghdr',
  'struct scm_timestamping',
  'SO_RCVTIMEO',
  'SO_ATTACH_FILTER',
  'struct group_req',
  'xt_rateinfo',
  'xt_hashlimit_mtinfo3',
  'xt_recent_mtinfo_v1',
];

let programs: Programs;
let result: Run;
let said: readonly string[];
beforeAll(() => {
  programs = new Programs();
  const { wasmPath } = profileKernel('full', nativeForm);
  const sources = ['lp64.c', 'lp64-xtables.c', 'host.c', 'fail.c'];
  result = run(programs.link('lp64', sources, wasmPath), []);
  said = result.stdout.split('\n');
});
afterAll(() => programs[Symbol.dispose]());

describe('the native form takes and gives', () => {
  test.each(structures)('%s', (name) => {
    const failure = result.stderr.trim();
    expect(said, failure).toContain(`ok ${name}`);
  });
});

test('nothing went wrong on the way', () => {
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
});
