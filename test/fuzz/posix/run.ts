// SPDX-License-Identifier: GPL-2.0-only

/**
 * A run of the fuzzer: random calls of random processes of two hosts, a digest of all results, and at the end the
 * question whether anything was left behind. The same seed and count give the same digest.
 */
import {
  callNumbers,
  ilp32,
  isSystemError,
  type ForkOptions,
  type Process,
} from '../../../src/posix/index.js';
import type { Kernel } from '../../../src/kernel/index.js';
import type { CallName, Context, Operation } from './context.js';
import { dataOperations } from './data-operations.js';
import { fileOperations, watchCookies } from './file-operations.js';
import { settledState, type HostState } from './leftovers.js';
import { Scratch } from './memory.js';
import { ModelProcess } from './model.js';
import { Dice, weighted } from './random.js';
import { bringUp, listFiles, listSettings, restoreSettings, type Setting } from './settings.js';
import { socketOperations } from './socket-operations.js';
import { systemOperations } from './system-operations.js';
import { waitOperations } from './wait-operations.js';
import { World, type FuzzHost } from './world.js';

const processesWanted = 6;
const processesMax = 10;
const traceCalls = 40;
const repairEveryCalls = 5000;

const operations = weighted<Operation>([
  ...socketOperations,
  ...dataOperations,
  ...fileOperations,
  ...systemOperations,
  ...waitOperations,
]);

interface Side {
  readonly host: FuzzHost;
  readonly scratch: Scratch;
  readonly all: ModelProcess[];
  readonly files: readonly string[];
  readonly settings: readonly Setting[];
  readonly context: { -readonly [K in keyof Context]: Context[K] };
}

export class Run {
  readonly seed: number;
  readonly #dice: Dice;
  readonly #world: World;
  readonly #nr = callNumbers(ilp32);
  readonly #sides: readonly Side[];
  readonly #trace: string[] = [];
  /** How many calls answered without an error. */
  succeeded = 0;
  calls = 0;
  #digest = 0x811c9dc5;
  #nextRepair = repairEveryCalls;

  constructor(kernel: Kernel, seed: number) {
    this.seed = seed;
    this.#dice = new Dice(seed);
    this.#world = new World(kernel, seed);
    this.#sides = this.#world.hosts.map((host) => this.#side(host));
  }

  get digest(): string {
    return (this.#digest >>> 0).toString(16).padStart(8, '0');
  }

  /** The last calls, oldest first. */
  get trace(): readonly string[] {
    return this.#trace;
  }

  /** Goes on until `calls` have been made in all. */
  runTo(calls: number): void {
    const dice = this.#dice;
    while (this.calls < calls) {
      const side = this.#sides[dice.below(4) === 0 ? 1 : 0]!;
      this.#population(side);
      const { context } = side;
      context.me = dice.pick(side.all);
      side.scratch.reset();
      dice.pick(operations)(context);
      if (this.#world.busy) this.#world.settle();
      if (dice.oneIn(50)) this.#pass(dice.below(5_000_000));
      if (dice.oneIn(4000)) this.#pass(dice.below(30) * 1e9);
      if (this.calls >= this.#nextRepair) this.#repair();
    }
  }

  /** Ends all processes and lets what is under way end: what each host holds then. The run can go on. */
  state(): HostState[] {
    for (const side of this.#sides) {
      for (const { process } of side.all.splice(0)) process.exit();
      // A watch holds its file.
      for (const cookie of watchCookies) side.host.kernel.unwatch(cookie);
    }
    this.#repair();
    return this.#sides.map(({ host }) => settledState(this.#world, host));
  }

  #side(host: FuzzHost): Side {
    const scratch = new Scratch(host.kernel, this.#dice);
    const { posix } = host;
    const files = listFiles(posix);
    const settings = listSettings(posix);
    const all: ModelProcess[] = [];
    const context: Side['context'] = {
      dice: this.#dice,
      scratch,
      kernel: host.kernel,
      pending: [],
      all,
      me: undefined as unknown as ModelProcess,
      files,
      settings: settings.map(({ path }) => path),
      call: (name, ...args) => this.#call(context, name, args),
      result: (name, value) => {
        this.#note(name);
        this.calls++;
        this.#result(value);
      },
    };
    bringUp(host);
    return { host, scratch, all, files, settings, context };
  }

  #call(context: Context, name: CallName, args: readonly number[]): number {
    const { process } = context.me;
    this.#note(`${process.task.toString(16)} ${name}(${args.join(', ')})`);
    this.calls++;
    const [a, b, c, d, e, f] = args;
    const result = process.syscall(this.#nr[name], a, b, c, d, e, f);
    this.#result(result);
    return result;
  }

  #result(value: number): void {
    if (value >= 0) this.succeeded++;
    this.#digest = Math.imul(this.#digest ^ value, 0x01000193) ^ (this.#digest >>> 15);
    const last = this.#trace.length - 1;
    this.#trace[last] = `${this.#trace[last]!} = ${value}`;
  }

  #note(what: string): void {
    this.#trace.push(what);
    if (this.#trace.length > traceCalls) this.#trace.shift();
  }

  #pass(durationNs: number): void {
    this.#note(`${durationNs} ns pass`);
    this.#world.pass(durationNs);
  }

  /** Keeps about as many processes as are wanted: some die by signals, others by the dice. */
  #population({ host, all }: Side): void {
    const dice = this.#dice;
    for (let index = all.length - 1; index >= 0; index--) {
      if (all[index]!.process.exited) all.splice(index, 1);
    }
    if (all.length > 1 && dice.oneIn(all.length > processesWanted ? 60 : 600)) {
      const [ended] = all.splice(dice.below(all.length), 1);
      this.#note(`${ended!.process.task.toString(16)} exit`);
      ended!.process.exit(dice.below(256));
    }
    if (all.length === 0 || (all.length < processesWanted && dice.oneIn(20))) {
      this.#note('spawn');
      all.push(new ModelProcess(host.posix.spawn()));
    } else if (all.length < processesMax && dice.oneIn(500)) {
      const parent = dice.pick(all);
      this.#note(`${parent.process.task.toString(16)} fork`);
      const options = { shareFiles: dice.oneIn(4), newNetwork: dice.oneIn(8) };
      const child = forkIfAllowed(parent.process, options);
      if (child) all.push(new ModelProcess(child, parent.descriptors));
      this.#result(child === undefined ? -1 : 0);
    }
  }

  /** Undoes what the run has done to the hosts' own configuration, so that calls go on to succeed. */
  #repair(): void {
    this.#nextRepair = this.calls + repairEveryCalls;
    for (const side of this.#sides) {
      restoreSettings(side.host.posix, side.settings);
      bringUp(side.host);
    }
    this.#world.settle();
  }
}

/** A process that has given up its rights, or lowered its limits, may have no children. */
function forkIfAllowed(process: Process, options: ForkOptions): Process | undefined {
  try {
    return process.fork(options);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
