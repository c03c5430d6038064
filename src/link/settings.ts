// SPDX-License-Identifier: GPL-2.0-only

/** Turns what people write about a link into numbers, or says what is wrong with it. */
import { LibosError } from '../errors.js';
import { parseDurationNs, parseRateBitsPerSecond, parseSizeBytes } from '../units.js';
import type {
  DirectionOptions,
  GilbertElliottOptions,
  JitterOptions,
  LinkOptions,
  LossOptions,
  QueueOptions,
} from './options.js';
import { TraceSchedule } from './trace-schedule.js';

export interface DirectionSettings {
  readonly mtuBytes: number;
  readonly queue: QueueSettings;
  readonly rateBitsPerSecond: number;
  readonly trace: TraceSchedule | undefined;
  readonly loss: readonly LossOptions[];
  readonly duplicateProbability: number;
  readonly corrupt: CorruptSettings;
  readonly delayNs: number;
  readonly jitter: JitterSettings | undefined;
  readonly reorder: ReorderSettings | undefined;
}

export interface QueueSettings {
  readonly framesMax: number;
  readonly bytesMax: number;
  readonly dropsOldest: boolean;
}

export interface CorruptSettings {
  readonly frameProbability: number;
  readonly bitErrorRate: number;
}

export interface JitterSettings {
  readonly amountNs: number;
  readonly distribution: 'uniform' | 'normal' | 'exponential' | 'pareto';
  readonly overtakes: boolean;
}

export interface ReorderSettings {
  readonly probability: number;
  readonly holdNs: number;
}

/** The transition probabilities of a Gilbert-Elliott model. */
export interface BurstSettings {
  readonly toBad: number;
  readonly toGood: number;
  readonly lossInBad: number;
  readonly lossInGood: number;
}

const queueFramesDefault = 1000;
const directionNames = [
  ...['mtu', 'queue', 'rate', 'trace', 'loss', 'duplicate', 'corrupt', 'delay', 'jitter'],
  'reorder',
];
const distributions = ['uniform', 'normal', 'exponential', 'pareto'];

/** What each direction gets: its own options over those of both. `what` names the link in errors. */
export function splitLinkOptions(
  options: LinkOptions,
  what: string,
): readonly [DirectionOptions, DirectionOptions] {
  knownNames(options, [...directionNames, 'forward', 'backward'], what);
  const { forward = {}, backward = {}, ...both } = options;
  return [overlay(both, forward, `${what}: forward`), overlay(both, backward, `${what}: backward`)];
}

