// SPDX-License-Identifier: GPL-2.0-only

/** What a test can tell a host program (host-program.ts) to do. */
import type { NicStatus } from '../../../src/nuse/nic/index.js';

export interface HostStatus {
  readonly nics: readonly NicStatus[];
  readonly resolvConf: string;
  readonly hostsFile: string;
  readonly log: readonly string[];
}

export interface Orders {
  /** Boots the host. `config` is the path of a file. */
  open(argument: {
    readonly nics?: readonly string[];
    readonly sysctls?: readonly string[];
    readonly config?: string;
    /** Gives up all rights before it opens its NICs. */
    readonly asNobody?: boolean;
    readonly firstLeaseMs?: number;
  }): Promise<HostStatus>;
  status(argument: object): Promise<HostStatus>;
  /** The round trip in µs. */
  ping(argument: { readonly address: string }): Promise<number>;
  /** Connects, sends so many bytes of a pattern, waits for the other side's end: their SHA-256. */
  send(argument: {
    readonly address: string;
    readonly port: number;
    readonly bytes: number;
  }): Promise<string>;
  /** Connects and receives until the end: the SHA-256 of it. */
  receive(argument: { readonly address: string; readonly port: number }): Promise<string>;
  /** Takes one connection and receives until the end. */
  serve(argument: { readonly port: number }): Promise<string>;
  /** An interface for a VLAN of eth0. */
  addVlan(argument: {
    readonly name: string;
    readonly id: number;
    readonly address: string;
  }): Promise<void>;
  read(argument: { readonly path: string }): Promise<string>;
  /** How a packet would be routed. */
  lookup(argument: { readonly destination: string }): Promise<{
    readonly gateway?: string | undefined;
    readonly preferredSource?: string | undefined;
  }>;
  /** The log. */
  close(argument: object): Promise<readonly string[]>;
}

export interface Order {
  readonly id: number;
  readonly order: keyof Orders;
  readonly argument: object;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | undefined;
  };
}
