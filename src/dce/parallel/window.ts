// SPDX-License-Identifier: GPL-2.0-only

/**
 * How far a worker may go before it has to hear from the others: a pure function of what all have said at the
 * last barrier, so that all decide alike. Nothing that another does can reach a worker before that one's next
 * event plus the way from there. A run that ends when programs have ended must not go past that moment anywhere,
 * though nobody knows it in advance: whoever has no such program left follows behind those who have.
 */

/** What a worker says of itself. */
export interface Standing {
  /** Its next event, or the first frame on its way to it; Infinity for none. */
  readonly nextNs: number;
  /** When it did something last, or when the run began. */
  readonly lastNs: number;
  /** Programs that the run waits for and that have not ended. */
  readonly unfinished: number;
  /** When the last of those that have ended did, or when the run began. */
  readonly endedNs: number;
  /** When something was thrown; Infinity for not. */
  readonly failedNs: number;
  /** The next moment at which the scenario itself does something, which it does in all workers. */
  readonly scenarioNs: number;
  /** When it next does something between two moments, in all workers. */
  readonly pauseNs: number;
}

export interface WindowGoal {
  /** When the run ends at the latest. */
  readonly endNs: number;
  /** Whether it ends when no program is unfinished. */
  readonly byPrograms: boolean;
}

export type Verdict =
  /** Go on: everything up to and including the moment. */
  | { readonly kind: 'window'; readonly lastNs: number }
  /** All is done up to the moment: the scenario's pause is now. */
  | { readonly kind: 'pause'; readonly timeNs: number }
  /** It is over, and this is the time. */
  | { readonly kind: 'end'; readonly why: EndReason; readonly timeNs: number };

/** Its time has come; the programs have ended; something was thrown; nothing can happen any more. */
export type EndReason = 'time' | 'programs' | 'error' | 'nothing';

/** The next window of worker `mine`. `lookaheads` as of lookaheads(): from × workers + to. */
export function nextWindow(
  standings: readonly Standing[],
  lookaheads: Float64Array,
  goal: WindowGoal,
  mine: number,
): Verdict {
  const end = endOf(standings, goal);
  if (end) return end;
  const pauseNs = firstPauseNs(standings);
  if (firstNextNs(standings) > pauseNs) return { kind: 'pause', timeNs: pauseNs };
  const causalNs = firstEffectNs(standings, lookaheads, mine);
  const lastNs = Math.min(
    causalNs - 1,
    goal.endNs,
    pauseNs,
    ...standings.map(({ scenarioNs }) => scenarioNs),
    firstFailureNs(standings),
    goal.byPrograms ? programsLimitNs(standings, lookaheads, mine, causalNs) : Infinity,
  );
  return { kind: 'window', lastNs };
}

function endOf(standings: readonly Standing[], goal: WindowGoal): Verdict | undefined {
  const nextNs = firstNextNs(standings);
  const failedNs = firstFailureNs(standings);
  if (failedNs < Infinity && nextNs > failedNs) {
    return { kind: 'end', why: 'error', timeNs: failedNs };
  }
  if (goal.byPrograms && standings.every(({ unfinished }) => unfinished === 0)) {
    const timeNs = Math.max(...standings.map(({ endedNs }) => endedNs));
    if (nextNs > timeNs) return { kind: 'end', why: 'programs', timeNs };
  }
  const somethingNs = Math.min(nextNs, firstPauseNs(standings));
  if (somethingNs <= goal.endNs && somethingNs < Infinity) return undefined;
  if (goal.endNs < Infinity) return { kind: 'end', why: 'time', timeNs: goal.endNs };
  const timeNs = Math.max(...standings.map(({ lastNs }) => lastNs));
  return { kind: 'end', why: 'nothing', timeNs };
}

function firstNextNs(standings: readonly Standing[]): number {
  return Math.min(...standings.map(({ nextNs }) => nextNs));
}

function firstPauseNs(standings: readonly Standing[]): number {
  return Math.min(...standings.map(({ pauseNs }) => pauseNs));
}

function firstFailureNs(standings: readonly Standing[]): number {
  return Math.min(...standings.map(({ failedNs }) => failedNs));
}

/** Before this moment nothing that others do can reach the worker, nor what it does come back to it. */
function firstEffectNs(
  standings: readonly Standing[],
  lookaheads: Float64Array,
  worker: number,
): number {
  let firstNs = Infinity;
  for (const [from, { nextNs }] of standings.entries()) {
    firstNs = Math.min(firstNs, nextNs + lookaheads[from * standings.length + worker]!);
  }
  return firstNs;
}

/** So far the run goes for certain, as far as its programs decide that. */
function programsLimitNs(
  standings: readonly Standing[],
  lookaheads: Float64Array,
  mine: number,
  causalNs: number,
): number {
  const { unfinished, nextNs } = standings[mine]!;
  if (unfinished > 0) {
    if (standings.every((standing) => standing.unfinished > 0)) return Infinity;
    // Others follow behind this one. It stays half a way ahead of them, so that they can run while it does.
    return Math.min(nextNs, causalNs) + halfNs(lookaheads, mine);
  }
  let certainNs = 0;
  for (const [worker, standing] of standings.entries()) {
    if (standing.unfinished === 0) certainNs = Math.max(certainNs, standing.endedNs);
    else {
      const effectNs = firstEffectNs(standings, lookaheads, worker);
      certainNs = Math.max(certainNs, Math.min(standing.nextNs, effectNs));
    }
  }
  return certainNs;
}

/** Half of the shortest way to a worker. */
function halfNs(lookaheads: Float64Array, to: number): number {
  const workers = Math.sqrt(lookaheads.length);
  let leastNs = Infinity;
  for (let from = 0; from < workers; from++) {
    leastNs = Math.min(leastNs, lookaheads[from * workers + to]!);
  }
  return Math.floor(leastNs / 2);
}
