// SPDX-License-Identifier: GPL-2.0-only

/** What a fuzzer believes of its processes: which descriptors are open and what they are. It may be wrong. */
import type { Process } from '../../../src/posix/index.js';
import type { Dice } from './random.js';

export type Kind =
  | 'stream'
  | 'datagram'
  | 'listener'
  | 'unix'
  | 'packet'
  | 'netlink'
  | 'pipe'
  | 'epoll'
  | 'event'
  | 'timer'
  | 'file'
  | 'directory'
  | 'other';

export interface Descriptor {
  readonly fd: number;
  kind: Kind;
  /** Of a socket; else 0. */
  readonly family: number;
}

/** More than this and a process begins to close. */
export const descriptorsWanted = 48;

export class ModelProcess {
  readonly process: Process;
  descriptors: Descriptor[];

  constructor(process: Process, descriptors: readonly Descriptor[] = []) {
    this.process = process;
    this.descriptors = descriptors.map((descriptor) => ({ ...descriptor }));
  }

  opened(fd: number, kind: Kind, family = 0): void {
    if (fd < 0) return;
    this.closed(fd);
    this.descriptors.push({ fd, kind, family });
  }

  closed(fd: number): void {
    const at = this.descriptors.findIndex((descriptor) => descriptor.fd === fd);
    if (at >= 0) this.descriptors.splice(at, 1);
  }

  /** Mostly one of the kinds, sometimes any, seldom none that is open. */
  some(dice: Dice, kinds: readonly Kind[]): Descriptor {
    if (dice.oneIn(30)) return { fd: dice.pick(wrongDescriptors), kind: 'other', family: 2 };
    if (!dice.oneIn(12)) {
      const { descriptors } = this;
      const start = dice.below(descriptors.length + 1);
      for (let step = 0; step < descriptors.length; step++) {
        const descriptor = descriptors[(start + step) % descriptors.length]!;
        if (kinds.includes(descriptor.kind)) return descriptor;
      }
    }
    return this.any(dice);
  }

  any(dice: Dice): Descriptor {
    if (this.descriptors.length === 0 || dice.oneIn(30)) {
      return { fd: dice.pick(wrongDescriptors), kind: 'other', family: 2 };
    }
    return dice.pick(this.descriptors);
  }
}

const wrongDescriptors = [-1, -100, 0, 1, 2, 3, 77, 1023, 1024, 0x7fffffff, -0x80000000];
