// SPDX-License-Identifier: GPL-2.0-only
/** Programs that are run again against the log of their calls, on a real kernel that was put back meanwhile. */
import { describe, expect, test } from 'vitest';
import type { Kernel, KernelImage, KernelInstance } from '../../../src/kernel/index.js';
import {
  AF_INET,
  AF_UNIX,
  EPOLLIN,
  EPOLL_CTL_ADD,
  PosixHost,
  SIGUSR1,
  SOCK_DGRAM,
  SOCK_STREAM,
  TcpServer,
  TcpSocket,
} from '../../../src/posix/index.js';
import {
  PortHub,
  ProgramSession,
  type PortHubState,
  type SessionDriver,
  type SessionMark,
} from '../../../src/posix/recording/index.js';
import { loadKernel } from '../../helpers/virtual-host.js';

const loaded = loadKernel();
type Program = (posix: PosixHost, say: (line: string) => void) => Promise<void>;

interface Snapshot {
  readonly image: KernelImage;
  readonly hub: PortHubState;
  readonly nowNs: number;
  readonly turn: number;
  readonly marks: readonly (SessionMark | undefined)[];
  readonly timers: readonly (readonly [timeNs: number, owner: number, key: number])[];
}

/** A kernel, virtual time and recorded programs: as little of a simulation as these tests need. */
class World {
  nowNs = 1e9;
  turn = 0;
  readonly said: string[] = [];
  readonly sessions: ProgramSession[] = [];
  readonly instance: KernelInstance;
  readonly #programs: readonly Program[];
  #hub: PortHub;
  #timers: (readonly [timeNs: number, owner: number, key: number])[] = [];
  #deferred: (() => void)[] = [];

  constructor(kernel: Kernel, programs: readonly Program[]) {
    this.#programs = programs;
    const nowNs = (): number => this.nowNs;
    this.instance = kernel.boot({
      name: 'test',
      clock: {
        get nowNs() {
          return nowNs();
        },
      },
      entropy: { fill: (bytes) => bytes.fill(7) },
    });
    this.#hub = new PortHub(this.instance);
    const outside = new PosixHost(this.#hub.open(0), {
      nowNs,
      at: () => ({ cancel: () => undefined }),
      defer: (callback) => void this.#deferred.push(callback),
    });
    outside.route.links.change('lo', { up: true });
    for (const owner of programs.keys()) {
      const session = this.#open(owner);
      this.#deferred.push(() => session.begin());
    }
  }

  async pass(durationNs: number): Promise<void> {
    const endNs = this.nowNs + durationNs;
    for (;;) {
      this.turn++;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#deferred.length > 0) {
        for (const callback of this.#deferred.splice(0)) callback();
        continue;
      }
      this.#timers.sort(([a], [b]) => a - b);
      const nextNs = Math.min(this.#timers[0]?.[0] ?? Infinity, this.instance.timerNs, endNs);
      this.nowNs = Math.max(this.nowNs, nextNs);
      if (this.instance.timerNs <= this.nowNs) this.instance.timer();
      else if (this.#timers[0] && this.#timers[0][0] <= this.nowNs) {
        const [, owner, key] = this.#timers.shift()!;
        this.sessions[owner]!.fire(key);
      } else return;
    }
  }

  snapshot(): Snapshot {
    return {
      image: this.instance.snapshot(),
      hub: this.#hub.saveState(),
      nowNs: this.nowNs,
      turn: this.turn,
      marks: this.sessions.map((session) => session.mark()),
      timers: [...this.#timers],
    };
  }

  async restore(snapshot: Snapshot): Promise<void> {
    this.#hub.retire(new Error('before the restore'));
    this.#hub = new PortHub(this.instance);
    this.#hub.open(0);
    this.sessions.length = 0;
    this.#deferred = [];
    for (const [owner, mark] of snapshot.marks.entries()) this.#open(owner, mark);
    for (;;) {
      const turn = Math.min(...this.sessions.map(({ nextTurn }) => nextTurn));
      if (turn === Infinity) break;
      const due = this.sessions.filter(({ nextTurn }) => nextTurn === turn);
      this.nowNs = due[0]!.nextTimeNs;
      for (const session of due) session.play();
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const session of this.sessions) session.goLive();
    this.instance.restore(snapshot.image);
    this.#hub.restoreState(snapshot.hub);
    this.#timers = [...snapshot.timers];
    this.nowNs = snapshot.nowNs;
    this.turn = snapshot.turn;
  }

  #open(owner: number, from?: SessionMark): ProgramSession {
    const current = (): readonly [number, number] => [this.nowNs, this.turn];
    const driver: SessionDriver = {
      get nowNs() {
        return current()[0];
      },
      get hostNowNs() {
        return current()[0];
      },
      get turn() {
        return current()[1];
      },
      schedule: (timeNs, key) => void this.#timers.push([timeNs, owner, key]),
      // A session knows nothing of what it has cancelled.
      cancel: () => undefined,
      defer: (callback) => void this.#deferred.push(callback),
    };
    const session = new ProgramSession({
      name: `program ${owner}`,
      port: this.#hub.open(owner + 1),
      driver,
      recorded: true,
      ...(from ? { from } : {}),
    });
    this.sessions.push(session);
    session.onStart = () => {
      const say = (line: string): void => {
        if (!session.isRerunning) this.said.push(`${this.nowNs} ${owner} ${line}`);
      };
      this.#programs[owner]!(new PosixHost(session.port, session.time), say).catch(
        (error: unknown) => say(String(error)),
      );
    };
    return session;
  }
}

