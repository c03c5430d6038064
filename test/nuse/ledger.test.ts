// SPDX-License-Identifier: GPL-2.0-only

/** The ledger of programs names every case once, and every program that must work. That it is true, its cases tell. */
import { expect, test } from 'vitest';
import { readLedger } from './case.js';
import { allCases } from './programs/index.js';

const ledger = readLedger();

/** Programs that the library is for. */
const required = [
  ...['ping', 'traceroute', 'tracepath', 'dig', 'host', 'curl', 'wget', 'nc', 'socat', 'iperf3'],
  ...['ssh', 'sshd', 'python3', 'nginx', 'wrk', 'redis-server', 'redis-cli', 'redis-benchmark'],
  ...['node', 'tcpdump', 'ip', 'ss', 'tc', 'bridge', 'ethtool', 'sysctl', 'iptables', 'ip6tables'],
  ...['nft', 'conntrack', 'ipset', 'wg', 'arping'],
];

test('every program that must work is in the ledger, with something that works', () => {
  const without = required.filter((program) => (ledger[program]?.works.length ?? 0) === 0);
  expect(without).toEqual([]);
});

test('the ledger has exactly the cases that are tested', () => {
  const listed = Object.entries(ledger).flatMap(([program, { works, doesNot = {} }]) =>
    [...works, ...Object.keys(doesNot)].map((does) => `${program}: ${does}`),
  );
  const tested = allCases.map(({ program, does }) => `${program}: ${does}`);
  expect([...listed].sort()).toEqual([...tested].sort());
  expect(new Set(tested).size).toBe(tested.length);
});

test('what does not work has a reason', () => {
  const reasons = Object.values(ledger).flatMap(({ doesNot = {} }) => Object.values(doesNot));
  expect(reasons.filter((reason) => reason.length < 20)).toEqual([]);
});
