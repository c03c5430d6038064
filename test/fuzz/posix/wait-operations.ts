// SPDX-License-Identifier: GPL-2.0-only

/**
 * Calls that wait, as the promises of `Process`, many of which never come: they are aborted, time out, or end with
 * their descriptor or process. What they result in is seen by nobody; that they leave nothing behind is.
 */
import { isSystemError } from '../../../src/posix/index.js';
import type { Context, Operation } from './context.js';
import type { Kind } from './model.js';

const aborted = new Error('the fuzzer has aborted it');
const readable: readonly Kind[] = ['stream', 'datagram', 'unix', 'pipe', 'event', 'timer'];

function begin({ dice, me }: Context, signal: AbortSignal): Promise<unknown> {
  const { process } = me;
  const buffer = new Uint8Array(64);
  const fd = (kinds: readonly Kind[]): number => me.some(dice, kinds).fd;
  const timeoutNs = dice.oneIn(2) ? dice.below(10_000_000) : Infinity;
  switch (dice.below(6)) {
    case 0:
      return process.readAsync(fd(readable), buffer, { signal });
    case 1:
      return process.recvfromAsync(fd(readable), buffer, 0, { signal });
    case 2:
      return process.acceptAsync(fd(['listener']), 0, { signal });
    case 3:
      return process.epollWaitAsync(fd(['epoll']), 4, { signal, timeoutNs });
    case 4:
      return process.nanosleep(dice.below(10_000_000), { signal });
    default: {
      const entries = [fd(readable), fd(readable)].map((each) => ({ fd: each, events: 1 }));
      return process.pollAsync(entries, { signal, timeoutNs });
    }
  }
}

const wait: Operation = (context) => {
  const { dice, pending } = context;
  if (pending.length > 20 || (pending.length > 0 && dice.oneIn(3))) {
    pending.splice(dice.below(pending.length), 1)[0]!.abort(aborted);
    context.result('abort', pending.length);
    return;
  }
  const controller = new AbortController();
  pending.push(controller);
  begin(context, controller.signal).catch((error: unknown) => {
    if (error !== aborted && !isSystemError(error)) throw error;
  });
  context.result('wait', pending.length);
};

export const waitOperations: readonly (readonly [number, Operation])[] = [[20, wait]];