/** Passes time, keeps what is said from the snapshot on, goes back, and passes the same time again. */
async function twice(programs: readonly Program[]): Promise<void> {
  const world = new World(await loaded, programs);
  await world.pass(2.5e9);
  const snapshot = world.snapshot();
  const from = world.said.length;
  expect(from).toBeGreaterThan(0);
  await world.pass(2e9);
  const first = world.said.slice(from);
  expect(first.length).toBeGreaterThan(0);
  const image = world.instance.snapshot();
  for (let time = 0; time < 2; time++) {
    world.said.length = from;
    await world.restore(snapshot);
    await world.pass(2e9);
    expect(world.said.slice(from)).toEqual(first);
    expect(Buffer.compare(bytesOf(world.instance.snapshot()), bytesOf(image))).toBe(0);
  }
}

const bytesOf = (image: KernelImage): Uint8Array =>
  Buffer.concat([
    new Uint8Array(image.pageNumbers.buffer),
    ...[...image.pageNumbers.keys()].map((i) => {
      const block = image.blocks[image.pageBlocks[i]!]!;
      const at = image.pageIndexes[i]! * 1024;
      return new Uint8Array(block.slice(at, at + 1024).buffer);
    }),
  ]);

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('a program that is run again', () => {
  test('has what it kept in the memory of its host', async () => {
    await twice([
      async (posix, say) => {
        const process = posix.spawn();
        const [reader, writer] = process.pipe();
        using buffer = process.allocate(64);
        for (let round = 0; ; round++) {
          await process.nanosleep(3e8);
          buffer.bytes[round % 32] = round + 1;
          process.write(writer, buffer.subarray(0, 32));
          await process.readAsync(reader, buffer.subarray(32));
          say(buffer.bytes.join(' '));
        }
      },
    ]);
  });

  test('goes on in the middle of a conversation over TCP, between two programs', async () => {
    await twice([
      async (posix, say) => {
        using process = posix.spawn();
        using server = TcpServer.listen(process, { port: 7 });
        for await (const socket of server) {
          for await (const chunk of socket) {
            say(`got ${text(chunk)}`);
            await socket.write(`${text(chunk)}!`);
          }
        }
      },
      async (posix, say) => {
        using process = posix.spawn();
        using socket = await TcpSocket.connect(process, { address: '127.0.0.1', port: 7 });
        for (let i = 0; ; i++) {
          await socket.write(`message ${i}`);
          say(`answer ${text(await socket.read())}`);
          await process.nanosleep(3e8);
        }
      },
    ]);
  });

  test('goes on inside epoll, a timeout, a pipe and a signal handler', async () => {
    await twice([
      async (posix, say) => {
        using process = posix.spawn();
        const [read, write] = process.pipe();
        const [a, b] = process.socketpair(AF_UNIX, SOCK_DGRAM);
        const epoll = process.epollCreate();
        process.epollControl(epoll, EPOLL_CTL_ADD, read, EPOLLIN);
        process.epollControl(epoll, EPOLL_CTL_ADD, b, EPOLLIN);
        process.onSignal(SIGUSR1, () => say('signal'), { restart: true });
        const other = process.fork();
        void (async () => {
          for (let i = 0; ; i++) {
            await other.nanosleep(7e8);
            if (i % 2 === 0) other.write(write, `pipe ${i}`);
            else other.send(a, `datagram ${i}`);
            other.kill(process.pid, SIGUSR1);
          }
        })();
        for (;;) {
          // A signal ends the wait.
          const events = await process
            .epollWaitAsync(epoll, 8, { timeoutNs: 2.5e8 })
            .catch((error: unknown) => {
              say(String(error));
              return [];
            });
          const buffer = new Uint8Array(64);
          for (const { data } of events) {
            say(`${data}: ${text(buffer.subarray(0, process.read(data, buffer)))}`);
          }
          if (events.length === 0) say('nothing');
        }
      },
    ]);
  });

  test('moves large data and gets the same bytes again', async () => {
    const pattern = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) >>> 3);
    await twice([
      async (posix, say) => {
        using process = posix.spawn();
        const [a, b] = process.socketpair(AF_UNIX, SOCK_STREAM);
        const buffer = new Uint8Array(300_000);
        for (let round = 0; ; round++) {
          const writing = process.sendAsync(a, pattern.subarray(round));
          let done = 0;
          while (done < pattern.length - round) {
            done += await process.recvAsync(b, buffer.subarray(done));
          }
          await writing;
          say(`${done} ${Buffer.compare(buffer.subarray(0, done), pattern.subarray(round))}`);
          await process.nanosleep(1e9);
        }
      },
    ]);
  });
});

