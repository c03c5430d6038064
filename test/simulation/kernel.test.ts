// SPDX-License-Identifier: GPL-2.0-only

/** One kernel by itself: it boots, idles, is copied, grows, dies alone, and leaves nothing behind. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { SeededEntropy, SimulatedClock } from '../../src/host/index.js';
import type { Kernel } from '../../src/kernel/index.js';
import { KernelPanic, type ConsoleRecord, type KernelInstance } from '../../src/kernel/index.js';
import type { PosixHost } from '../../src/posix/index.js';
import {
  AF_INET,
  AF_INET6,
  AF_KEY,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  NR,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
} from '../../src/posix/index.js';
import { loadKernel, onNativeForm, virtualHost } from '../helpers/virtual-host.js';

const second = 1e9;
const rebootMagic = { one: 0xfee1dead | 0, two: 672274793, restart: 0x1234567 };

class Machine {
  readonly clock = new SimulatedClock();
  readonly log: ConsoleRecord[] = [];
  readonly warnings: string[] = [];
  readonly instance: KernelInstance;
  timerCalls = 0;

  constructor(kernel: Kernel, options: { seed?: number; memoryMax?: string; name?: string } = {}) {
    this.instance = kernel.boot({
      name: options.name ?? 'machine',
      clock: this.clock,
      entropy: SeededEntropy.fromSeed(options.seed ?? 1),
      console: (record) => this.log.push(record),
      onWarning: ({ message, stack }) => this.warnings.push(`${message}\n${stack}`),
      ...(options.memoryMax === undefined ? {} : { memoryMax: options.memoryMax }),
    });
  }

  /** Calls the timer whenever it is due, until `endNs`. */
  runUntil(endNs: number): void {
    for (;;) {
      const { timerNs } = this.instance;
      if (timerNs > endNs) break;
      this.clock.advanceTo(Math.max(timerNs, this.clock.nowNs));
      this.instance.timer();
      this.timerCalls++;
    }
    this.clock.advanceTo(endNs);
    this.instance.run();
  }

  digest(): string {
    return createHash('sha256').update(this.instance.memory.bytes).digest('hex');
  }
}

const kernel = await loadKernel();
const free = (host: PosixHost): number =>
  Number(/MemFree: +(\d+)/.exec(host.readFile('/proc/meminfo'))?.[1]);
const total = (host: PosixHost): number =>
  Number(/MemTotal: +(\d+)/.exec(host.readFile('/proc/meminfo'))?.[1]);

describe('boot', () => {
  const machine = new Machine(kernel);

  test('says which Linux it is, and warns of nothing', () => {
    expect(machine.log[0]?.text).toContain(`Linux version ${kernel.manifest.linux}`);
    expect(machine.warnings).toEqual([]);
    expect(machine.log.filter(({ level }) => level <= 3)).toEqual([]);
  });

  test('an idle host wakes up at most 20 times in 100 s', () => {
    machine.runUntil(30 * second);
    const before = machine.timerCalls;
    machine.runUntil(130 * second);
    expect(machine.timerCalls - before).toBeLessThanOrEqual(20);
  });

  test('the same seed gives the same memory, byte for byte; another seed another', () => {
    const [one, two, other] = [
      new Machine(kernel),
      new Machine(kernel),
      new Machine(kernel, { seed: 2 }),
    ];
    for (const each of [one, two, other]) each.runUntil(3 * second);
    expect(one.digest()).toBe(two.digest());
    expect(one.digest()).not.toBe(other.digest());
  });

  test('too little memory is an error that says how much it takes', () => {
    expect(() => new Machine(kernel, { memoryMax: '1 MiB' })).toThrow(/needs from \d+/);
  });
});

describe('images', () => {
  const original = new Machine(kernel);
  original.runUntil(2 * second);
  const image = original.instance.snapshot();

  const cloneOf = (seed: number) => {
    const clock = new SimulatedClock();
    clock.advanceTo(original.clock.nowNs);
    return kernel.clone(image, { clock, entropy: SeededEntropy.fromSeed(seed) });
  };
  const random = (instance: KernelInstance): string => {
    const task = instance.processCreate(0, 0);
    const buffer = instance.alloc(32);
    expect(instance.syscall(task, NR.getrandom, buffer, 32, 0)).toBe(32);
    return Buffer.from(instance.memory.bytes.subarray(buffer, buffer + 32)).toString('hex');
  };

  test('a clone goes on where the image was taken, with randomness of its own', () => {
    const [one, same, other] = [cloneOf(7), cloneOf(7), cloneOf(8)];
    expect(one.booted).toBe(true);
    const bytes = random(one);
    expect(random(same)).toBe(bytes);
    expect(random(other)).not.toBe(bytes);
  });

  test('a restored kernel repeats what it did', () => {
    const machine = new Machine(kernel);
    machine.runUntil(second);
    const at = machine.instance.snapshot();
    const first = random(machine.instance);
    const after = machine.digest();
    machine.instance.restore(at);
    expect(random(machine.instance)).toBe(first);
    expect(machine.digest()).toBe(after);
  });

  test('an image of another limit is refused', () => {
    const small = new Machine(kernel, { memoryMax: '32 MiB' });
    expect(() => small.instance.restore(image)).toThrow(/memory limit/);
  });
});

