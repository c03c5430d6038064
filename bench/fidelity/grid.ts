// SPDX-License-Identifier: GPL-2.0-only

/** The grid: every experiment that both sides run, and the figures that are compared of each. */
import type { CongestionControl, Experiment, Flow, Outcome, Path } from './experiment.js';

/** One number of an experiment; a point of the grid is an experiment with one of its figures. */
export interface Figure {
  readonly name: string;
  readonly unit: 'bit/s' | 'ms';
  of(outcome: Outcome): number;
}

export interface GridEntry {
  readonly experiment: Experiment;
  readonly figures: readonly Figure[];
}

const second = 1e9;
const millisecond = 1e6;
const controls: readonly CongestionControl[] = ['reno', 'cubic', 'bbr'];

/** A faster path is watched for a shorter time: some ten thousand frames each. */
const ratesAndSeconds = [
  [2, 10],
  [10, 10],
  [40, 4],
] as const;
const delaysMs = [5, 20, 80] as const;
const losses = [0, 0.001, 0.01] as const;
const queuesFrames = [20, 200] as const;

function pathOf(rateMbit: number, delayMs: number, loss: number, queueFrames: number): Path {
  return {
    rateBitsPerSecond: rateMbit * 1e6,
    delayNs: delayMs * millisecond,
    lossProbability: loss,
    queueFrames,
  };
}

function pathName(path: Path): string {
  const { rateBitsPerSecond, delayNs, lossProbability, queueFrames } = path;
  return `${rateBitsPerSecond / 1e6} Mbit/s, ${delayNs / millisecond} ms, loss ${lossProbability * 100} %, queue ${queueFrames}`;
}

function bulkFlow(name: string, control: CongestionControl, seconds: number, startNs = 0): Flow {
  return { kind: 'bulk', name, control, startNs, stopNs: seconds * second };
}

/**
 * One per cent of the rate in small datagrams. A flow that is alone on a path is in step with itself: its packets
 * reach the queue at the very moments at which others leave it, and whether a full queue takes one more is decided
 * by nanoseconds, on both sides by different ones. test/fidelity/step.test.ts shows it.
 */
export function crossTraffic({ rateBitsPerSecond }: Path, stopNs: number): Flow {
  const datagramBytes = 100;
  const frameBits = (datagramBytes + 42) * 8;
  const intervalNs = Math.round((frameBits / (0.01 * rateBitsPerSecond)) * second);
  return {
    kind: 'cbr',
    name: 'cross',
    isCrossTraffic: true,
    startNs: 0,
    stopNs,
    intervalNs,
    datagramBytes,
  };
}

function goodput(flow: string, seconds: number): Figure {
  return {
    name: `goodput ${flow}`,
    unit: 'bit/s',
    of(outcome) {
      const measured = outcome.get(flow);
      return measured?.kind === 'bulk' ? (measured.receivedBytes * 8) / seconds : NaN;
    },
  };
}

/** Bulk TCP over rate × delay × loss × queue. */
function bulkGrid(): GridEntry[] {
  return controls.flatMap((control) =>
    ratesAndSeconds.flatMap(([rate, seconds]) =>
      delaysMs.flatMap((delay) =>
        losses.flatMap((loss) =>
          queuesFrames.map((queue) => {
            const path = pathOf(rate, delay, loss, queue);
            return {
              experiment: {
                name: `bulk ${control}, ${pathName(path)}`,
                path,
                flows: [bulkFlow(control, control, seconds), crossTraffic(path, seconds * second)],
                durationNs: seconds * second,
              },
              figures: [goodput(control, seconds)],
            };
          }),
        ),
      ),
    ),
  );
}

/** Answers of a size, one connection after the other: slow start, handshakes, the last round trips. */
function shortFlowGrid(): GridEntry[] {
  const sizes = [
    [10_000, 40],
    [100_000, 20],
    [1_000_000, 5],
  ] as const;
  return sizes.flatMap(([answerBytes, count]) =>
    delaysMs.flatMap((delay) =>
      [0, 0.01].map((loss) => {
        const path = pathOf(10, delay, loss, 100);
        const stopNs = 120 * second;
        return {
          experiment: {
            name: `${count} answers of ${answerBytes / 1000} kB, ${pathName(path)}`,
            path,
            flows: [
              {
                kind: 'fetch',
                name: 'fetch',
                control: 'cubic',
                startNs: 0,
                stopNs,
                count,
                answerBytes,
              },
            ],
            durationNs: stopNs,
          } satisfies Experiment,
          figures: [answerTime(count)],
        };
      }),
    ),
  );
}