describe('divergence', () => {
  /** Runs a program whose way depends on a variable outside. */
  async function diverge(
    program: (posix: PosixHost, run: number) => Promise<void>,
  ): Promise<unknown> {
    let run = 0;
    const world = new World(await loaded, [(posix) => program(posix, run++)]);
    await world.pass(2.5e9);
    return world.restore(world.snapshot()).catch((error: unknown) => error);
  }

  test('another call is told by name, with the one that was expected', async () => {
    const error = await diverge(async (posix, run) => {
      using process = posix.spawn();
      if (run === 0) process.socket(AF_INET, SOCK_DGRAM);
      else process.pipe();
      await process.nanosleep(9e9);
    });
    expect(error).toMatchObject({ code: 'ERR_LIBOS_DIVERGED' });
    expect(String(error)).toMatch(
      /program 0 .* at 1000000000 ns .* socket\(2, 2\), and made pipe2\(/,
    );
  });

  test('other data, another time and a call that is missing are told as well', async () => {
    const data = await diverge(async (posix, run) => {
      using process = posix.spawn();
      const [a] = process.socketpair(AF_UNIX, SOCK_DGRAM);
      process.send(a, `run ${run}`);
      await process.nanosleep(9e9);
    });
    expect(String(data)).toMatch(/sendto\(.*\), and made sendto\(.*\) with other data/);
    const time = await diverge(async (posix, run) => {
      await posix.spawn().nanosleep(9e9 + run);
    });
    expect(String(time)).toMatch(/a timer for 10000000000 ns, and made a timer for 10000000001 ns/);
    const missing = await diverge(async (posix, run) => {
      using process = posix.spawn();
      if (run === 0) await process.nanosleep(1e9);
      await process.nanosleep(9e9);
    });
    expect(missing).toMatchObject({ code: 'ERR_LIBOS_DIVERGED' });
  });
});
