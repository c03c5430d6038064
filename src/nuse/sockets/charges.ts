// SPDX-License-Identifier: GPL-2.0-only

/**
 * What this machine's Linux counts for a message that waits in a pair (its truesize), by its length: measured on a
 * pair of one's own, once for each length.
 */
import { addon } from '../../addon/addon.js';
import { MSG_DONTWAIT, SOCK_DGRAM, SystemError } from '../../posix/index.js';

const SIOCOUTQ = 0x5411;
const keptLengths = 65_536;

export class Charges {
  readonly #native = addon();
  readonly #known = new Int32Array(keptLengths);
  #fds: readonly [broker: number, program: number] | undefined;
  #bytes = new Uint8Array(0);

  of(lengthBytes: number): number {
    const known = lengthBytes < keptLengths ? this.#known[lengthBytes]! : 0;
    if (known !== 0) return known;
    const charge = this.#measure(lengthBytes);
    if (lengthBytes < keptLengths) this.#known[lengthBytes] = charge;
    return charge;
  }

  close(): void {
    for (const fd of this.#fds ?? []) this.#native.close(fd);
    this.#fds = undefined;
  }

  #measure(lengthBytes: number): number {
    const native = this.#native;
    this.#fds ??= this.#open();
    const [from, to] = this.#fds;
    if (this.#bytes.length < lengthBytes) this.#bytes = new Uint8Array(lengthBytes);
    native.send(from, this.#bytes, 0, lengthBytes, MSG_DONTWAIT);
    const charge = native.ioctlValue(from, SIOCOUTQ);
    native.receive(to, this.#bytes, 0, 0, MSG_DONTWAIT);
    return charge;
  }

  #open(): readonly [number, number] {
    const ends = new Float64Array(3);
    const result = this.#native.pairOpen(SOCK_DGRAM, 1024 * 1024, 1, ends);
    if (result < 0) throw new SystemError(result, 'socketpair');
    return [ends[0]!, ends[1]!];
  }
}
