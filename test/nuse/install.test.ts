// SPDX-License-Identifier: GPL-2.0-only

/** `libos install`: the bare names work, for everybody on the machine, and are gone after `libos uninstall`. */
import { expect, test } from 'vitest';
import { cacheRoot } from '../../kernel/build/cache.js';
import { tapNic } from './library.js';
import { createMachine } from './machine.js';
import { addresses, tapName, type TestNetwork } from './network.js';

const description = `${tapNic()}\n[resolvConf]\nservers = ["${addresses.router.ipv4}"]\n`;

test('LD_PRELOAD=libnuse-linux.so ping -c 3 www.google.com', async () => {
  await using network = await createMachine();
  const { world } = network;
  network.file('.config/libos/default.toml', description);
  await world.check(['libos', 'install']);
  const before = await framesFromHost(network);
  // The host is not up: the first program starts it.
  const out = await world.check([
    'sh',
    '-c',
    'LD_PRELOAD=libnuse-linux.so ping -c 3 www.google.com',
  ]);
  expect(out).toMatch(/^PING www\.google\.com/);
  expect(out).toMatch(/3 packets transmitted, 3 received, 0% packet loss/);
  expect(await framesFromHost(network)).toBeGreaterThanOrEqual(before + 3);
  expect(await world.check(['libos', 'status'])).toMatch(/^default: up for/);
  await world.check(['libos', 'down']);
  await world.check(['libos', 'uninstall']);
  const after = await world.run(['sh', '-c', 'LD_PRELOAD=libnuse-linux.so /bin/true']);
  expect(after.err).toMatch(/object 'libnuse-linux\.so' from LD_PRELOAD cannot be preloaded/);
});

test('somebody who is not root installs and runs it in their own place', async () => {
  await using network = await createMachine();
  const { world } = network;
  const home = network.path('over/somebody');
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: `${home}/run`,
    // The kernels that are built, where somebody else may read them.
    LIBOS_CACHE: `${home}/.cache/libos`,
  };
  await world.script([
    `mkdir -p ${home}/run ${home}/.cache/libos ${home}/.config/libos`,
    `mount --bind ${cacheRoot()} ${home}/.cache/libos`,
    `echo 'nics = []' > ${home}/.config/libos/default.toml`,
    `chown -R 65534:65534 ${home}/run ${home}/.config ${home}`,
  ]);
  const somebody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const script = [
    'libos install --prefix $HOME/.local',
    'export PATH=$HOME/.local/bin:$PATH LD_LIBRARY_PATH=$HOME/.local/lib',
    'libos run -- ping -c 1 127.0.0.1',
    'LD_PRELOAD=libnuse-linux.so ip -br link',
    'libos run -- ip link add mine type veth peer name other',
    'libos run -- ip -br link show mine',
    'libos down',
  ];
  const out = await world.check([...somebody, 'bash', '-ec', script.join('\n')], { env });
  expect(out).toMatch(/1 packets transmitted, 1 received[^]*^lo +UNKNOWN[^]*^mine@other/m);
});

/** How many frames the router has received through the TAP. */
async function framesFromHost(network: TestNetwork): Promise<number> {
  const out = await network.world.check(['ip', '-j', '-s', 'link', 'show', tapName]);
  const [link] = JSON.parse(out) as [
    { readonly stats64: { readonly rx: { readonly packets: number } } },
  ];
  return link.stats64.rx.packets;
}
