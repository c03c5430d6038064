// SPDX-License-Identifier: GPL-2.0-only

/** Whoever sends and hears on the air: a station or an access point. */
import { LibosError } from '../errors.js';
import type { Link } from './link.js';
import type { Port } from './port.js';

/** In metres. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** Who is heard in the air: a station or an access point. */
export interface Radio {
  readonly position: Position;
  /** Into the air, … */
  readonly link: Link;
  /** … and where it ends there. */
  readonly port: Port;
}

export function distanceOf(a: Position, b: Position): number {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  return Math.sqrt(dx * dx + dy * dy);
}

export function checkPosition({ x, y }: Position, what: string): Position {
  if (Number.isFinite(x) && Number.isFinite(y)) return { x, y };
  throw new LibosError('ERR_LIBOS_LINK', `${what}: a position of ${String(x)}, ${String(y)}`, {
    hint: 'a position has x and y in metres',
  });
}
