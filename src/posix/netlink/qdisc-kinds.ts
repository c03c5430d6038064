// SPDX-License-Identifier: GPL-2.0-only
/**
 * Options of queueing disciplines and classes, in units that say themselves, and their form on the wire. Kinds
 * that are not here take raw option bytes. Rates are bits a second; the kernel counts bytes.
 */
import { lp64 } from '../struct/data-model.js';
import * as S from '../struct/netlink.js';
import {
  binary,
  bool8,
  mapped,
  nested,
  policy,
  s32,
  s64Number,
  structure,
  u32,
  u64,
  u64Number,
  type AttributeKind,
  type PolicyValue,
} from './attributes.js';
import * as C from './constants/qdisc.js';

/** Linux keeps burst times in units of 64 ns (PSCHED_SHIFT). */
const nsPerTick = 64;
const ethernetLinkLayer = 1;
const probabilityOne = 0xffffffff;
const toScaled = (probability: number): number => Math.round(probability * probabilityOne);
const fromScaled = (scaled: number): number => scaled / probabilityOne;
const bytesPerSecond = (bits: number): number => Math.floor(bits / 8);

/** The time that `bytes` take at a rate, in ticks. */
const ticks = (bytes: number, rateBitsPerSecond: number): number =>
  Math.min(0xffffffff, Math.floor((bytes * 8e9) / rateBitsPerSecond / nsPerTick));
const fromTicks = (value: number, rateBitsPerSecond: number): number =>
  Math.round((value * nsPerTick * rateBitsPerSecond) / 8e9);

function rateSpec(bits: number, overheadBytes = 0) {
  const rate = Math.min(bytesPerSecond(bits), 0xffffffff);
  return {
    cell_log: 0,
    linklayer: ethernetLinkLayer,
    overhead: overheadBytes,
    cell_align: 0,
    mpu: 0,
    rate,
  };
}

/** A discipline’s options: from and to the payload of TCA_OPTIONS. */
export interface OptionsCodec<T> {
  encode(options: T): Uint8Array;
  decode(payload: Uint8Array): T;
}

export interface TbfOptions {
  readonly rateBitsPerSecond: number;
  readonly burstBytes: number;
  /** The longest queue. */
  readonly limitBytes: number;
  readonly peakRateBitsPerSecond?: number;
  /** With a peak rate: the bucket of the peak, at least the MTU. */
  readonly peakBurstBytes?: number;
}
const tbfPolicy = policy({
  parameters: [C.TCA_TBF_PARMS, structure(S.tc_tbf_qopt)],
  rate: [C.TCA_TBF_RATE64, u64Number],
  peakRate: [C.TCA_TBF_PRATE64, u64Number],
  burst: [C.TCA_TBF_BURST, u32],
  peakBurst: [C.TCA_TBF_PBURST, u32],
});
const tbf: OptionsCodec<TbfOptions> = {
  encode({ rateBitsPerSecond, burstBytes, limitBytes, peakRateBitsPerSecond, peakBurstBytes }) {
    const peak = peakRateBitsPerSecond ?? 0;
    return tbfPolicy.encode({
      parameters: {
        rate: rateSpec(rateBitsPerSecond),
        peakrate: rateSpec(peak),
        limit: limitBytes,
        buffer: ticks(burstBytes, rateBitsPerSecond),
        mtu: peak === 0 ? 0 : ticks(peakBurstBytes ?? burstBytes, peak),
      },
      rate: wide(rateBitsPerSecond),
      peakRate: wide(peak),
      burst: burstBytes,
      peakBurst: peak === 0 ? undefined : (peakBurstBytes ?? burstBytes),
    });
  },
  decode(payload) {
    const { parameters, rate, peakRate } = tbfPolicy.decode(payload);
    const bits = (rate ?? parameters?.rate.rate ?? 0) * 8;
    const peak = (peakRate ?? parameters?.peakrate.rate ?? 0) * 8;
    return {
      rateBitsPerSecond: bits,
      burstBytes: fromTicks(parameters?.buffer ?? 0, bits),
      limitBytes: parameters?.limit ?? 0,
      ...(peak !== 0 && {
        peakRateBitsPerSecond: peak,
        peakBurstBytes: fromTicks(parameters?.mtu ?? 0, peak),
      }),
    };
  },
};

