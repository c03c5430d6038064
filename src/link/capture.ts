// SPDX-License-Identifier: GPL-2.0-only

/** Captures what passes the ends of links into one pcapng file, an interface an end. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { LibosError } from '../errors.js';
import type { Nic } from '../host/index.js';
import type { Link } from './link.js';
import { PcapngWriter, type ByteSink } from './pcapng.js';

export class Capture implements Disposable {
  readonly #writer: PcapngWriter;
  readonly #close: () => void;
  readonly #interfaces = new Map<Nic, number>();
  readonly #taps: Disposable[] = [];

  constructor(sink: ByteSink & { close?: () => void }, options: { epochMs?: number } = {}) {
    this.#writer = new PcapngWriter(sink, options);
    this.#close = () => sink.close?.();
  }

  /** Into a file, which is replaced if it is there. */
  static toFile(path: string, options: { epochMs?: number } = {}): Capture {
    return new Capture(new FileSink(path), options);
  }

  /** From now on the link's frames are in the capture. */
  add(link: Link): void {
    for (const nic of link.ends) {
      if (!this.#interfaces.has(nic))
        this.#interfaces.set(nic, this.#writer.addInterface(nic.label));
    }
    this.#taps.push(
      link.observe(({ nic, direction, timeNs, bytes }) =>
        this.#writer.writeFrame(this.#interfaces.get(nic)!, direction, timeNs, bytes),
      ),
    );
  }

  /** Ends the capture and closes its file. */
  [Symbol.dispose](): void {
    for (const tap of this.#taps.splice(0)) tap[Symbol.dispose]();
    this.#close();
  }
}

/** Gathers small writes. */
class FileSink implements ByteSink {
  readonly #file: number;
  readonly #buffer = new Uint8Array(2 ** 16);
  #length = 0;
  #open = true;

  constructor(path: string) {
    try {
      this.#file = openSync(path, 'w');
    } catch (cause) {
      throw new LibosError('ERR_LIBOS_CAPTURE', `cannot write the capture ${path}`, { cause });
    }
  }

  write(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#buffer.length) this.#flush();
    if (bytes.length > this.#buffer.length) {
      writeSync(this.#file, bytes);
      return;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#length > 0) writeSync(this.#file, this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}
