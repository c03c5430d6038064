// SPDX-License-Identifier: GPL-2.0-only
/** Queueing disciplines, their classes and filters in rtnetlink’s form. */
import { lp64 } from '../struct/data-model.js';
import { tcmsg } from '../struct/netlink.js';
import { AF_UNSPEC } from '../constants/socket.js';
import { binary, nested, policy, text, u32 } from './attributes.js';
import * as C from './constants/qdisc.js';
import {
  classKinds,
  qdiscKinds,
  statisticsPolicy,
  type ClassOptions,
  type OptionsCodec,
  type QdiscOptions,
  type QueueStatistics,
} from './qdisc-kinds.js';

const queuePolicy = policy({
  kind: [C.TCA_KIND, text],
  options: [C.TCA_OPTIONS, { ...binary, nested: true }],
  statistics: [C.TCA_STATS2, nested(statisticsPolicy)],
  chain: [C.TCA_CHAIN, u32],
  ingressBlock: [C.TCA_INGRESS_BLOCK, u32],
  egressBlock: [C.TCA_EGRESS_BLOCK, u32],
});

/** `root`, `ingress`, `clsact`, `1:`, `1:10` (hexadecimal, as tc(8) writes them), or the number itself. */
export type Handle = number | string;

export function parseHandle(handle: Handle): number {
  if (typeof handle === 'number') return handle >>> 0;
  if (handle === 'root') return C.TC_H_ROOT;
  if (handle === 'ingress') return C.TC_H_INGRESS;
  if (handle === 'clsact') return C.TC_H_CLSACT;
  const match = /^([0-9a-f]{0,4}):([0-9a-f]{0,4})$/i.exec(handle);
  if (match === null) throw new TypeError(`“${handle}” is no handle: write 1: or 1:10`);
  return (
    ((Number.parseInt(match[1]! || '0', 16) << 16) | Number.parseInt(match[2]! || '0', 16)) >>> 0
  );
}

export function formatHandle(handle: number): string {
  if (handle === C.TC_H_ROOT) return 'root';
  if (handle === C.TC_H_INGRESS) return 'ingress';
  const minor = handle & 0xffff;
  return `${(handle >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`;
}

/** A discipline, class or filter as the kernel tells of it. */
export interface Queue {
  readonly index: number;
  readonly handle: string;
  readonly parent: string;
  readonly info: number;
  readonly kind: string;
  /** Decoded for the kinds of `QdiscOptions` and `ClassOptions`, else bytes. */
  readonly options?: unknown;
  readonly statistics?: QueueStatistics;
}

/** Where in the tree of an interface's queues something is. */
export interface QueuePlace {
  readonly parent?: Handle;
  readonly handle?: Handle;
}
type KindOf<T> = {
  readonly [K in keyof T]: { readonly kind: K; readonly options?: T[K] };
}[keyof T];
interface RawKind {
  readonly kind: string;
  /** TCA_OPTIONS as bytes. */
  readonly rawOptions?: Uint8Array;
}
/** A discipline: at the root of its interface unless a parent is said. */
export type QdiscSettings = QueuePlace & (KindOf<QdiscOptions> | RawKind);
/** A class of a queueing discipline, with a handle of its own. */
export type ClassSettings = QueuePlace & { readonly handle: Handle } & (
    KindOf<ClassOptions> | RawKind
  );
/** A filter; its options are bytes, for kinds are many. */
export interface FilterSettings extends QueuePlace, RawKind {
  readonly priority?: number;
  /** `ETH_P_*`; all unless said. */
  readonly protocol?: number;
}

type Table = 'qdisc' | 'class' | 'filter';

export function decodeQueue(payload: Uint8Array, table: Table): Queue {
  const header = tcmsg.decode(payload, lp64);
  const {
    kind = '',
    options,
    statistics,
  } = queuePolicy.decode(payload.subarray(tcmsg.sizeof(lp64)));
  return {
    index: header.tcm_ifindex,
    handle: formatHandle(header.tcm_handle),
    parent: formatHandle(header.tcm_parent),
    info: header.tcm_info,
    kind,
    ...(options !== undefined && { options: codecOf(table, kind)?.decode(options) ?? options }),
    ...(statistics !== undefined && { statistics }),
  };
}

function codecOf(table: Table, kind: string): OptionsCodec<unknown> | undefined {
  if (table === 'filter') return undefined;
  const kinds: object = table === 'qdisc' ? qdiscKinds : classKinds;
  return Object.hasOwn(kinds, kind)
    ? (kinds as Record<string, OptionsCodec<unknown>>)[kind]
    : undefined;
}

export function encodeQdisc(index: number, settings: QdiscSettings): readonly Uint8Array[] {
  const {
    parent = settings.kind === 'ingress' || settings.kind === 'clsact' ? 'ingress' : 'root',
    handle,
  } = settings;
  const fixed = settings.kind === 'ingress' || settings.kind === 'clsact' ? 'ffff:' : 0;
  return [header(index, parent, handle ?? fixed, 0), encodeKind('qdisc', settings)];
}

export function encodeClass(index: number, settings: ClassSettings): readonly Uint8Array[] {
  const { handle } = settings;
  const parent = settings.parent ?? parseHandle(handle) & C.TC_H_MAJ_MASK;
  return [header(index, parent, handle, 0), encodeKind('class', settings)];
}

export function encodeFilter(index: number, settings: FilterSettings): readonly Uint8Array[] {
  const { priority = 0, protocol = 3 } = settings;
  const networkOrder = ((protocol & 0xff) << 8) | (protocol >> 8);
  const info = ((priority << 16) | networkOrder) >>> 0;
  return [
    header(index, settings.parent ?? 'root', settings.handle ?? 0, info),
    encodeKind('filter', settings),
  ];
}

function encodeKind(
  table: Table,
  settings: KindOf<QdiscOptions> | KindOf<ClassOptions> | RawKind,
): Uint8Array {
  const { kind } = settings;
  const given: unknown = 'options' in settings ? settings.options : undefined;
  const raw = 'rawOptions' in settings ? settings.rawOptions : undefined;
  return queuePolicy.encode({
    kind,
    options: raw ?? (given === undefined ? undefined : codecOf(table, kind)?.encode(given)),
  });
}

/** By place, to remove or to ask for. */
export function encodePlace(
  index: number,
  { parent = 0, handle = 0 }: QueuePlace,
): readonly Uint8Array[] {
  return [header(index, parent, handle, 0)];
}

function header(index: number, parent: Handle, handle: Handle, info: number): Uint8Array {
  return tcmsg.encode(
    {
      tcm_family: AF_UNSPEC,
      tcm__pad1: 0,
      tcm__pad2: 0,
      tcm_ifindex: index,
      tcm_handle: parseHandle(handle),
      tcm_parent: parseHandle(parent),
      tcm_info: info,
    },
    lp64,
  );
}