describe('the end of a host', () => {
  test('a panic has the kernel’s words and stack; the host refuses, its neighbour goes on', () => {
    const [dying, living] = [new Machine(kernel, { name: 'dying' }), new Machine(kernel)];
    const task = dying.instance.processCreate(0, 0);
    const reboot = () =>
      dying.instance.syscall(
        task,
        NR.reboot,
        rebootMagic.one,
        rebootMagic.two,
        rebootMagic.restart,
        0,
      );
    let panic: unknown;
    try {
      reboot();
    } catch (thrown) {
      panic = thrown;
    }
    expect(panic).toBeInstanceOf(KernelPanic);
    expect(panic).toMatchObject({
      reason: 'panic',
      kernelMessage: 'restart requested',
      host: 'dying',
    });
    const names = (panic as KernelPanic).kernelStack.map((frame) => frame.function);
    expect(names).toContain('machine_restart');
    expect(names).toContain('lib_syscall');
    expect((panic as KernelPanic).console.at(-1)?.text).toContain('Restarting system');
    expect(reboot).toThrow(panic);
    expect(() => dying.instance.timer()).toThrow(panic);
    living.runUntil(second);
    expect(living.instance.processCreate(0, 0)).toBeGreaterThan(0);
  });

  test('a trap is a KernelPanic too, and a snapshot brings the host back', () => {
    const machine = new Machine(kernel);
    const image = machine.instance.snapshot();
    expect(() => machine.instance.syscall(0xfffffff0, NR.getpid)).toThrow(
      expect.objectContaining({ name: 'KernelPanic', reason: 'trap' }) as Error,
    );
    expect(machine.instance.death?.reason).toBe('trap');
    machine.instance.restore(image);
    expect(machine.instance.death).toBeUndefined();
    expect(machine.instance.processCreate(0, 0)).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  test('grows on demand up to the limit, then the answers are Linux’s', async () => {
    using world = await virtualHost();
    const { host, kernel: instance } = world;
    const bytesBefore = instance.memory.sizeBytes;
    const process = host.spawn();
    let sockets = 0;
    let code: unknown;
    try {
      for (; ; sockets++) process.socket(AF_INET, SOCK_STREAM);
    } catch (error) {
      code = (error as { code?: unknown }).code;
    }
    expect(code).toBe('EMFILE');
    expect(sockets).toBeGreaterThan(1000);
    // The native form's region is all there from the beginning, and untouched.
    if (!onNativeForm) expect(instance.memory.sizeBytes).toBeGreaterThan(bytesBefore);
    expect(instance.memory.sizeBytes).toBeLessThanOrEqual(instance.memoryMaxBytes);
    process.exit();
    expect(host.spawn().socket(AF_INET, SOCK_STREAM)).toBe(3);
  });

  test('processes and network namespaces come and go without a trace', async () => {
    using world = await virtualHost();
    const { host } = world;
    const churn = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const process = host.spawn({ newNetwork: true });
        process.socket(AF_INET, SOCK_STREAM);
        process.socket(AF_INET6, SOCK_DGRAM);
        process.fork().exit(3);
        process.exit();
        await world.pass(1e6);
      }
      await world.pass(5 * second);
    };
    await churn(30);
    const before = total(host) - free(host);
    await churn(300);
    const used = total(host) - free(host) - before;
    // Growth brings page structures and caches into use; 300 namespaces kept would be 20 MiB and more.
    expect(used).toBeLessThan(1024);
  });
});

describe('what the profile has', () => {
  const world = virtualHost();
  afterAll(async () => (await world)[Symbol.dispose]());

  test.each([
    ['TCP', AF_INET, SOCK_STREAM, 0],
    ['UDP over IPv6', AF_INET6, SOCK_DGRAM, 0],
    ['MPTCP', AF_INET, SOCK_STREAM, 262],
    ['SCTP', AF_INET6, SOCK_STREAM, 132],
    ['raw ICMP', AF_INET, SOCK_RAW, 1],
    ['packet', AF_PACKET, SOCK_RAW, 0],
    ['unix', AF_UNIX, SOCK_STREAM, 0],
    ['PF_KEY', AF_KEY, SOCK_RAW, 2],
    ['rtnetlink', AF_NETLINK, SOCK_RAW, 0],
    ['sock_diag', AF_NETLINK, SOCK_RAW, 4],
    ['xfrm', AF_NETLINK, SOCK_RAW, 6],
    ['netfilter', AF_NETLINK, SOCK_RAW, 12],
    ['generic netlink', AF_NETLINK, SOCK_RAW, 16],
  ])('a socket of %s', async (_, family, type, protocol) => {
    const process = (await world).host.spawn();
    // After init's three of /dev/console.
    expect(process.socket(family, type, protocol)).toBe(3);
    process.exit();
  });

  test('every congestion control of its configuration', async () => {
    const { host } = await world;
    const available = host.sysctl('net.ipv4.tcp_available_congestion_control').split(' ');
    expect(available).toEqual(
      expect.arrayContaining(
        'reno bbr bic cdg cubic dctcp htcp hybla highspeed illinois lp nv scalable vegas veno westwood yeah'.split(
          ' ',
        ),
      ),
    );
  });
});
