// SPDX-License-Identifier: GPL-2.0-only

/**
 * What goes over a broker's control socket: frames of a fixed header and a payload, little-endian. The C side's
 * header is generated from here. A program says HELLO and is told the broker's process (WELCOME), installs its
 * filter, names its listener (LISTENER) and goes on when the broker has it (READY). ERROR ends a connection.
 */

/** Both sides must have the same: raise it with every change to frames, filter or shim. */
export const PROTOCOL_VERSION = 1;

/** "libo" */
export const PROTOCOL_MAGIC = 0x6f62696c;

export const HEADER_BYTES = 12;

/** More than any frame needs: a longer one is malformed. */
export const PAYLOAD_BYTES_MAX = 65_536;

export const kinds = {
  /** Program: its name (UTF-8). */
  HELLO: 1,
  /** Broker: its process id (u32). */
  WELCOME: 2,
  /** Program: the number of its listener's descriptor (u32). */
  LISTENER: 3,
  /** Broker: calls are being answered. */
  READY: 4,
  /** Broker: one line that says what is wrong and what to do (UTF-8). */
  ERROR: 5,
  /** Command: how are you? */
  STATUS: 6,
  /** Broker: JSON. */
  STATUS_REPLY: 7,
  /** Command: end. The broker closes the connection when it has. */
  DOWN: 8,
  /** Command: stay up when no program is left. Broker: READY. */
  KEEP: 9,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

const known: ReadonlySet<number> = new Set(Object.values(kinds));

export interface Frame {
  readonly kind: Kind;
  readonly payload: Uint8Array;
}

/** What a peer sent is no frame of this version; `reason` is fit for the log and for the peer. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export function encodeFrame(kind: Kind, payload: Uint8Array | string = ''): Uint8Array {
  const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, PROTOCOL_MAGIC, true);
  view.setUint16(4, PROTOCOL_VERSION, true);
  view.setUint16(6, kind, true);
  view.setUint32(8, body.length, true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** A frame whose payload is one u32. */
export function encodeNumberFrame(kind: Kind, value: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value, true);
  return encodeFrame(kind, payload);
}

export function payloadNumber({ payload }: Frame): number {
  if (payload.length !== 4) throw new ProtocolError(`a payload of ${payload.length} bytes, not 4`);
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** The frames that are whole with these bytes. Throws a ProtocolError at the first that is none. */
  *push(bytes: Uint8Array): Generator<Frame, void> {
    this.#rest = this.#rest.length === 0 ? bytes : concatenate(this.#rest, bytes);
    for (;;) {
      if (this.#rest.length < HEADER_BYTES) return;
      const { kind, length } = readHeader(this.#rest);
      const end = HEADER_BYTES + length;
      if (this.#rest.length < end) return;
      const payload = this.#rest.slice(HEADER_BYTES, end);
      this.#rest = this.#rest.subarray(end);
      yield { kind, payload };
    }
  }
}

function readHeader(bytes: Uint8Array): { readonly kind: Kind; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const magic = view.getUint32(0, true);
  const version = view.getUint16(4, true);
  const kind = view.getUint16(6, true);
  const length = view.getUint32(8, true);
  if (magic !== PROTOCOL_MAGIC) throw new ProtocolError('not a libos program');
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(
      `protocol version ${version}, and the broker speaks ${PROTOCOL_VERSION}: ` +
        'run `libos down` so that the next program starts the installed one',
    );
  }
  if (!known.has(kind)) throw new ProtocolError(`no frame of kind ${kind}`);
  if (length > PAYLOAD_BYTES_MAX) throw new ProtocolError(`a frame of ${length} bytes`);
  return { kind: kind as Kind, length };
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
