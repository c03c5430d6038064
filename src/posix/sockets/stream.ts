// SPDX-License-Identifier: GPL-2.0-only
/** A connected stream, TCP or unix: reading, writing, `for await`, web streams. */
import { MSG_NOSIGNAL, SHUT_RD, SHUT_WR } from '../constants/socket.js';
import { isSystemError } from '../errno.js';
import { sourceOf, type DataSource, type DataTarget } from '../process/base.js';
import type { WaitOptions } from '../process/blocking.js';
import { SocketHandle } from './handle.js';

const chunkBytes = 64 * 1024;
const brokenConnection = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
] as const;

/** A connected stream, TCP or unix: reading, writing, `for await`, web streams. */
export class StreamSocket extends SocketHandle {
  #buffer: Uint8Array | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array | string> | undefined;

  /** Up to `maximumBytes`, as soon as there is something; undefined at the end of the stream. */
  async read(maximumBytes = chunkBytes, options?: WaitOptions): Promise<Uint8Array | undefined> {
    // One buffer is kept for reads that follow each other; the bytes given out are a copy of what came.
    const buffer =
      this.#buffer?.byteLength === maximumBytes ? this.#buffer : new Uint8Array(maximumBytes);
    this.#buffer = undefined;
    const length = await this.process.recvAsync(this.fd, buffer, 0, options);
    this.#buffer = buffer;
    return length === 0 ? undefined : buffer.slice(0, length);
  }

  /** Reads into `buffer` what there is: the bytes read, 0 at the end of the stream. */
  async readInto(buffer: DataTarget, options?: WaitOptions): Promise<number> {
    return this.process.recvAsync(this.fd, buffer, 0, options);
  }

  /** Exactly `lengthBytes`, or what came before the end. */
  async readExactly(lengthBytes: number, options?: WaitOptions): Promise<Uint8Array> {
    const whole = new Uint8Array(lengthBytes);
    let done = 0;
    while (done < lengthBytes) {
      const length = await this.process.recvAsync(this.fd, whole.subarray(done), 0, options);
      if (length === 0) return whole.subarray(0, done);
      done += length;
    }
    return whole;
  }

  /** All that comes until the other side ends. */
  async readAll(options?: WaitOptions): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (
      let chunk = await this.read(chunkBytes, options);
      chunk !== undefined;
      chunk = await this.read(chunkBytes, options)
    ) {
      chunks.push(chunk);
      total += chunk.byteLength;
    }
    const whole = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    return whole;
  }

  /** Resolves when Linux has taken all of it. A peer that is gone is EPIPE, without a signal. */
  async write(data: DataSource, options?: WaitOptions): Promise<void> {
    const bytes = sourceOf(data);
    let done = 0;
    while (done < bytes.byteLength) {
      done += await this.process.sendAsync(this.fd, bytes.subarray(done), MSG_NOSIGNAL, options);
    }
  }

  /**
   * Sends everything back until the other side ends, and closes. A connection that breaks, or that is closed here,
   * is an end too; so nobody need wait for the result: how many bytes that were.
   */
  async echo(): Promise<number> {
    let echoedBytes = 0;
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
        await this.write(chunk);
        echoedBytes += chunk.byteLength;
      }
    } catch (error) {
      const gone = this.closed || this.process.exited || this.process.port.death !== undefined;
      if (!gone && !brokenConnection.some((code) => isSystemError(error, code))) throw error;
    } finally {
      this.close();
    }
    return echoedBytes;
  }

  /** No more is written: the other side reads the end. Reading goes on. */
  end(): void {
    this.process.shutdown(this.fd, SHUT_WR);
  }

  /** shutdown(2), SHUT_RD. */
  stopReading(): void {
    this.process.shutdown(this.fd, SHUT_RD);
  }

  /** Data as it comes, until its end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }

  /** The incoming half. Cancelling it closes the socket. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  /** The outgoing half. Closing it ends the stream, aborting it closes the socket. */
  get writable(): WritableStream<Uint8Array | string> {
    this.#writable ??= new WritableStream<Uint8Array | string>({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
      abort: () => this.close(),
    });
    return this.#writable;
  }
}
