// SPDX-License-Identifier: GPL-2.0-only

/** What serves: listeners of every transport, whose owner accepts, reads, answers and closes. */
import {
  AF_INET6,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Process,
} from '../../../src/posix/index.js';
import { ports } from './addresses.js';
import { attempt, SOCK_DCCP, transportNumbers } from './connections.js';
import { authenticate, interleave } from './sctp-options.js';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const udpLite = 136;
const backlog = 16;
/** Connections that stay open for a while. */
const acceptedMax = 24;
const readsAtOnce = 8;

export class Listeners {
  readonly process: Process;
  readonly #streams: readonly number[];
  /** Sockets that are read and no more. */
  readonly #datagrams: number[];
  readonly #accepted: number[] = [];
  readonly #buffer = new Uint8Array(4096);

  constructor(process: Process) {
    this.process = process;
    const strict = this.#listener(SOCK_STREAM, transportNumbers.sctp, ports.sctpStrict);
    authenticate(process, strict);
    const interleaved = this.#listener(SOCK_STREAM, transportNumbers.sctp, ports.sctpInterleaved);
    interleave(process, interleaved);
    this.#streams = [
      this.#listener(SOCK_STREAM, 0, ports.stream),
      this.#listener(SOCK_STREAM, transportNumbers.mptcp, ports.secure),
      this.#listener(SOCK_STREAM, transportNumbers.sctp, ports.sctp),
      strict,
      interleaved,
      this.#listener(SOCK_DCCP, transportNumbers.dccp, ports.dccp),
    ];
    for (const fd of this.#streams) process.listen(fd, backlog);
    this.#datagrams = [0, udpLite].map((protocol) => {
      const fd = process.socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, protocol);
      process.bind(fd, { family: AF_INET6, address: '::', port: ports.datagram });
      return fd;
    });
  }

  /** Others that are to be read. */
  add(...datagrams: readonly number[]): void {
    this.#datagrams.push(...datagrams);
  }

  serve(): void {
    const { process } = this;
    this.accept();
    for (const fd of this.#datagrams) {
      for (let i = 0; i < readsAtOnce; i++)
        if (attempt(() => process.recv(fd, this.#buffer)) === undefined) break;
    }
    for (const fd of this.#accepted) {
      const length = attempt(() => process.recv(fd, this.#buffer));
      if (length !== undefined && length > 0)
        attempt(() => process.send(fd, this.#buffer.subarray(0, length), MSG_NOSIGNAL));
    }
    while (this.#accepted.length > acceptedMax) process.close(this.#accepted.shift()!);
  }

  /** One connection of each listener's, and how many there were. */
  accept(): number {
    let count = 0;
    for (const fd of this.#streams) {
      const accepted = attempt(() => this.process.accept(fd, SOCK_NONBLOCK));
      if (accepted === undefined) continue;
      this.#accepted.push(accepted.fd);
      count++;
    }
    return count;
  }

  closeAccepted(): void {
    for (const fd of this.#accepted.splice(0)) this.process.close(fd);
  }

  #listener(type: number, protocol: number, port: number): number {
    const { process } = this;
    const fd = process.socket(AF_INET6, type | SOCK_NONBLOCK, protocol);
    process.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0));
    process.bind(fd, { family: AF_INET6, address: '::', port });
    return fd;
  }
}