/** The 64-bit attribute is for rates that 32 bits of bytes cannot say. */
function wide(bits: number): number | undefined {
  const bytes = bytesPerSecond(bits);
  return bytes > 0xffffffff ? bytes : undefined;
}

export interface HtbOptions {
  /** The minor number of the class for what no filter classifies; 0: it is sent at once. */
  readonly defaultClass?: number;
  readonly rateToQuantum?: number;
  readonly directQueueFrames?: number;
}
const htbPolicy = policy({
  init: [C.TCA_HTB_INIT, structure(S.tc_htb_glob)],
  directQueueFrames: [C.TCA_HTB_DIRECT_QLEN, u32],
});
const htb: OptionsCodec<HtbOptions> = {
  encode: ({ defaultClass = 0, rateToQuantum = 10, directQueueFrames }) =>
    htbPolicy.encode({
      init: {
        version: 3,
        rate2quantum: rateToQuantum,
        defcls: defaultClass,
        debug: 0,
        direct_pkts: 0,
      },
      directQueueFrames,
    }),
  decode(payload) {
    const { init, directQueueFrames } = htbPolicy.decode(payload);
    return {
      defaultClass: init?.defcls ?? 0,
      rateToQuantum: init?.rate2quantum ?? 0,
      ...(directQueueFrames !== undefined && { directQueueFrames }),
    };
  },
};

export interface HtbClassOptions {
  readonly rateBitsPerSecond: number;
  /** What it may borrow up to; the rate unless said. */
  readonly ceilBitsPerSecond?: number;
  readonly burstBytes?: number;
  readonly ceilBurstBytes?: number;
  readonly quantumBytes?: number;
  /** 0 (first) to 7. */
  readonly priority?: number;
}
const htbClassPolicy = policy({
  parameters: [C.TCA_HTB_PARMS, structure(S.tc_htb_opt)],
  rate: [C.TCA_HTB_RATE64, u64Number],
  ceil: [C.TCA_HTB_CEIL64, u64Number],
});
/** At least what 1 ms at the rate brings, and a full frame. */
const defaultBurst = (bits: number): number => Math.max(1600, Math.ceil(bits / 8000) + 1600);
const htbClass: OptionsCodec<HtbClassOptions> = {
  encode(options) {
    const { rateBitsPerSecond: rate, ceilBitsPerSecond: ceil = rate } = options;
    return htbClassPolicy.encode({
      parameters: {
        rate: rateSpec(rate),
        ceil: rateSpec(ceil),
        buffer: ticks(options.burstBytes ?? defaultBurst(rate), rate),
        cbuffer: ticks(options.ceilBurstBytes ?? defaultBurst(ceil), ceil),
        quantum: options.quantumBytes ?? 0,
        level: 0,
        prio: options.priority ?? 0,
      },
      rate: wide(rate),
      ceil: wide(ceil),
    });
  },
  decode(payload) {
    const { parameters, rate, ceil } = htbClassPolicy.decode(payload);
    const rateBits = (rate ?? parameters?.rate.rate ?? 0) * 8;
    const ceilBits = (ceil ?? parameters?.ceil.rate ?? 0) * 8;
    return {
      rateBitsPerSecond: rateBits,
      ceilBitsPerSecond: ceilBits,
      burstBytes: fromTicks(parameters?.buffer ?? 0, rateBits),
      ceilBurstBytes: fromTicks(parameters?.cbuffer ?? 0, ceilBits),
      quantumBytes: parameters?.quantum ?? 0,
      priority: parameters?.prio ?? 0,
    };
  },
};

