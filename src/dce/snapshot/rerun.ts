// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs programs again up to where their logs end: turn by turn in the order in which they had them, all programs
 * together, with the clock at the time of each turn. No event happens and no kernel is called meanwhile.
 */
import type { ProgramSession } from '../../posix/recording/index.js';
import { EventQueue } from '../event-queue.js';

export interface RerunWorld {
  /** Sets virtual time, also back. */
  setNowNs(timeNs: number): void;
  /** Lets promises go on. */
  turn(): Promise<void>;
}

/** Throws the first divergence. Afterwards the sessions are live. */
export async function rerun(sessions: readonly ProgramSession[], world: RerunWorld): Promise<void> {
  const queue = new EventQueue();
  const enqueue = (index: number): void => {
    const turn = sessions[index]!.nextTurn;
    if (turn !== Infinity) queue.add(turn, index, index, 0, 0);
  };
  for (const index of sessions.keys()) enqueue(index);
  while (queue.length > 0) {
    const turn = queue.nextTimeNs;
    const due: number[] = [];
    while (queue.nextTimeNs === turn) {
      queue.take();
      due.push(queue.target);
    }
    world.setNowNs(sessions[due[0]!]!.nextTimeNs);
    for (const index of due) sessions[index]!.play();
    await world.turn();
    for (const index of due) enqueue(index);
  }
  for (const session of sessions) session.goLive();
}