/** The mean time of an answer; a run in which one is missing has none. */
function answerTime(count: number): Figure {
  return {
    name: 'mean time of an answer',
    unit: 'ms',
    of(outcome) {
      const measured = outcome.get('fetch');
      if (measured?.kind !== 'fetch' || measured.tookNs.length !== count) return NaN;
      return measured.tookNs.reduce((sum, ns) => sum + ns, 0) / count / millisecond;
    },
  };
}

/**
 * Two flows on one path, the second a second later. Who gets how much hangs on single drops, so these are watched for
 * many round trips.
 */
function competingGrid(): GridEntry[] {
  const seconds = 60;
  const pairs: readonly (readonly [CongestionControl, CongestionControl])[] = [
    ['reno', 'reno'],
    ['cubic', 'cubic'],
    ['bbr', 'bbr'],
    ['reno', 'cubic'],
    ['cubic', 'bbr'],
  ];
  return pairs.flatMap(([earlier, later]) =>
    [20, 60].map((queue) => {
      const path = pathOf(10, 10, 0, queue);
      const [one, two] = [`1-${earlier}`, `2-${later}`];
      return {
        experiment: {
          name: `${earlier} and ${later}, ${pathName(path)}`,
          path,
          flows: [
            bulkFlow(one, earlier, seconds),
            bulkFlow(two, later, seconds, second),
            crossTraffic(path, seconds * second),
          ],
          durationNs: seconds * second,
        },
        figures: [goodput(one, seconds), goodput(two, seconds)],
      };
    }),
  );
}

/** The round trip of an echo while TCP fills the queue. */
function pingGrid(): GridEntry[] {
  const seconds = 10;
  return controls.flatMap((control) =>
    queuesFrames.map((queue) => {
      const path = pathOf(10, 20, 0, queue);
      const ping: Flow = {
        kind: 'ping',
        name: 'ping',
        startNs: 0,
        stopNs: (seconds - 1) * second,
        intervalNs: 50 * millisecond,
      };
      return {
        experiment: {
          name: `ping under ${control}, ${pathName(path)}`,
          path,
          flows: [bulkFlow(control, control, seconds), ping, crossTraffic(path, seconds * second)],
          durationNs: seconds * second,
        },
        figures: [roundTrip(0.5), roundTrip(0.95)],
      };
    }),
  );
}

function roundTrip(quantile: number): Figure {
  return {
    name: `round trip, ${quantile * 100} % of echoes`,
    unit: 'ms',
    of(outcome) {
      const measured = outcome.get('ping');
      if (measured?.kind !== 'ping') return NaN;
      const answered = measured.roundTripNs.filter((ns) => ns >= 0).sort((x, y) => x - y);
      return (answered[Math.floor(quantile * (answered.length - 1))] ?? NaN) / millisecond;
    },
  };
}

/** All points, 10 seeds of which take an hour on one core. */
export function wholeGrid(): GridEntry[] {
  return [...bulkGrid(), ...shortFlowGrid(), ...competingGrid(), ...pingGrid()];
}

/** For `npm test`: a point of each kind, of each congestion control, with and without loss. */
export function quickGrid(): GridEntry[] {
  const chosen = [
    'bulk reno, 10 Mbit/s, 20 ms, loss 1 %, queue 20',
    'bulk cubic, 10 Mbit/s, 20 ms, loss 0 %, queue 200',
    'bulk cubic, 40 Mbit/s, 5 ms, loss 0.1 %, queue 20',
    'bulk bbr, 2 Mbit/s, 80 ms, loss 1 %, queue 20',
    'bulk reno, 2 Mbit/s, 5 ms, loss 0 %, queue 20',
    '20 answers of 100 kB, 10 Mbit/s, 20 ms, loss 1 %, queue 100',
    'ping under cubic, 10 Mbit/s, 20 ms, loss 0 %, queue 200',
  ];
  return wholeGrid().filter(({ experiment }) => chosen.includes(experiment.name));
}
