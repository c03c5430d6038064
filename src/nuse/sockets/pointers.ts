// SPDX-License-Identifier: GPL-2.0-only

/**
 * Structures of socket options that point to more: a program's pointers mean nothing in the library's kernel, which
 * would follow them all the same. What each points to is put beside it in kernel memory for the call. Offsets are
 * those of LP64; options that are not here have no pointers in them, or are refused.
 */
import { errno, SystemError } from '../../posix/index.js';
import type { Call } from '../call.js';
import { dataBytesMax, type Library } from './library.js';
import { viewOf, wide } from './program-data.js';

interface PointerField {
  /** Where the pointer is. */
  readonly at: number;
  readonly lengthOf: (view: DataView) => number;
  /** Whether Linux writes there instead of reading. */
  readonly out?: true;
  /** Other pointers into the same piece. */
  readonly inside?: readonly number[];
}

/** struct sock_fprog: 8 bytes an instruction. */
const filter: readonly PointerField[] = [
  { at: 8, lengthOf: (view) => view.getUint16(0, true) * 8 },
];
/** struct ipt_replace and its kin: 16 bytes a counter. */
const counters = (at: number, countAt: number): PointerField => ({
  at,
  lengthOf: (view) => view.getUint32(countAt, true) * 16,
  out: true,
});
const bridgeHooks = [48, 56, 64, 72, 80, 88] as const;
const bridgeEntriesLength = (view: DataView): number => view.getUint32(40, true);

const SOL_SOCKET = 1;
const SOL_IPV6 = 41;
const SOL_PACKET = 263;
const key = (level: number, name: number): number => level * 65_536 + name;

export const pointersOfSet: ReadonlyMap<number, readonly PointerField[]> = new Map([
  // SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF, PACKET_FANOUT_DATA
  [key(SOL_SOCKET, 26), filter],
  [key(SOL_SOCKET, 51), filter],
  [key(SOL_PACKET, 22), filter],
  // IPT_SO_SET_REPLACE, IP6T_SO_SET_REPLACE, ARPT_SO_SET_REPLACE
  [key(0, 64), [counters(88, 84)]],
  [key(SOL_IPV6, 64), [counters(88, 84)]],
  [key(0, 96), [counters(72, 68)]],
  // EBT_SO_SET_ENTRIES
  [
    key(0, 128),
    [{ at: 112, lengthOf: bridgeEntriesLength, inside: bridgeHooks }, counters(104, 96)],
  ],
]);

export const pointersOfGet: ReadonlyMap<number, readonly PointerField[]> = new Map(
  // EBT_SO_GET_ENTRIES, EBT_SO_GET_INIT_ENTRIES
  [129, 131].map((name) => [
    key(0, name),
    [{ at: 112, lengthOf: bridgeEntriesLength, out: true }, counters(104, 96)],
  ]),
);

/** Options that cannot be passed on, and what Linux says where it lacks them. */
export const refusedToSet: ReadonlyMap<number, number> = new Map([
  // eBPF programs are the machine's: SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF
  [key(SOL_SOCKET, 50), errno.EPERM],
  [key(SOL_SOCKET, 52), errno.EPERM],
  // SO_ZEROCOPY: plain sends would never report back.
  [key(SOL_SOCKET, 60), errno.EOPNOTSUPP],
]);
export const refusedToGet: ReadonlyMap<number, number> = new Map([
  // TCP_ZEROCOPY_RECEIVE, SCTP_SOCKOPT_CONNECTX3, MPTCP_FULL_INFO
  [key(6, 35), errno.ENOPROTOOPT],
  [key(132, 111), errno.ENOPROTOOPT],
  [key(284, 4), errno.EOPNOTSUPP],
]);

export const optionKey = key;

/** Puts what a structure at kernel address `at` points to into kernel memory; the result undoes it. */
export function stagePointers(
  library: Library,
  call: Call,
  at: number,
  sizeBytes: number,
  fields: readonly PointerField[],
): Staged {
  const view = viewOf(library.bytes(at, sizeBytes).slice());
  const staged = new Staged(library, call, at);
  try {
    for (const field of fields) {
      if (field.at + 8 > sizeBytes) continue;
      const pointer = wide(view, field.at);
      const length = field.lengthOf(view);
      if (pointer === 0 || length === 0) {
        library.setU64(at + field.at, 0);
        continue;
      }
      if (length > 4 * dataBytesMax) throw new SystemError(errno.ENOMEM, call.name);
      staged.stage(field, pointer, length);
      for (const inside of field.inside ?? []) {
        const target = wide(view, inside);
        const offset = target - pointer;
        const valid = offset >= 0 && offset <= length;
        library.setU64(at + inside, valid ? staged.last + offset : 0);
      }
    }
  } catch (error) {
    staged.release();
    throw error;
  }
  return staged;
}

export class Staged {
  readonly #library: Library;
  readonly #call: Call;
  readonly #at: number;
  readonly #pieces: {
    readonly address: number;
    readonly pointer: number;
    readonly length: number;
    readonly out: boolean;
    readonly fieldAt: number;
  }[] = [];

  constructor(library: Library, call: Call, at: number) {
    this.#library = library;
    this.#call = call;
    this.#at = at;
  }

  /** Where the last piece lies. */
  get last(): number {
    return this.#pieces.at(-1)!.address;
  }

  stage(field: PointerField, pointer: number, length: number): void {
    const address = this.#library.allocate(length);
    this.#pieces.push({ address, pointer, length, out: field.out === true, fieldAt: field.at });
    if (field.out !== true) this.#call.readInto(pointer, this.#library.bytes(address, length));
    this.#library.setU64(this.#at + field.at, address);
  }

  /** The program gets what Linux wrote, and its own pointers back. */
  bringBack(): void {
    for (const { address, pointer, length, out, fieldAt } of this.#pieces) {
      if (out) this.#call.write(pointer, this.#library.bytes(address, length));
      this.#library.setU64(this.#at + fieldAt, pointer);
    }
  }

  release(): void {
    for (const { address } of this.#pieces) this.#library.free(address);
    this.#pieces.length = 0;
  }
}
