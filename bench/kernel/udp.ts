// SPDX-License-Identifier: GPL-2.0-only

/** Small UDP datagrams between two hosts of this process: a batch sent, a batch received, in turns. */
import { best } from './best.js';
import { createPair } from './pair.js';
import type { Kernel } from '../../src/kernel/index.js';
import { AF_INET, MSG_DONTWAIT, SOCK_DGRAM, isSystemError } from '../../src/posix/index.js';

export const datagramBytes = 64;
const port = 5002;
const batch = 64;
const seconds = 1;

/** Datagrams that arrived in a second of wall time. */
export async function measureUdp(kernel: Kernel): Promise<number> {
  const { simulation, a, b, address } = await createPair(kernel, { withOffloads: true });
  const from = a.posix.spawn();
  const to = b.posix.spawn();
  const receiver = to.socket(AF_INET, SOCK_DGRAM);
  to.bind(receiver, { family: AF_INET, address, port });
  const sender = from.socket(AF_INET, SOCK_DGRAM);
  from.connect(sender, { family: AF_INET, address, port });
  const data = from.allocate(datagramBytes);
  const buffer = to.allocate(2048);

  const drain = (): number => {
    for (let received = 0; ; received++) {
      try {
        to.recv(receiver, buffer, MSG_DONTWAIT);
      } catch (error) {
        if (isSystemError(error, 'EAGAIN')) return received;
        throw error;
      }
    }
  };
  const measure = async (): Promise<number> => {
    const startMs = performance.now();
    let received = 0;
    let passedMs = 0;
    while (passedMs < seconds * 1000) {
      for (let index = 0; index < batch; index++) from.send(sender, data);
      await simulation.run('1 us');
      received += drain();
      passedMs = performance.now() - startMs;
    }
    return received / (passedMs / 1000);
  };
  return best(measure, (rate) => rate);
}
