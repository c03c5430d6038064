// SPDX-License-Identifier: GPL-2.0-only

/** Servers with their own clients: ssh and redis. */
import { expect } from 'vitest';
import { type ProgramCase } from '../case.js';
import { addresses, nets, type TestNetwork } from '../network.js';
import type { Stage } from '../stage.js';

const { far, library } = addresses;

/** Keys and configuration of an sshd that lets root in by the test's key. */
async function sshKeys(network: TestNetwork): Promise<string> {
  const { world } = network;
  await world.script([
    'test -f $HOME/host_key || ssh-keygen -q -t ed25519 -N "" -f $HOME/host_key',
    'test -f $HOME/user_key || ssh-keygen -q -t ed25519 -N "" -f $HOME/user_key',
    'cp $HOME/user_key.pub $HOME/authorized',
    'mkdir -p /run/sshd',
  ]);
  return network.file(
    'sshd_config',
    [
      ...['Port 2222', `HostKey ${network.path('host_key')}`, 'PidFile none', 'UsePAM no'],
      ...[`AuthorizedKeysFile ${network.path('authorized')}`, 'StrictModes no'],
      ...['PasswordAuthentication no', 'Subsystem sftp internal-sftp'],
    ].join('\n'),
  );
}

function ssh(network: TestNetwork, program: 'ssh' | 'scp'): string[] {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  return [
    ...[
      program,
      '-q',
      '-F',
      'none',
      '-i',
      network.path('user_key'),
      program === 'ssh' ? '-p' : '-P',
      '2222',
    ],
    ...options.flatMap((option) => ['-o', option]),
  ];
}

async function withSshd(stage: Stage, use: () => Promise<void>): Promise<void> {
  const config = await sshKeys(stage.network);
  const server = stage.start(['/usr/sbin/sshd', '-D', '-e', '-f', config]);
  await server.until(/Server listening on 0\.0\.0\.0/);
  try {
    await use();
  } finally {
    await server.stop();
  }
}

const sshCases: readonly ProgramCase[] = [
  {
    program: 'ssh',
    does: 'a command on the far host',
    async run(stage) {
      const { network } = stage;
      const config = await sshKeys(network);
      await network.world.check(['/usr/sbin/sshd', '-f', config], { net: nets.far });
      const out = await stage.check([...ssh(network, 'ssh'), `root@${far.ipv4}`, 'ip -br addr']);
      expect(out).toContain(far.ipv4);
    },
  },
  {
    program: 'ssh',
    does: 'a mebibyte through it',
    async run(stage) {
      const remote = [
        ...ssh(stage.network, 'ssh'),
        `root@${far.ipv4}`,
        'head -c 1048576 /dev/zero',
      ];
      expect(
        await stage.check(['sh', '-c', `${remote.map((word) => `'${word}'`).join(' ')} | wc -c`]),
      ).toMatch(/^1048576$/m);
    },
  },
  {
    program: 'sshd',
    does: 'a command from the router',
    async run(stage) {
      await withSshd(stage, async () => {
        const command = [
          ...ssh(stage.network, 'ssh'),
          `root@${library.ipv4}`,
          'echo $SSH_CONNECTION',
        ];
        expect(await stage.network.world.check(command)).toContain(`${library.ipv4} 2222`);
      });
    },
  },
  {
    program: 'sshd',
    does: 'a client on the same host, and scp',
    async run(stage) {
      const { network } = stage;
      await withSshd(stage, async () => {
        expect(await stage.check([...ssh(network, 'ssh'), 'root@127.0.0.1', 'echo in'])).toBe(
          'in\n',
        );
        const file = network.file('sent', new Uint8Array(300_000).fill(7));
        await stage.check([...ssh(network, 'scp'), file, `root@127.0.0.1:${network.path('got')}`]);
        await network.world.check(['cmp', file, network.path('got')]);
      });
    },
  },
];

async function withRedis(stage: Stage, use: () => Promise<void>): Promise<void> {
  const server = stage.start([
    'redis-server',
    '--port',
    '6379',
    '--save',
    '',
    '--protected-mode',
    'no',
    '--bind',
    '0.0.0.0',
    '::',
    '--dir',
    stage.network.path(''),
  ]);
  await server.until(/Ready to accept connections/);
  try {
    await use();
  } finally {
    await server.stop();
  }
}

const redisCases: readonly ProgramCase[] = [
  {
    program: 'redis-server',
    does: 'clients on both sides',
    async run(stage) {
      await withRedis(stage, async () => {
        const { world } = stage.network;
        expect(await stage.check(['redis-cli', 'set', 'key', 'value'])).toBe('OK\n');
        expect(await world.check(['redis-cli', '-h', library.ipv4, 'get', 'key'])).toBe('value\n');
        expect(await world.check(['redis-cli', '-h', library.ipv6, 'ping'])).toBe('PONG\n');
      });
    },
  },
  {
    program: 'redis-cli',
    does: 'commands by a pipe, and subscriptions',
    async run(stage) {
      await withRedis(stage, async () => {
        const many = Array.from({ length: 2000 }, (_, index) => `set k${index} v${index}\r\n`).join(
          '',
        );
        const out = await stage.check(['redis-cli', '--pipe'], { input: many });
        expect(out).toMatch(/errors: 0, replies: 2000/);
        const subscriber = stage.start(['redis-cli', 'subscribe', 'news']);
        await subscriber.until(/subscribe[^]*news/);
        expect(await stage.check(['redis-cli', 'publish', 'news', 'hello'])).toBe('1\n');
        await subscriber.until(/hello/);
        await subscriber.stop();
      });
    },
  },
  {
    program: 'redis-benchmark',
    does: 'fifty clients on the host',
    async run(stage) {
      await withRedis(stage, async () => {
        const out = await stage.check([
          'redis-benchmark',
          '-q',
          '-n',
          '2000',
          '-t',
          'set,get,lpush',
        ]);
        expect(out).toMatch(/SET: [\d.]+ requests per second/);
        expect(out).toMatch(/LPUSH: [\d.]+ requests per second/);
      });
    },
  },
];

export const cases: readonly ProgramCase[] = [...sshCases, ...redisCases];
