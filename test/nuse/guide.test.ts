// SPDX-License-Identifier: GPL-2.0-only

/** The guide's pages about native programs, typed in as they are, on a machine that has nothing of it before. */
import { expect, test } from 'vitest';
import { shellBlocks } from '../helpers/guide.js';
import { createMachine } from './machine.js';
import type { TestNetwork } from './network.js';

test('native programs on the library’s stack', async () => {
  await using network = await createMachine();
  const said = await type(network, 'docs/guide/nuse.md');
  expect(said).toMatch(/installed \/usr\/local\/lib\/libnuse-linux\.so/);
  expect(said).toMatch(
    /PING www\.google\.com[^]*3 packets transmitted, 3 received, 0% packet loss/,
  );
  expect(said).toMatch(/^eth0 +\S+ +192\.0\.2\.2\/24 2001:db8:1::2\/64/m);
  expect(said).toMatch(/^hello from nginx$/m);
  expect(said).toMatch(/net\.ipv4\.ip_default_ttl = 42\n[^]*default via 192\.0\.2\.1[^]*TCP:/);
  expect(said).toMatch(/^default: up for/m);
  expect(said).toMatch(/host 'default' is down\n$/);
});

test('a stack of its own for each program', async () => {
  await using network = await createMachine();
  await network.world.check(['libos', 'install']);
  const said = await type(network, 'docs/guide/personality.md');
  expect(said).toMatch(
    /careful:\nnet.ipv4.tcp_congestion_control = vegas\n[^]*tcp_rmem = 4096\t16384\t65536\n/,
  );
  expect(said).toMatch(/eager:\nnet.ipv4.tcp_congestion_control = bbr\nnet.ipv4.tcp_ecn = 1\n/);
  expect(said).toMatch(/ESTAB[^]* vegas [^]*ESTAB[^]* bbr [^]*^no DCCP here\nDCCP/m);
});

/** Types all shell blocks of a page into one shell, and returns what it says. */
async function type(network: TestNetwork, page: string): Promise<string> {
  const blocks = await shellBlocks(page);
  const { code, out, err } = await network.world.run(['bash', '-e'], {
    input: blocks.join('\n'),
    timeoutMs: 50_000,
  });
  expect(code, `${out}\n${err}`).toBe(0);
  return out;
}
