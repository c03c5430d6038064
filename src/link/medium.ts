// SPDX-License-Identifier: GPL-2.0-only

/** What links are plugged into beside hosts: switches, hubs, the air and its access points. */
import type { Stateful } from '../host/index.js';
import type { Link } from './link.js';
import type { Port } from './port.js';

/** What links are connected to that is no host: a switch, a hub, an access point, the air. */
export interface Medium extends Stateful {
  /** Unique in its simulation. */
  readonly name: string;
  /** What it is a part of: access points are of their air. */
  readonly within?: Medium;
  /** A new place to plug a link into. */
  createPort(): Port;
  /** A link has been plugged in, for good. */
  plugged?(link: Link, port: Port): void;
}