/** Options of tc-netem(8). */
export interface NetemOptions {
  readonly delayNs?: number;
  readonly jitterNs?: number;
  /** Of a delay with the one before, 0 to 1. */
  readonly delayCorrelation?: number;
  readonly lossProbability?: number;
  readonly lossCorrelation?: number;
  readonly duplicateProbability?: number;
  readonly duplicateCorrelation?: number;
  readonly reorderProbability?: number;
  readonly reorderCorrelation?: number;
  /** Every n-th frame is not delayed. */
  readonly gapFrames?: number;
  readonly corruptProbability?: number;
  readonly corruptCorrelation?: number;
  readonly rateBitsPerSecond?: number;
  readonly packetOverheadBytes?: number;
  /** The longest queue; 1,000 unless said. */
  readonly limitFrames?: number;
  /** Loss marks frames instead. */
  readonly markInsteadOfDrop?: boolean;
  /** Gilbert and Elliott’s model of bursts of loss, probabilities 0 to 1. */
  readonly lossModel?: {
    readonly p: number;
    readonly r: number;
    readonly h: number;
    readonly k1: number;
  };
  /** Seeds the random numbers, so that a run repeats. */
  readonly seed?: bigint;
}
const scaledGemodel = mapped(
  structure(S.tc_netem_gemodel),
  (m: NonNullable<NetemOptions['lossModel']>) => ({
    p: toScaled(m.p),
    r: toScaled(m.r),
    h: toScaled(m.h),
    k1: toScaled(m.k1),
  }),
  (m) => ({ p: fromScaled(m.p), r: fromScaled(m.r), h: fromScaled(m.h), k1: fromScaled(m.k1) }),
);
const netemPolicy = policy({
  correlation: [C.TCA_NETEM_CORR, structure(S.tc_netem_corr)],
  reorder: [C.TCA_NETEM_REORDER, structure(S.tc_netem_reorder)],
  corrupt: [C.TCA_NETEM_CORRUPT, structure(S.tc_netem_corrupt)],
  loss: [C.TCA_NETEM_LOSS, nested(policy({ gemodel: [C.NETEM_LOSS_GE, scaledGemodel] }))],
  rate: [C.TCA_NETEM_RATE, structure(S.tc_netem_rate)],
  ecn: [C.TCA_NETEM_ECN, u32],
  rate64: [C.TCA_NETEM_RATE64, u64Number],
  delayNs: [C.TCA_NETEM_LATENCY64, s64Number],
  jitterNs: [C.TCA_NETEM_JITTER64, s64Number],
  seed: [C.TCA_NETEM_PRNG_SEED, u64],
});
const netemHeaderBytes = S.tc_netem_qopt.sizeof(lp64);
const netem: OptionsCodec<NetemOptions> = {
  encode(o) {
    const fixed = S.tc_netem_qopt.encode(
      {
        latency: 0,
        limit: o.limitFrames ?? 1000,
        loss: toScaled(o.lossProbability ?? 0),
        gap: o.gapFrames ?? (o.reorderProbability === undefined ? 0 : 1),
        duplicate: toScaled(o.duplicateProbability ?? 0),
        jitter: 0,
      },
      lp64,
    );
    const attributes = netemPolicy.encode({
      correlation: {
        delay_corr: toScaled(o.delayCorrelation ?? 0),
        loss_corr: toScaled(o.lossCorrelation ?? 0),
        dup_corr: toScaled(o.duplicateCorrelation ?? 0),
      },
      reorder: pair(o.reorderProbability, o.reorderCorrelation),
      corrupt: pair(o.corruptProbability, o.corruptCorrelation),
      loss: o.lossModel === undefined ? undefined : { gemodel: o.lossModel },
      ...netemRate(o),
      ecn: o.markInsteadOfDrop === true ? 1 : undefined,
      delayNs: o.delayNs ?? 0,
      jitterNs: o.jitterNs ?? 0,
      seed: o.seed,
    });
    const whole = new Uint8Array(fixed.byteLength + attributes.byteLength);
    whole.set(fixed);
    whole.set(attributes, fixed.byteLength);
    return whole;
  },
  decode(payload) {
    const fixed = S.tc_netem_qopt.decode(payload, lp64);
    const a = netemPolicy.decode(payload.subarray(netemHeaderBytes));
    const rate = a.rate64 ?? a.rate?.rate ?? 0;
    return {
      delayNs: a.delayNs ?? fixed.latency * nsPerTick,
      jitterNs: a.jitterNs ?? fixed.jitter * nsPerTick,
      lossProbability: fromScaled(fixed.loss),
      duplicateProbability: fromScaled(fixed.duplicate),
      gapFrames: fixed.gap,
      limitFrames: fixed.limit,
      delayCorrelation: fromScaled(a.correlation?.delay_corr ?? 0),
      lossCorrelation: fromScaled(a.correlation?.loss_corr ?? 0),
      duplicateCorrelation: fromScaled(a.correlation?.dup_corr ?? 0),
      reorderProbability: fromScaled(a.reorder?.probability ?? 0),
      reorderCorrelation: fromScaled(a.reorder?.correlation ?? 0),
      corruptProbability: fromScaled(a.corrupt?.probability ?? 0),
      corruptCorrelation: fromScaled(a.corrupt?.correlation ?? 0),
      rateBitsPerSecond: rate * 8,
      packetOverheadBytes: a.rate?.packet_overhead ?? 0,
      markInsteadOfDrop: (a.ecn ?? 0) !== 0,
      ...(a.loss?.gemodel !== undefined && { lossModel: a.loss.gemodel }),
      ...(a.seed !== undefined && { seed: a.seed }),
    };
  },
};

