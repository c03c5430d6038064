// SPDX-License-Identifier: GPL-2.0-only

/** A whole packet in pieces, as a path with a small MTU makes them, and as an attacker does: overlapping. */
import { addToSum, fold, writeU16 } from '../../../src/link/checksum.js';
import type { Dice } from '../posix/random.js';

const ethernetBytes = 14;
const shortestBytes = 64;

/** The frame's fragments, in a random order; nothing when it has no plain IPv4 or IPv6 header or is too short. */
export function fragments(frame: Uint8Array, dice: Dice): Uint8Array[] {
  const type = (frame[12]! << 8) | frame[13]!;
  const is4 = type === 0x0800 && frame[ethernetBytes] === 0x45;
  if (!is4 && type !== 0x86dd) return [];
  const headerEnd = ethernetBytes + (is4 ? 20 : 40);
  const payload = frame.length - headerEnd;
  if (payload < shortestBytes) return [];
  const identification = 0x100 + dice.below(0x4000);
  const pieceBytes = 8 * (1 + dice.below(payload >> 4));
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < payload; from += pieceBytes) {
    const overlap = dice.oneIn(16) ? 8 : 0;
    const to = Math.min(payload, from + pieceBytes + overlap);
    const isLast = from + pieceBytes >= payload;
    const data = frame.subarray(headerEnd + from, headerEnd + to);
    const header = frame.subarray(0, headerEnd);
    pieces.push(
      is4
        ? piece4(header, data, identification, from, isLast)
        : piece6(header, data, identification, from, isLast),
    );
    if (pieces.length === 40) break;
  }
  if (dice.oneIn(3)) pieces.reverse();
  if (dice.oneIn(12)) pieces.splice(dice.below(pieces.length), 1);
  if (dice.oneIn(12)) pieces.push(pieces[0]!);
  return pieces;
}

function piece4(
  header: Uint8Array,
  data: Uint8Array,
  identification: number,
  from: number,
  isLast: boolean,
): Uint8Array {
  const at = ethernetBytes;
  const piece = new Uint8Array(header.length + data.length);
  piece.set(header);
  piece.set(data, header.length);
  writeU16(piece, at + 2, piece.length - at);
  writeU16(piece, at + 4, identification);
  writeU16(piece, at + 6, (isLast ? 0 : 0x2000) | (from >> 3));
  writeU16(piece, at + 10, 0);
  writeU16(piece, at + 10, ~fold(addToSum(0, piece, at, at + 20)));
  return piece;
}

function piece6(
  header: Uint8Array,
  data: Uint8Array,
  identification: number,
  from: number,
  isLast: boolean,
): Uint8Array {
  const at = ethernetBytes;
  const fragmentHeaderBytes = 8;
  const piece = new Uint8Array(header.length + fragmentHeaderBytes + data.length);
  piece.set(header);
  piece[header.length] = header[at + 6]!;
  piece[at + 6] = 44;
  writeU16(piece, header.length + 2, from | (isLast ? 0 : 1));
  writeU16(piece, header.length + 6, identification);
  piece.set(data, header.length + fragmentHeaderBytes);
  writeU16(piece, at + 4, piece.length - at - 40);
  return piece;
}
