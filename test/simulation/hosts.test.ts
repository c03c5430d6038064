// SPDX-License-Identifier: GPL-2.0-only

/** Hosts: configuration, kernels of their own, crashes, reboots, panics, clocks. */
import { describe, expect, test } from 'vitest';
import { Kernel, KernelPanic, Simulation } from '../../src/index.js';
import { NR } from '../../src/posix/index.js';

function pair() {
  const sim = new Simulation({ seed: 1 });
  const [alice, bob] = sim.hosts('alice', 'bob');
  const link = sim.connect(alice, bob, { delay: '10 ms' });
  return { sim, alice, bob, link };
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

describe('configuration', () => {
  test('is applied at each boot, before programs, and at once when the host is up', async () => {
    const { sim, alice } = pair();
    alice.configure((host) => host.congestionControl('reno'));
    alice.sysctl('net.ipv4.ip_default_ttl', 10);
    const seen = alice.run((os) => os.sysctl('net.ipv4.tcp_congestion_control'), { restart: true });
    expect(await sim.runUntil(seen)).toBe('reno');
    alice.sysctl('net.ipv4.ip_default_ttl', 20);
    expect(alice.sysctl('net.ipv4.ip_default_ttl')).toBe('20');
    alice.reboot();
    expect(alice.sysctl('net.ipv4.ip_default_ttl')).toBe('20');
    expect(alice.sysctl('net.ipv4.tcp_congestion_control')).toBe('reno');
  });

  test('reaches queueing and netfilter', async () => {
    const { sim, alice } = pair();
    alice.configure((host) => host.qdisc('eth0', { kind: 'fq_codel' }));
    await sim.run('1 s');
    expect(alice.posix.route.trafficControl.qdiscs('eth0').map(({ kind }) => kind)).toContain(
      'fq_codel',
    );
    const full = sim.host('full', { kernel: 'full' });
    const NETLINK_NETFILTER = 12;
    // NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN: the number of the rule set's generation.
    const answers = full.run((os) =>
      os.netlink(NETLINK_NETFILTER).request('GETGEN', (10 << 8) | 16, 0, new Uint8Array(4)),
    );
    const { messages } = await sim.runUntil(answers);
    expect(messages).toHaveLength(1);
  });

  test('that fails is an error with the host and the line, and one that waits is refused', () => {
    const { sim, alice, bob } = pair();
    alice.sysctl('net.ipv4.no_such_thing', 1);
    expect(() => sim.start()).toThrow(
      /^alice: configuration failed: .*no_such_thing.* \(hosts\.test\.ts:\d+\)$/,
    );
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- this is the mistake
    bob.configure(async () => Promise.resolve());
    expect(() => bob.posix).toThrow(/bob: configuration failed: the function is asynchronous/);
  });

  test('each host knows its name and everybody else', async () => {
    const { sim, alice } = pair();
    const file = alice.run((os) => [os.process.uname().nodename, os.readFile('/etc/hosts')]);
    expect(await sim.runUntil(file)).toEqual([
      'alice',
      [
        '127.0.0.1 localhost\n::1 localhost',
        '10.0.1.1 alice\nfd00:0:0:1::1 alice',
        '10.0.1.2 bob\nfd00:0:0:1::2 bob\n',
      ].join('\n'),
    ]);
  });
});

test('two hosts with different kernels in one simulation talk to each other', async () => {
  const sim = new Simulation({ kernel: 'sim' });
  const small = sim.host('small');
  const large = sim.host('large', { kernel: { profile: 'full' }, memoryMax: '96 MiB' });
  sim.connect(small, large);
  large.run(async (os) => {
    for await (const socket of os.listen(7)) void socket.echo();
  });
  const answer = small.run(async (os) => {
    using socket = await os.connect('large', 7);
    await socket.write('hello');
    socket.end();
    return new TextDecoder().decode(await socket.readAll());
  });
  expect(await sim.runUntil(answer)).toBe('hello');
  // DCCP is only in the profile full.
  expect(large.posix.service.socket(2, 6, 33)).toBeGreaterThanOrEqual(0);
  expect(() => small.posix.service.socket(2, 6, 33)).toThrow();
  expect(Kernel.loadSync({ name: 'sim' })).toBe(await Kernel.load({ profile: 'sim' }));
});

describe('a crash', () => {
  test('ends the host at once: its programs fail, its peers hear nothing, frames to it are lost', async () => {
    const { sim, alice, bob } = pair();
    const server = bob.run(async function server(os) {
      const socket = await os.listen(7).accept();
      for (;;) await socket.read();
    });
    const client = alice.run(async (os) => {
      using socket = await os.connect('bob', 7);
      for (;;) {
        await socket.write('more');
        await os.sleep('10 ms');
      }
    });
    await sim.run('1 s');
    bob.crash();
    expect(server.state).toBe('failed');
    expect(client.state).toBe('running');
    expect(() => bob.posix).toThrow('bob is down');
    expect(() => server.result).toThrow(
      /^bob\/server .* the kernel of bob is gone: the host has crashed$/,
    );
    // Nobody was asked to handle that: it was meant.
    await sim.run('10 s');
    expect(client.state).toBe('running');
    expect(() => bob.crash()).toThrow(/bob cannot crash: it is down already \(hosts\.test\.ts/);
  });

  test('a host that comes back has its addresses, its configuration and its restartable programs', async () => {
    const { sim, alice, bob } = pair();
    let starts = 0;
    bob.run(
      async function server(os) {
        starts++;
        for await (const socket of os.listen(7)) void socket.echo();
      },
      { restart: true },
    );
    const once = bob.run((os) => os.sleep('1 h'));
    const ask = () =>
      alice.run(async (os) => {
        using socket = await os.connect('bob', 7);
        await socket.write('hello');
        socket.end();
        return (await socket.readAll()).length;
      });
    expect(await sim.runUntil(ask())).toBe(5);
    const mac = bob.nics[0]!.mac;
    bob.crash();
    bob.reboot({ after: '2 s' });
    await sim.run('1 s');
    expect(bob.state).toBe('down');
    await sim.run('1 s');
    expect([bob.state, bob.bootCount, starts]).toEqual(['up', 2, 2]);
    expect(bob.nics[0]!.mac).toBe(mac);
    expect(await sim.runUntil(ask())).toBe(5);
    expect(once.state).toBe('failed');
    // Its uptime began anew, its calendar did not.
    const clocks = bob.run((os) => [os.posix.readFile('/proc/uptime'), os.now.toISOString()]);
    const [uptime, now] = await sim.runUntil(clocks);
    expect(Number(uptime!.split(' ')[0])).toBeLessThan(2);
    expect(now).toMatch(/^2025-01-01T00:00:02\./);
  });

  test('connections of before are reset by a host that is back', async () => {
    const { sim, alice, bob } = pair();
    bob.run(async (os) => {
      const socket = await os.listen(7).accept();
      await socket.read();
    });
    const client = alice.run(async (os) => {
      using socket = await os.connect('bob', 7);
      await os.sleep('1 s');
      await socket.write('are you there?');
      return await socket.read().catch(codeOf);
    });
    await sim.run('500 ms');
    bob.reboot();
    expect(await sim.runUntil(client)).toBe('ECONNRESET');
  });

  test('a program whose host is down when its time comes fails', async () => {
    const { sim, bob } = pair();
    const late = bob.run(() => 1, { at: '2 s' });
    await sim.run('1 s');
    bob.crash();
    await sim.run('2 s');
    expect(late.state).toBe('failed');
    expect(() => late.result).toThrow(/the host has crashed|bob is down/);
  });
});

describe('a panic', () => {
  test('ends its host and the run, and the others go on', async () => {
    const { sim, alice, bob } = pair();
    const waiting = bob.run((os) => os.listen(7).accept(), { name: 'waiting' });
    bob.run(async function culprit(os) {
      await os.sleep('1 s');
      // There is no such task.
      os.posix.port.syscall(0xfffffff0, NR.getpid, 0, 0, 0, 0, 0, 0);
    });
    const other = alice.run(async (os) => {
      await os.sleep('2 s');
      return 'alive';
    });
    const error: unknown = await sim.run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KernelPanic);
    expect((error as KernelPanic).host).toBe('bob');
    expect(bob.state).toBe('down');
    expect(waiting.state).toBe('failed');
    expect(() => waiting.result).toThrow(
      /^bob\/waiting .*: KernelPanic: the kernel of bob trapped/,
    );
    await sim.run();
    expect(other.result).toBe('alive');
    expect(sim.log.text({ hosts: [bob] })).toContain('the kernel of bob trapped');
  });
});

describe('a clock', () => {
  test('that drifts takes timers, programs and the calendar with it', async () => {
    const { sim, alice, bob } = pair();
    bob.clock.set({ driftPpm: 100_000 });
    const sleeper = (os: { sleep(d: string): Promise<void>; nowNs: number }) =>
      os.sleep('10 s').then(() => os.nowNs);
    const [right, fast] = [alice, bob].map((host) => host.run(sleeper));
    await sim.runUntil(fast!);
    expect(sim.nowNs).toBe(Math.ceil(10e9 / 1.1));
    expect(fast!.result).toBe(10e9);
    await sim.runUntil(right!);
    expect(sim.nowNs).toBe(10e9);
    const calendar = bob.run((os) => os.now.toISOString());
    expect(await sim.runUntil(calendar)).toBe('2025-01-01T00:00:11.000Z');
  });

  test('that is set right again while somebody waits', async () => {
    const { sim, alice } = pair();
    alice.clock.set({ driftPpm: -500_000 });
    const sleeper = alice.run((os) => os.sleep('10 s'));
    await sim.run('10 s');
    alice.clock.set({ driftPpm: 0 });
    await sim.runUntil(sleeper);
    expect(sim.nowNs).toBe(15e9);
  });

  test('has a kernel whose timers follow', async () => {
    const { sim, alice, bob, link } = pair();
    const times: number[] = [];
    const tap = link.ends[0].observe({
      snapBytes: 64,
      onFrame: (_end, direction, timeNs, _length, bytes) => {
        // ARP requests, which the kernel repeats each second for somebody who is not there.
        if (direction === 'out' && bytes[12] === 8 && bytes[13] === 6) times.push(timeNs);
      },
    });
    alice.clock.set({ driftPpm: 250_000 });
    await sim.run('1 s');
    bob.crash();
    alice.run((os) => os.connect('bob', 7).catch(codeOf));
    await sim.run();
    const gaps = times.slice(1).map((timeNs, index) => timeNs - times[index]!);
    expect(gaps.length).toBeGreaterThan(1);
    for (const gap of gaps) expect(Math.abs(gap - 1e9 / 1.25)).toBeLessThan(0.05e9);
    tap[Symbol.dispose]();
  });

  test('with an offset is wrong by it, on the calendar alone', async () => {
    const { sim, alice } = pair();
    alice.clock.set({ offset: '-5 min' });
    const clocks = alice.run((os) => [os.now.toISOString(), os.nowNs]);
    expect(await sim.runUntil(clocks)).toEqual(['2024-12-31T23:55:00.000Z', 0]);
    alice.reboot();
    const after = alice.run((os) => os.now.toISOString());
    expect(await sim.runUntil(after)).toBe('2024-12-31T23:55:00.000Z');
    expect(() => alice.clock.set({ driftPpm: 1e7 })).toThrow('cannot drift by 10000000 ppm');
  });
});