function pair(probability: number | undefined, correlation = 0) {
  if (probability === undefined) return undefined;
  return { probability: toScaled(probability), correlation: toScaled(correlation) };
}

function netemRate({ rateBitsPerSecond, packetOverheadBytes = 0 }: NetemOptions) {
  if (rateBitsPerSecond === undefined) return {};
  const rate = Math.min(bytesPerSecond(rateBitsPerSecond), 0xffffffff);
  return {
    rate: { rate, packet_overhead: packetOverheadBytes, cell_size: 0, cell_overhead: 0 },
    rate64: wide(rateBitsPerSecond),
  };
}

const bool32 = mapped(
  u32,
  (value: boolean) => (value ? 1 : 0),
  (value) => value !== 0,
);
const fq = policy({
  limitFrames: [C.TCA_FQ_PLIMIT, u32],
  flowLimitFrames: [C.TCA_FQ_FLOW_PLIMIT, u32],
  quantumBytes: [C.TCA_FQ_QUANTUM, u32],
  initialQuantumBytes: [C.TCA_FQ_INITIAL_QUANTUM, u32],
  pacing: [C.TCA_FQ_RATE_ENABLE, bool32],
  flowRateBytesPerSecondMax: [C.TCA_FQ_FLOW_MAX_RATE, u32],
  bucketsLog2: [C.TCA_FQ_BUCKETS_LOG, u32],
  flowRefillDelayUs: [C.TCA_FQ_FLOW_REFILL_DELAY, u32],
  orphanMask: [C.TCA_FQ_ORPHAN_MASK, u32],
  lowRateThresholdBytesPerSecond: [C.TCA_FQ_LOW_RATE_THRESHOLD, u32],
  ceThresholdUs: [C.TCA_FQ_CE_THRESHOLD, u32],
  timerSlackNs: [C.TCA_FQ_TIMER_SLACK, u32],
  horizonUs: [C.TCA_FQ_HORIZON, u32],
  horizonDrop: [C.TCA_FQ_HORIZON_DROP, bool8],
});
const fqCodel = policy({
  targetUs: [C.TCA_FQ_CODEL_TARGET, u32],
  limitFrames: [C.TCA_FQ_CODEL_LIMIT, u32],
  intervalUs: [C.TCA_FQ_CODEL_INTERVAL, u32],
  ecn: [C.TCA_FQ_CODEL_ECN, bool32],
  flows: [C.TCA_FQ_CODEL_FLOWS, u32],
  quantumBytes: [C.TCA_FQ_CODEL_QUANTUM, u32],
  ceThresholdUs: [C.TCA_FQ_CODEL_CE_THRESHOLD, u32],
  dropBatchFrames: [C.TCA_FQ_CODEL_DROP_BATCH_SIZE, u32],
  memoryBytesMax: [C.TCA_FQ_CODEL_MEMORY_LIMIT, u32],
});
const codel = policy({
  targetUs: [C.TCA_CODEL_TARGET, u32],
  limitFrames: [C.TCA_CODEL_LIMIT, u32],
  intervalUs: [C.TCA_CODEL_INTERVAL, u32],
  ecn: [C.TCA_CODEL_ECN, bool32],
  ceThresholdUs: [C.TCA_CODEL_CE_THRESHOLD, u32],
});
const cake = policy({
  rateBytesPerSecond: [C.TCA_CAKE_BASE_RATE64, u64Number],
  diffservMode: [C.TCA_CAKE_DIFFSERV_MODE, u32],
  atm: [C.TCA_CAKE_ATM, u32],
  flowMode: [C.TCA_CAKE_FLOW_MODE, u32],
  overheadBytes: [C.TCA_CAKE_OVERHEAD, s32],
  rttUs: [C.TCA_CAKE_RTT, u32],
  targetUs: [C.TCA_CAKE_TARGET, u32],
  autorate: [C.TCA_CAKE_AUTORATE, bool32],
  memoryBytesMax: [C.TCA_CAKE_MEMORY, u32],
  nat: [C.TCA_CAKE_NAT, bool32],
  wash: [C.TCA_CAKE_WASH, bool32],
  mpuBytes: [C.TCA_CAKE_MPU, u32],
  ingress: [C.TCA_CAKE_INGRESS, bool32],
  ackFilter: [C.TCA_CAKE_ACK_FILTER, u32],
  splitGso: [C.TCA_CAKE_SPLIT_GSO, bool32],
});
const drrClass = policy({ quantumBytes: [C.TCA_DRR_QUANTUM, u32] });

