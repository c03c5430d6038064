// SPDX-License-Identifier: GPL-2.0-only

/** The test network itself: what it serves, that nothing leads out of it, and that nothing of it stays behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { addresses, nets, TestNetwork } from './network.js';

const net = nets.programs;

test('the machine’s own Linux finds names, pages and hops there', async () => {
  await using network = await TestNetwork.create('veth');
  await network.serveWeb();
  const { world } = network;
  const page = ['curl', '-sS', '--cacert', network.path('ca.pem'), `https://${addresses.name}/`];
  expect(await world.check(page, { net })).toBe('hello from nginx\n');
  const trace = await world.check(['traceroute', '-n', '-q', '1', addresses.far.ipv4], { net });
  expect(trace).toMatch(/ 1 +192\.0\.2\.1 .*\n 2 +198\.51\.100\.1 /);
});

test('a program that is not on the library’s stack reaches nobody', async () => {
  await using network = await TestNetwork.create('tap');
  const { world } = network;
  const ping = await world.run(['ping', '-c', '1', addresses.router.ipv4], { net });
  expect(ping.err).toMatch(/Network is unreachable/);
  expect(await world.check(['ip', '-o', 'link'], { net })).toMatch(/^1: lo: <LOOPBACK> [^\n]*\n$/);
  expect(await world.check(['ip', 'route', 'show', 'default'])).toBe('');
});

test('nothing is left when the test’s process is killed', async () => {
  const program = `
    import { TestNetwork } from '${packageRoot}/test/nuse/network.ts';
    const network = await TestNetwork.create('tap');
    network.world.start(['sleep', '7777']);
    const sleeping = await network.world.check(['pgrep', '-c', 'dnsmasq']);
    console.log(JSON.stringify({ folder: network.world.folder, dnsmasq: sleeping.trim() }));
  `;
  const node = ['--import', 'tsx', '--input-type=module', '-e', program];
  const owner = spawn(process.execPath, node, {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const { folder, dnsmasq } = JSON.parse(line.toString()) as { folder: string; dnsmasq: string };
  expect(dnsmasq).toBe('1');
  expect(existsSync(folder)).toBe(true);
  const within = `ps -eo args | grep -c '^dnsmasq.*${folder}' || true`;
  expect(await outside(within)).toBe('1\n');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  let left = '';
  for (let turn = 0; turn < 50 && left !== '0\n'; turn++) {
    await sleep(20);
    left = await outside(within);
  }
  expect(left).toBe('0\n');
  rmSync(folder, { recursive: true });
});

async function outside(script: string): Promise<string> {
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  shell.stdout.on('data', (data: Buffer) => (out += data.toString()));
  await once(shell, 'close');
  return out;
}
