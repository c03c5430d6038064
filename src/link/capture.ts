// SPDX-License-Identifier: GPL-2.0-only

/**
 * Captures what passes the ends of links, into one pcapng file with an interface an end, or into a file for each
 * end. Links show it frames; it looks into none.
 */
import { join } from 'node:path';
import { LibosError } from '../errors.js';
import type { Stateful } from '../host/index.js';
import {
  CaptureFile,
  emptyFile,
  type CaptureFileOptions,
  type CaptureFileState,
} from './capture-file.js';
import { FileSink, MemorySink, type CaptureSink } from './capture-sink.js';
import type { LinkEnd } from './end.js';
import type { Link } from './link.js';

/** Where a capture goes: one of the three. */
export interface CaptureTarget {
  /** All interfaces into this file; replaced if it is there. */
  readonly file?: string;
  /** `NAME.pcapng` for each interface in this folder, which is made if it is not there. */
  readonly directory?: string;
  /** All interfaces into something else. */
  readonly sink?: CaptureSink;
}

export interface CaptureOptions extends CaptureTarget, CaptureFileOptions {
  /** Files are parts of what several threads write, and have this behind their names; `parts` says which. */
  readonly partSuffix?: string;
}

/** What a capture of a snapshot's time was: files by what they hold, '' for one of all. @internal */
export type CaptureState = Readonly<Record<string, CaptureFileState>>;

/** A pcapng capture of what passes interfaces, into files or into memory; disposing of it ends it. */
export class Capture implements Disposable, Stateful {
  readonly #options: CaptureOptions;
  /** By interface; one, called '', where all go into one. */
  readonly #files = new Map<string, CaptureFile>();
  readonly #interfaces = new Map<string, { readonly file: CaptureFile; readonly number: number }>();
  readonly #taps: Disposable[] = [];
  readonly #parts: { readonly part: string; readonly whole: string }[] = [];
  #memory: MemorySink | undefined;
  #closed = false;

  constructor(options: CaptureOptions) {
    const { file, directory, sink, snapBytes = Infinity } = options;
    if ([file, directory, sink].filter((target) => target !== undefined).length !== 1) {
      throw new LibosError('ERR_LIBOS_CAPTURE', 'a capture goes to one file, directory or sink', {
        hint: "write { file: 'all.pcapng' } or { directory: 'captures' }",
      });
    }
    if (!(snapBytes === Infinity || Number.isSafeInteger(snapBytes)) || snapBytes < 1) {
      throw new LibosError('ERR_LIBOS_CAPTURE', `a capture of ${snapBytes} bytes a frame`, {
        hint: 'snapBytes is a whole number from 1 on',
      });
    }
    this.#options = options;
    // At once, so that a file that can't be written is told before the run.
    if (directory === undefined) this.#open('', sink ?? this.#openFile(file!));
  }

  /** Files that are parts of a whole, and what the whole is called. */
  get parts(): readonly { readonly part: string; readonly whole: string }[] {
    return this.#parts;
  }

  /** Into a file, which is replaced if it is there. */
  static toFile(path: string, options: CaptureFileOptions = {}): Capture {
    return new Capture({ ...options, file: path });
  }

  /** Into memory: `bytes`. */
  static toMemory(options: CaptureFileOptions = {}): Capture {
    const memory = new MemorySink();
    const capture = new Capture({ ...options, sink: memory });
    capture.#memory = memory;
    return capture;
  }

  /** Of a capture into memory, the file's bytes so far; the last moment is in it once the capture is closed. */
  get bytes(): Uint8Array {
    if (this.#memory === undefined) throw new Error('capture: it does not go to memory');
    return this.#memory.bytes;
  }

  /** The interface is in the capture, whether frames of it are shown here or in another thread. */
  addInterface(name: string, nowNs: number): void {
    if (this.#interfaces.has(name)) return;
    const file = this.#fileOf(name);
    this.#interfaces.set(name, { file, number: file.addInterface(name, nowNs) });
  }

  /** From now on the link's frames are in the capture. */
  add(link: Link, nowNs = 0): void {
    for (const end of link.ends) this.addEnd(end, nowNs);
  }

  /** From now on the frames that pass an end of a link are in the capture. */
  addEnd(end: LinkEnd, nowNs = 0): void {
    this.addInterface(end.label, nowNs);
    this.#taps.push(
      end.observe({
        snapBytes: Infinity,
        onFrame: ({ label }, direction, timeNs, _lengthBytes, bytes) =>
          this.write(label, direction, timeNs, bytes),
      }),
    );
  }

  /** A frame of an interface that was added. Context: times never go back. */
  write(name: string, direction: 'in' | 'out', timeNs: number, frame: Uint8Array): void {
    let known = this.#interfaces.get(name);
    if (known === undefined) {
      // Restoring took it out.
      this.addInterface(name, timeNs);
      known = this.#interfaces.get(name)!;
    }
    known.file.writeFrame(known.number, direction, timeNs, frame);
  }

  /** Hands on what was gathered, all but the frames of the last moment, to which others may belong. */
  flush(): void {
    for (const file of this.#files.values()) file.flush();
  }

  /** @internal */
  saveState(): CaptureState {
    return Object.fromEntries([...this.#files].map(([name, file]) => [name, file.saveState()]));
  }

  /** Cuts the files back to what they were. One that was not there stays, with nothing in it. @internal */
  restoreState(saved: unknown): void {
    const state = saved as CaptureState;
    for (const [name, file] of this.#files) file.restoreState(state[name] ?? emptyFile);
    for (const [name, { file, number }] of this.#interfaces) {
      if (number >= file.interfaceCount) this.#interfaces.delete(name);
    }
  }

  /** Whether all interfaces are in one file, or each in its own. */
  get isOfAll(): boolean {
    return this.#options.directory === undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the capture and closes its files. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const tap of this.#taps.splice(0)) tap[Symbol.dispose]();
    for (const file of this.#files.values()) file.close();
  }

  #fileOf(name: string): CaptureFile {
    const { directory } = this.#options;
    if (directory === undefined) return this.#files.get('')!;
    const path = join(directory, `${name.replaceAll(/[^\w.@-]/g, '_')}.pcapng`);
    return this.#files.get(name) ?? this.#open(name, this.#openFile(path));
  }

  #openFile(whole: string): FileSink {
    const { partSuffix } = this.#options;
    if (partSuffix === undefined) return new FileSink(whole);
    const part = `${whole}${partSuffix}`;
    this.#parts.push({ part, whole });
    return new FileSink(part);
  }

  #open(name: string, sink: CaptureSink): CaptureFile {
    const file = new CaptureFile(sink, this.#options);
    this.#files.set(name, file);
    return file;
  }
}