/** A discipline whose options are one structure. */
function plain<T, U>(
  type: AttributeKind<T>,
  to: (value: U) => T,
  from: (value: T) => U,
): OptionsCodec<U> {
  const only = policy({ value: [0, type] });
  const headerBytes = 4;
  return {
    encode: (options) => only.encode({ value: to(options) }).subarray(headerBytes),
    decode: (payload) => from(type.read(payload)),
  };
}
export interface FifoOptions {
  /** Frames for pfifo, bytes for bfifo. */
  readonly limit: number;
}
const fifo = plain(
  structure(S.tc_fifo_qopt),
  ({ limit }: FifoOptions) => ({ limit }),
  ({ limit }) => ({ limit }),
);
export interface PrioOptions {
  readonly bands?: number;
  /** The band of each of 16 priorities. */
  readonly bandOfPriority?: readonly number[];
}
const prio = plain(
  structure(S.tc_prio_qopt),
  ({
    bands = 3,
    bandOfPriority = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
  }: PrioOptions) => ({
    bands,
    priomap: Uint8Array.from(bandOfPriority),
  }),
  ({ bands, priomap }) => ({ bands, bandOfPriority: [...priomap] }),
);
export interface SfqOptions {
  readonly quantumBytes?: number;
  readonly perturbSeconds?: number;
  readonly limitFrames?: number;
}
const sfq = plain(
  structure(S.tc_sfq_qopt),
  ({ quantumBytes = 0, perturbSeconds = 0, limitFrames = 0 }: SfqOptions) => ({
    quantum: quantumBytes,
    perturb_period: perturbSeconds,
    limit: limitFrames,
    divisor: 0,
    flows: 0,
  }),
  ({ quantum, perturb_period, limit }) => ({
    quantumBytes: quantum,
    perturbSeconds: perturb_period,
    limitFrames: limit,
  }),
);

export const qdiscKinds = {
  tbf,
  htb,
  netem,
  fq,
  fq_codel: fqCodel,
  codel,
  cake,
  pfifo: fifo,
  bfifo: fifo,
  prio,
  sfq,
} as const;
export const classKinds = { htb: htbClass, drr: drrClass } as const;

type OptionsOf<T> = {
  readonly [K in keyof T]: T[K] extends { encode(options: infer O): Uint8Array } ? O : never;
};
/** Options of a queueing discipline, by kind: tc(8). */
export type QdiscOptions = OptionsOf<typeof qdiscKinds>;
/** Options of a class, by kind: tc(8). */
export type ClassOptions = OptionsOf<typeof classKinds>;

/** Extended statistics of TCA_STATS2. */
export const statisticsPolicy = policy({
  basic: [1, structure(S.gnet_stats_basic)],
  queue: [3, structure(S.gnet_stats_queue)],
  application: [4, binary],
});
export type QueueStatistics = PolicyValue<typeof statisticsPolicy>;
