// SPDX-License-Identifier: GPL-2.0-only
/**
 * Answers a program that is run again out of its log, and calls it back when the log says that it was. Whatever
 * the program does otherwise than before is a divergence: an error that names what was expected and what came.
 */
import { LibosError } from '../../errors.js';
import type { KernelPort } from '../kernel-port.js';
import type { ArgumentMemory } from './argument-memory.js';
import type { CallLog } from './call-log.js';
import {
  countOf,
  describeCall,
  detailOf,
  kindOf,
  operation,
  record,
  type Operation,
} from './records.js';
import {
  callHeadWords,
  callWords,
  noteAllocation,
  usedCount,
  type CallArguments,
  type Tape,
} from './tape.js';

/** What the program is called back with; the session implements it. */
export interface Stimulated {
  start(): void;
  deferred(): void;
  timer(key: number): void;
  /** Work in the real world is done. */
  outside(index: number): void;
  wake(cookie: number, events: number): void;
  signal(task: number): void;
}

export interface PlayerOptions {
  readonly log: CallLog;
  /** Names the program in errors: `program "client" of alice`. */
  readonly name: string;
  readonly memory: ArgumentMemory;
  /** Its memory is where the calls' arguments lie; it is not called. */
  readonly port: KernelPort;
  readonly stimulated: Stimulated;
  readonly messages: readonly string[];
}

export class Player implements Tape {
  readonly #options: PlayerOptions;
  readonly #log: CallLog;
  #at = 0;
  #bytesAt = 0;
  #timeNs = 0;
  #hostNowNs = 0;
  /** The first divergence: everything after it is noise. */
  #diverged: LibosError | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  get diverged(): LibosError | undefined {
    return this.#diverged;
  }

  /** The turn in which the program goes on next, Infinity at the end of the log. Throws a divergence. */
  get nextTurn(): number {
    if (this.#diverged) throw this.#diverged;
    if (this.#at === this.#log.words) return Infinity;
    if (this.#kind() !== record.turn) throw this.#diverge('nothing');
    return this.#log.wide(this.#at + 1);
  }

  /** The time of that turn. */
  get nextTimeNs(): number {
    return this.#log.wide(this.#at + 3);
  }

  /** What the host’s clock shows in the turn under way. */
  get hostNowNs(): number {
    return this.#hostNowNs;
  }

  /** Calls the program back with the stimuli of its next turn; then it must be given the turn. */
  play(): void {
    const { stimulated } = this.#options;
    this.#timeNs = this.nextTimeNs;
    this.#hostNowNs = this.#log.wide(this.#at + 5);
    this.#at += 7;
    while (this.#at < this.#log.words && !this.#diverged) {
      const operand = this.#at + 1;
      switch (this.#kind()) {
        case record.start:
          this.#at++;
          stimulated.start();
          break;
        case record.deferred:
          this.#at++;
          stimulated.deferred();
          break;
        case record.timer:
          this.#at += 2;
          stimulated.timer(this.#log.word(operand));
          break;
        case record.outside:
          this.#at += 2;
          stimulated.outside(this.#log.word(operand));
          break;
        default:
          return;
      }
      this.#hearReports();
    }
  }

  defer(): void {
    if (this.#diverged) throw this.#diverged;
    if (this.#kind() !== record.defer) throw this.#diverge('a wait for the kernel to be done');
    this.#at++;
    this.#hearReports();
  }

  at(timeNs: number): void {
    if (this.#diverged) throw this.#diverged;
    if (this.#kind() !== record.at || this.#log.wide(this.#at + 1) !== timeNs) {
      throw this.#diverge(`a timer for ${timeNs} ns`);
    }
    this.#at += 3;
    this.#hearReports();
  }

  call(what: Operation, ...args: CallArguments): number {
    if (this.#diverged) throw this.#diverged;
    const { memory } = this.#options;
    const log = this.#log;
    const check = what === operation.syscall ? memory.check() : 0;
    if (!this.#expects(what, args))
      throw this.#diverge(describeCall(what, args.slice(0, usedCount(args))));
    if (log.word(this.#at + 1) !== check) {
      throw this.#diverge(`${describeCall(what, args.slice(0, usedCount(args)))} with other data`);
    }
    this.#at += callWords(log.word(this.#at));
    this.#hearReports();
    const headWord = log.word(this.#at);
    if (kindOf(headWord) === record.threw) {
      this.#at++;
      throw new Error(this.#options.messages[countOf(headWord)]);
    }
    const result = log.word(this.#at + 1);
    this.#at += 2;
    noteAllocation(memory, what, args, result);
    if (what === operation.alloc) this.#clear(result >>> 0, args[0]);
    for (let i = 0; i < countOf(headWord); i++) this.#takePiece();
    this.#hearReports();
    return result;
  }

  #kind(): number {
    return this.#at === this.#log.words ? 0 : kindOf(this.#log.word(this.#at));
  }

  #expects(what: Operation, args: CallArguments): boolean {
    if (this.#kind() !== record.call) return false;
    const headWord = this.#log.word(this.#at);
    if (detailOf(headWord) !== what) return false;
    const count = countOf(headWord);
    return args.every((argument, i) => {
      const expected = i < count ? this.#log.word(this.#at + callHeadWords + i) : 0;
      return expected === (argument | 0);
    });
  }

  /** Memory of a new buffer is zero. */
  #clear(address: number, sizeBytes: number): void {
    this.#options.port.memory.bytes.fill(0, address, address + sizeBytes);
  }

  #takePiece(): void {
    const address = this.#log.word(this.#at) >>> 0;
    const length = this.#log.word(this.#at + 1);
    this.#at += 2;
    this.#options.port.memory.bytes.set(this.#log.bytesAt(this.#bytesAt, length), address);
    this.#bytesAt += length;
  }

  /** What the kernel reported at this place is only noted, so it is heard as soon as its place has come. */
  #hearReports(): void {
    const { stimulated } = this.#options;
    for (;;) {
      const at = this.#at + 1;
      const kind = this.#kind();
      if (kind === record.wake) {
        this.#at += 3;
        stimulated.wake(this.#log.word(at) >>> 0, this.#log.word(at + 1) >>> 0);
      } else if (kind === record.signal) {
        this.#at += 2;
        stimulated.signal(this.#log.word(at) >>> 0);
      } else return;
    }
  }

  #diverge(made: string): LibosError {
    const expected = this.#describeExpected();
    this.#diverged = new LibosError(
      'ERR_LIBOS_DIVERGED',
      `${this.#options.name} went another way when it was run again: at ${this.#timeNs} ns it was to make ${expected}, and made ${made}`,
      {
        hint: 'a program may depend on nothing but its calls: no variable from outside that changes, no real clock, no real randomness',
      },
    );
    return this.#diverged;
  }

  #describeExpected(): string {
    const log = this.#log;
    const at = this.#at;
    switch (this.#kind()) {
      case record.call: {
        const headWord = log.word(at);
        const args = Array.from({ length: countOf(headWord) }, (_, i) =>
          log.word(at + callHeadWords + i),
        );
        return describeCall(detailOf(headWord), args);
      }
      case record.defer:
        return 'a wait for the kernel to be done';
      case record.at:
        return `a timer for ${log.wide(at + 1)} ns`;
      default:
        return 'no call';
    }
  }
}
