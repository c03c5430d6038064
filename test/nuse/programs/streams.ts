// SPDX-License-Identifier: GPL-2.0-only

/** Programs that carry bytes: nc, socat and iperf3, as client, as server, and both on the host. */
import { expect } from 'vitest';
import { receivedBitsPerSecond } from '../../../bench/nuse/figures.js';
import { prints, refuses, type ProgramCase } from '../case.js';
import { addresses, nets } from '../network.js';
import type { Stage } from '../stage.js';

const { far, library, router } = addresses;

/** A shell line: a server in the background, then, when it listens at `port`, its client; both on the host. */
function both(server: string, port: number, client: string, protocol = 't'): string {
  return [
    `${server} & server=$!`,
    `for i in $(seq 100); do ss -Hln${protocol} "sport = :${port}" | grep -q . && break; sleep 0.02; done`,
    client,
    'kill $server 2>/dev/null || true',
  ].join('\n');
}

/** iperf3 on the host against the far host, which must move bytes. */
function iperf(does: string, options: string, check: (report: string) => void): ProgramCase {
  return {
    program: 'iperf3',
    does,
    async run(stage) {
      const server = stage.network.world.start(['iperf3', '-s', '-1', '--forceflush'], {
        net: nets.far,
      });
      await server.until(/Server listening/);
      try {
        const target = options.includes('-6') ? far.ipv6 : far.ipv4;
        check(
          await stage.check(['iperf3', '-c', target, '-t', '1', '--json', ...options.split(' ')]),
        );
      } finally {
        await server.stop();
      }
    },
  };
}

/** More than that in each of the report's sums that are named. */
function moved(least: number, ...sums: readonly string[]): (report: string) => void {
  return (report) => {
    const { end } = JSON.parse(report) as {
      readonly end: Record<string, { readonly bits_per_second: number }>;
    };
    for (const sum of sums) expect(end[sum]?.bits_per_second, sum).toBeGreaterThan(least);
  };
}

async function iperfServer(stage: Stage): Promise<void> {
  const server = stage.start(['iperf3', '-s', '-1', '--forceflush']);
  await server.until(/Server listening/);
  const client = ['iperf3', '-c', library.ipv4, '-t', '1', '--json', '-P', '2'];
  expect(receivedBitsPerSecond(await stage.network.world.check(client))).toBeGreaterThan(1e7);
  expect(await server.ended).toBe(0);
}

const manyAtOnce = `
import asyncio
async def upper(reader, writer):
    writer.write((await reader.read(100)).upper())
    await writer.drain()
    writer.close()
async def ask(port, text):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(text.encode())
    return await reader.read()
async def main():
    server = await asyncio.start_server(upper, '127.0.0.1', 0, backlog=100)
    port = server.sockets[0].getsockname()[1]
    answers = await asyncio.gather(*[ask(port, f'message {index}') for index in range(150)])
    print(len(set(answers)), 'answers')
asyncio.run(main())
`;
const multipath = `
import socket
IPPROTO_MPTCP, SOL_TCP, TCP_IS_MPTCP = 262, 6, 43
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
server.bind(('127.0.0.1', 0))
server.listen()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
client.connect(server.getsockname())
peer, _ = server.accept()
client.sendall(b'over many paths')
print(peer.recv(100).decode(), client.getsockopt(SOL_TCP, TCP_IS_MPTCP))
`;

/** A program for python3, which reads it as its input. */
function python(does: string, program: string, pattern: RegExp): ProgramCase {
  return {
    program: 'python3',
    does,
    async run(stage) {
      expect(await stage.check(['python3', '-'], { input: program })).toMatch(pattern);
    },
  };
}

