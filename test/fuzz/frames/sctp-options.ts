// SPDX-License-Identifier: GPL-2.0-only

/** Options of SCTP sockets as bytes: include/uapi/linux/sctp.h. */
import { AF_INET, parseIp, type Process } from '../../../src/posix/index.js';
import type { Dice } from '../posix/random.js';
import { partnerOther4 } from './addresses.js';

const SOL_SCTP = 132;
const names = {
  authenticatedChunk: 21,
  fragmentInterleave: 18,
  addAddress: 100,
  removeAddress: 101,
  defaultLifetime: 114,
  enableReset: 118,
  resetStreams: 119,
  resetAssociation: 120,
  addStreams: 121,
  scheduler: 123,
  interleaving: 125,
  authentication: 129,
} as const;
const chunks = { data: 0, heartbeat: 4, reconfigure: 130, addressChange: 193 };
const timed = 0x10;

export function setSctp(
  process: Process,
  fd: number,
  name: keyof typeof names,
  bytes: Uint8Array,
): void {
  process.setsockopt(fd, SOL_SCTP, names[name], bytes);
}

export function sctpSettings(set: (name: string, value: number) => unknown): void {
  const switches = [
    ...['addip_enable', 'addip_noauth_enable', 'auth_enable'],
    ...['reconf_enable', 'intl_enable', 'ecn_enable'],
  ];
  for (const name of switches) set(`net.sctp.${name}`, 1);
}

/** Wants its peer's chunks authenticated. RFC 4895. */
export function authenticate(process: Process, fd: number): void {
  for (const chunk of Object.values(chunks))
    setSctp(process, fd, 'authenticatedChunk', Uint8Array.of(chunk));
}

/**
 * Interleaves data, RFC 8260. Not authenticated: a peer that wants only that of interleaved data ends Linux
 * (docs/kernel-bugs/0002-sctp-interleaved-data-authentication.md).
 */
export function interleave(process: Process, fd: number): void {
  setSctp(process, fd, 'authentication', words(0, 0));
  setSctp(process, fd, 'fragmentInterleave', words(2));
  setSctp(process, fd, 'interleaving', words(0, 1));
}

/** What is set before it connects. */
export function prepareSctp(process: Process, fd: number, dice: Dice): void {
  setSctp(process, fd, 'enableReset', words(0, 7));
  const kind = dice.below(4);
  if (kind < 2) interleave(process, fd);
  if (kind === 2)
    setSctp(process, fd, 'authenticatedChunk', Uint8Array.of(dice.pick(Object.values(chunks))));
  // struct sctp_default_prinfo: an association, how long something is worth sending in ms, and that it is about time.
  if (dice.oneIn(3)) setSctp(process, fd, 'defaultLifetime', words(0, 1, timed));
}

/** Addresses come and go, streams are added and begin anew, others are served first. RFC 5061, 6525. */
export function changeSctp(process: Process, fd: number, dice: Dice): void {
  const address = new Uint8Array(16);
  address.set([AF_INET, 0, 0, 0, ...parseIp(partnerOther4)]);
  switch (dice.below(6)) {
    case 0: {
      setSctp(process, fd, 'addAddress', address);
      return;
    }
    case 1: {
      setSctp(process, fd, 'removeAddress', address);
      return;
    }
    case 2: {
      setSctp(process, fd, 'resetStreams', words(0, 1 + dice.below(3)));
      return;
    }
    case 3: {
      setSctp(process, fd, 'resetAssociation', words(0));
      return;
    }
    case 4: {
      setSctp(process, fd, 'scheduler', words(0, dice.below(5)));
      return;
    }
    default: {
      setSctp(process, fd, 'addStreams', words(0, dice.below(4) | (dice.below(4) << 16)));
      return;
    }
  }
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