/** New options over older ones. A rate ends a trace, and the other way round; but not both at a time. */
export function overlay(
  old: DirectionOptions,
  changes: DirectionOptions,
  what: string,
): DirectionOptions {
  object(changes, what);
  knownNames(changes, directionNames, what);
  const merged: Record<string, unknown> = { ...old };
  if (changes.rate !== undefined && changes.trace === undefined) delete merged['trace'];
  if (changes.trace !== undefined && changes.rate === undefined) delete merged['rate'];
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

/** Whether a link could be made of these. @internal */
export function checkLinkOptions(options: LinkOptions, what: string): void {
  const [forward, backward] = splitLinkOptions(options, what);
  parseDirection(forward, `${what}: forward`);
  parseDirection(backward, `${what}: backward`);
}

export function parseDirection(options: DirectionOptions, what: string): DirectionSettings {
  const { mtu = Infinity, rate = Infinity, trace, delay = 0 } = options;
  if (rate !== Infinity && trace !== undefined) {
    fail(what, 'has a rate and a trace', 'give one of them: a trace is a rate that changes');
  }
  if (mtu !== Infinity && !(Number.isSafeInteger(mtu) && mtu >= 68)) {
    fail(what, `mtu: ${shown(mtu)} bytes`, 'an MTU is a whole number of bytes, 68 or more');
  }
  const rateBitsPerSecond =
    rate === Infinity ? rate : parseRateBitsPerSecond(rate, `${what}: rate`);
  if (rateBitsPerSecond === 0) {
    fail(what, 'rate: 0 bit/s lets nothing pass', 'use down() to take a link away');
  }
  return {
    mtuBytes: mtu,
    queue: parseQueue(options.queue ?? queueFramesDefault, `${what}: queue`),
    rateBitsPerSecond,
    trace: trace === undefined ? undefined : parseTrace(trace, `${what}: trace`),
    loss: parseLoss(options.loss ?? [], `${what}: loss`),
    duplicateProbability: probability(options.duplicate ?? 0, `${what}: duplicate`),
    corrupt: parseCorrupt(options.corrupt ?? 0, `${what}: corrupt`),
    delayNs: parseDurationNs(delay, `${what}: delay`),
    jitter: parseJitter(options.jitter ?? 0, `${what}: jitter`),
    reorder: parseReorder(options.reorder, `${what}: reorder`),
  };
}

/** No frame is on its way for less. */
export function minimalDelayNs({ delayNs, jitter }: DirectionSettings): number {
  if (!jitter) return delayNs;
  switch (jitter.distribution) {
    case 'uniform':
      return Math.max(0, delayNs - jitter.amountNs);
    case 'normal':
      return Math.max(0, delayNs - 4 * jitter.amountNs);
    case 'exponential':
    case 'pareto':
      return delayNs;
  }
}

/** Whether a frame that segmentation offload left whole may stay so: only where nothing but time acts on it. */
export function carriesWhole(settings: DirectionSettings): boolean {
  const { rateBitsPerSecond, trace, mtuBytes, loss, duplicateProbability, corrupt } = settings;
  return (
    rateBitsPerSecond === Infinity &&
    trace === undefined &&
    mtuBytes === Infinity &&
    loss.length === 0 &&
    duplicateProbability === 0 &&
    corrupt.frameProbability === 0 &&
    corrupt.bitErrorRate === 0 &&
    settings.jitter === undefined &&
    settings.reorder === undefined
  );
}

export function burstSettings(options: GilbertElliottOptions, what: string): BurstSettings {
  object(options, what);
  if ('burst' in options) {
    knownNames(options, ['loss', 'burst'], what);
    const loss = probability(options.loss, `${what}: loss`);
    const { burst } = options;
    if (typeof burst !== 'number' || !(burst >= 1 && burst < Infinity)) {
      fail(what, `burst: ${shown(burst)} frames`, 'the mean length of a burst is 1 or more');
    }
    const toGood = 1 / burst;
    const toBad = loss === 1 ? 1 : (loss * toGood) / (1 - loss);
    if (toBad > 1) {
      const hint = `to lose ${shown(loss)} of the frames, bursts must be ${Math.ceil(loss / (1 - loss))} or longer`;
      fail(what, `loses more than bursts of ${burst} can`, hint);
    }
    return { toBad, toGood: loss === 1 ? 0 : toGood, lossInBad: 1, lossInGood: 0 };
  }
  knownNames(options, ['toBad', 'toGood', 'lossInBad', 'lossInGood'], what);
  return {
    toBad: probability(options.toBad, `${what}: toBad`),
    toGood: probability(options.toGood, `${what}: toGood`),
    lossInBad: probability(options.lossInBad ?? 1, `${what}: lossInBad`),
    lossInGood: probability(options.lossInGood ?? 0, `${what}: lossInGood`),
  };
}

function parseQueue(queue: QueueOptions, what: string): QueueSettings {
  if (typeof queue === 'number') {
    return { framesMax: frames(queue, what), bytesMax: Infinity, dropsOldest: false };
  }
  if (typeof queue === 'string') {
    const packets = /^\s*(\d+)\s*(packets?|frames?)\s*$/.exec(queue);
    if (packets) {
      return {
        framesMax: frames(Number(packets[1]), what),
        bytesMax: Infinity,
        dropsOldest: false,
      };
    }
    if (/packet|frame/.test(queue)) fail(what, shown(queue), 'write "100 packets" or "64 kB"');
    return { framesMax: Infinity, bytesMax: parseSizeBytes(queue, what), dropsOldest: false };
  }
  object(queue, what);
  knownNames(queue, ['packets', 'bytes', 'drop'], what);
  const { packets = Infinity, bytes = Infinity, drop = 'tail' } = queue;
  // A caller without types may write anything.
  if (!['tail', 'head'].includes(drop)) {
    fail(`${what}: drop`, shown(drop), 'a full queue drops at its tail or its head');
  }
  return {
    framesMax: frames(packets, `${what}: packets`),
    bytesMax: bytes === Infinity ? bytes : parseSizeBytes(bytes, `${what}: bytes`),
    dropsOldest: drop === 'head',
  };
}

function frames(count: number, what: string): number {
  if (count === Infinity || (Number.isSafeInteger(count) && count >= 0)) return count;
  return fail(
    what,
    `${shown(count)} packets`,
    'a queue has a whole number of packets, or Infinity',
  );
}

function parseTrace(trace: string | readonly number[], what: string): TraceSchedule {
  if (typeof trace === 'string') return TraceSchedule.fromFile(trace, what);
  if (Array.isArray(trace)) return new TraceSchedule(trace, what);
  return fail(what, shown(trace), "give a file's path or an array of milliseconds");
}

function parseLoss(
  loss: LossOptions | readonly LossOptions[],
  what: string,
): readonly LossOptions[] {
  const all = Array.isArray(loss) ? (loss as readonly LossOptions[]) : [loss as LossOptions];
  for (const one of all) checkLoss(one, what);
  return all.filter((one) => one !== 0);
}

function checkLoss(loss: LossOptions, what: string): void {
  if (typeof loss === 'function') return;
  if (typeof loss === 'number') {
    probability(loss, what);
    return;
  }
  object(loss, what);
  knownNames(loss, ['every', 'gilbertElliott'], what);
  if ('gilbertElliott' in loss) {
    if ('every' in loss)
      fail(what, 'has two models', 'write [{ every: … }, { gilbertElliott: … }]');
    burstSettings(loss.gilbertElliott, `${what}: gilbertElliott`);
  } else if (!(Number.isSafeInteger(loss.every) && loss.every >= 1)) {
    fail(what, `every: ${shown(loss.every)}`, 'it counts frames: a whole number, 1 or more');
  }
}

function parseCorrupt(corrupt: number | { bitErrorRate: number }, what: string): CorruptSettings {
  if (typeof corrupt === 'number') {
    return { frameProbability: probability(corrupt, what), bitErrorRate: 0 };
  }
  object(corrupt, what);
  knownNames(corrupt, ['bitErrorRate'], what);
  const bitErrorRate = probability(corrupt.bitErrorRate, `${what}: bitErrorRate`);
  return { frameProbability: 0, bitErrorRate };
}

function parseJitter(
  jitter: string | number | JitterOptions,
  what: string,
): JitterSettings | undefined {
  const options = typeof jitter === 'object' ? jitter : { amount: jitter };
  object(options, what);
  knownNames(options, ['amount', 'distribution', 'reorder'], what);
  const { amount, distribution = 'uniform', reorder = false } = options;
  if (!distributions.includes(distribution)) {
    fail(`${what}: distribution`, shown(distribution), `it is one of ${distributions.join(', ')}`);
  }
  const amountNs = parseDurationNs(amount, typeof jitter === 'object' ? `${what}: amount` : what);
  return amountNs === 0 ? undefined : { amountNs, distribution, overtakes: reorder };
}

function parseReorder(
  reorder: DirectionOptions['reorder'],
  what: string,
): ReorderSettings | undefined {
  if (reorder === undefined) return undefined;
  object(reorder, what);
  knownNames(reorder, ['probability', 'hold'], what);
  const holdNs = parseDurationNs(reorder.hold, `${what}: hold`);
  const chance = probability(reorder.probability, `${what}: probability`);
  return chance === 0 || holdNs === 0 ? undefined : { probability: chance, holdNs };
}

function probability(value: number, what: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  return fail(what, shown(value), 'a probability is a number from 0 to 1');
}

function object(value: object, what: string): void {
  // A caller without types may give anything.
  if (typeof value !== 'object' || (value as unknown) === null || Array.isArray(value)) {
    fail(what, shown(value), 'it is an object of options');
  }
}

export function knownNames(options: object, known: readonly string[], what: string): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      fail(what, `there is no option ${JSON.stringify(name)}`, `it is one of ${known.join(', ')}`);
    }
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export function fail(what: string, reason: string, hint: string): never {
  throw new LibosError('ERR_LIBOS_LINK', `${what}: ${reason}`, { hint });
}