export const cases: readonly ProgramCase[] = [
  python('asyncio: more connections at once than the backlog', manyAtOnce, /^150 answers$/m),
  python('Multipath TCP', multipath, /^over many paths 1$/m),
  prints(
    'bash',
    '/dev/tcp',
    both(
      'socat TCP-LISTEN:7018 EXEC:cat',
      7018,
      `bash -c 'exec 3<>/dev/tcp/127.0.0.1/7018; echo from bash >&3; read -u 3 line; echo "$line"'`,
    ),
    /^from bash$/m,
  ),
  prints(
    'nc',
    'TCP on the host',
    both(
      'nc -l 7001 < /etc/hostname',
      7001,
      'nc -d -N 127.0.0.1 7001 | cmp - /etc/hostname && echo same',
    ),
    /^same$/m,
  ),
  prints(
    'nc',
    'TCP over IPv6',
    both(
      'nc -6 -l 7002 < /etc/hostname',
      7002,
      'nc -d -N ::1 7002 | cmp - /etc/hostname && echo same',
    ),
    /^same$/m,
  ),
  prints(
    'nc',
    'UDP',
    both(
      'timeout 5 nc -u -l 7003 > $HOME/udp',
      7003,
      'echo datagram | nc -u -w 1 127.0.0.1 7003; cat $HOME/udp',
      'u',
    ),
    /^datagram$/m,
  ),
  prints('nc', 'a port scan', `nc -zv ${router.ipv4} 53`, /succeeded/),
  refuses('nc', 'a port where nobody listens', `nc -zv ${router.ipv4} 9`, 1, /Connection refused/),
  prints(
    'nc',
    'a unix socket, which stays the machine’s',
    'rm -f $HOME/u; (echo local | nc -N -lU $HOME/u) & while [ ! -S $HOME/u ]; do sleep 0.02; done; nc -d -U $HOME/u',
    /^local$/m,
  ),
  prints(
    'socat',
    'an echo server that forks',
    both(
      'socat TCP-LISTEN:7011,fork,reuseaddr EXEC:cat',
      7011,
      'for i in 1 2 3; do echo message $i | socat -t 2 - TCP:127.0.0.1:7011; done',
    ),
    /message 1\nmessage 2\nmessage 3/,
  ),
  prints(
    'socat',
    'IPv6',
    both('socat TCP6-LISTEN:7012 EXEC:cat', 7012, 'echo six | socat -t 2 - TCP6:[::1]:7012'),
    /^six$/m,
  ),
  prints(
    'socat',
    'UDP there and back',
    both(
      'socat UDP-LISTEN:7013,fork EXEC:cat',
      7013,
      'echo datagram | socat -t 0.5 - UDP:127.0.0.1:7013',
      'u',
    ),
    /^datagram$/m,
  ),
  prints(
    'socat',
    'UDP received from anybody',
    both(
      'socat UDP-RECVFROM:7014,fork SYSTEM:"cat; echo from $SOCAT_PEERADDR"',
      7014,
      'echo question | socat -t 0.5 - UDP:127.0.0.1:7014',
      'u',
    ),
    /question/,
  ),
  prints(
    'socat',
    'a mebibyte each way',
    both(
      'socat TCP-LISTEN:7015 EXEC:cat',
      7015,
      'head -c 1048576 /dev/zero | socat -t 5 - TCP:127.0.0.1:7015 | wc -c',
    ),
    /^1048576$/m,
  ),
  prints(
    'socat',
    'from TCP to a unix socket',
    both(
      '(socat UNIX-LISTEN:$HOME/s EXEC:cat & sleep 0.2; socat TCP-LISTEN:7016 UNIX-CONNECT:$HOME/s)',
      7016,
      'echo through | socat -t 2 - TCP:127.0.0.1:7016',
    ),
    /^through$/m,
  ),
  prints(
    'socat',
    'SCTP',
    both(
      'socat SCTP-LISTEN:7017 EXEC:cat',
      7017,
      '(echo chunk; sleep 0.5) | socat - SCTP:127.0.0.1:7017',
      'S',
    ),
    /^chunk$/m,
  ),
  iperf('TCP', '-C cubic', (report) => expect(receivedBitsPerSecond(report)).toBeGreaterThan(1e7)),
  iperf('TCP in reverse', '-R', (report) =>
    expect(receivedBitsPerSecond(report)).toBeGreaterThan(1e7),
  ),
  iperf('TCP over IPv6', '-6', (report) =>
    expect(receivedBitsPerSecond(report)).toBeGreaterThan(1e7),
  ),
  iperf('UDP', '-u -b 20M', moved(10e6, 'sum')),
  iperf('UDP in reverse', '-u -b 20M -R', moved(10e6, 'sum')),
  iperf('eight streams', '-P 8', moved(1e7, 'sum_sent', 'sum_received')),
  iperf(
    'both ways at once',
    '--bidir',
    moved(1e6, 'sum_sent', 'sum_received', 'sum_sent_bidir_reverse', 'sum_received_bidir_reverse'),
  ),
  { program: 'iperf3', does: 'server', run: iperfServer },
];
