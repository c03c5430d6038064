// SPDX-License-Identifier: GPL-2.0-only

/**
 * `pcap:`: no machine behind the NIC but files. Frames of one come in, at the distances that they were captured at
 * or as fast as may be, and all that goes in and out is recorded in another.
 */
import type { FrameSink, HostNic, TargetId, Timed } from '../../host/index.js';
import { createOffloads } from '../../link/attachment.js';
import { CaptureFile } from '../../link/capture-file.js';
import { FileSink, wireFrames } from '../../link/index.js';
import {
  plainOffloads,
  type NicBackend,
  type NicCounters,
  type NicEnvironment,
} from './backend.js';
import { readCapture, type CapturedFrame } from './capture-reader.js';
import { nicError } from './machine.js';
import type { NicUrl } from './url.js';

/** Of a replay that goes fast, in one turn. */
const burstFrames = 64;
/** For the bare interface's IPv6 and ARP to be ready. */
const replayDelayNs = 100e6;
const frameBytesMin = 14;
const frameBytesMax = 65_550;

/** What `onTime` is for. */
const [sendTurn, replayTurn, flushTurn] = [0, 1, 2];
/** What is recorded is in the file so soon, should this process be killed. */
const flushNs = 1e9;

export class PcapNic implements NicBackend, FrameSink, Timed {
  readonly offloads = plainOffloads;
  readonly mtu = undefined;
  readonly #label: string;
  readonly #environment: NicEnvironment;
  readonly #target: TargetId;
  readonly #frames: readonly CapturedFrame[];
  readonly #fast: boolean;
  readonly #offloads = createOffloads();
  readonly #recording: CaptureFile | undefined;
  /** What is added to the timeline's time to get the recording's. */
  readonly #recordedMinusNowNs: number;
  #nic: HostNic | undefined;
  #queue: number[] = [];
  #replayed = 0;
  #startNs = 0;
  #closed = false;
  #flushing = false;
  #sentFrames = 0;
  #sentBytes = 0;
  #receivedFrames = 0;
  #receivedBytes = 0;
  #receivedDropped = 0;

  /** Throws ERR_LIBOS_NIC: a file that cannot be read or written, or is no capture. */
  constructor(url: NicUrl, environment: NicEnvironment) {
    const { text, target, options } = url;
    this.#label = text;
    this.#environment = environment;
    const replay = options.get('replay');
    const record = options.get('record') ?? (target === '' ? undefined : target);
    if (replay === undefined && record === undefined) {
      throw nicError(
        text,
        'there is nothing to replay or record',
        'pcap:?replay=in.pcap&record=all.pcapng',
      );
    }
    this.#frames = replay === undefined ? [] : loadFrames(text, replay);
    this.#fast = options.get('pace') === 'fast';
    const { nowNs } = environment.scheduler;
    const realMs = Date.now();
    const epochMs = Math.floor(realMs / 1000) * 1000;
    this.#recordedMinusNowNs = (realMs - epochMs) * 1e6 - nowNs;
    if (record !== undefined) {
      this.#recording = new CaptureFile(new FileSink(record), { epochMs });
    }
    this.#recording?.addInterface(record!, 0);
    this.#target = environment.scheduler.register(this);
  }

  get counters(): NicCounters {
    return {
      sentFrames: this.#sentFrames,
      sentBytes: this.#sentBytes,
      sentDropped: 0,
      receivedFrames: this.#receivedFrames,
      receivedBytes: this.#receivedBytes,
      receivedDropped: this.#receivedDropped,
      sendWaits: 0,
    };
  }

  get state(): string {
    return 'up';
  }

  start(nic: HostNic): void {
    this.#nic = nic;
    nic.connect(this);
    nic.setCarrier(true);
    const { scheduler } = this.#environment;
    this.#startNs = scheduler.nowNs + replayDelayNs;
    if (this.#frames.length > 0) scheduler.at(this.#startNs, this.#target, replayTurn, 0);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#nic?.connect(undefined);
    this.#nic?.setCarrier(false);
    for (const frame of this.#queue.splice(0)) this.#nic!.transmitted(frame);
    this.#recording?.close();
    return Promise.resolve();
  }

  /** Context: the kernel is inside a call. */
  transmit(_nic: HostNic, frame: number): void {
    const { scheduler } = this.#environment;
    if (this.#queue.length === 0) scheduler.at(scheduler.nowNs, this.#target, sendTurn, 0);
    this.#queue.push(frame);
  }

  onTime(turn: number): void {
    if (this.#closed) return;
    if (turn === sendTurn) this.#send();
    else if (turn === replayTurn) this.#replay();
    else this.#flush();
  }

  #send(): void {
    const nic = this.#nic!;
    for (const frame of this.#queue.splice(0)) {
      const bytes = new Uint8Array(nic.frameLength(frame));
      nic.read(frame, 0, bytes, 0, bytes.length);
      nic.readOffloads(frame, this.#offloads);
      this.#sentFrames++;
      this.#sentBytes += bytes.length;
      for (const wire of wireFrames(bytes, this.#offloads)) this.#record('out', wire);
      nic.transmitted(frame);
    }
  }

  #replay(): void {
    const { scheduler } = this.#environment;
    const frames = this.#frames;
    const firstNs = frames[0]!.timeNs;
    const { nowNs } = scheduler;
    for (let burst = 0; this.#replayed < frames.length && burst < burstFrames; burst++) {
      const frame = frames[this.#replayed]!;
      const dueNs = this.#fast ? nowNs : this.#startNs + frame.timeNs - firstNs;
      if (dueNs > nowNs) break;
      this.#replayed++;
      this.#receive(frame.bytes);
    }
    if (this.#replayed === frames.length) {
      this.#environment.log(`${this.#label}: all ${frames.length} frames have been replayed`);
      return;
    }
    const nextNs = this.#fast ? nowNs : this.#startNs + frames[this.#replayed]!.timeNs - firstNs;
    // Not before now: a capture's times may go back.
    scheduler.at(Math.max(nextNs, nowNs + 1), this.#target, replayTurn, 0);
  }

  #receive(bytes: Uint8Array): void {
    this.#record('in', bytes);
    const nic = this.#nic!;
    const fits = bytes.length >= frameBytesMin && bytes.length <= frameBytesMax;
    const frame = fits ? nic.allocate(bytes.length) : 0;
    if (frame === 0) {
      this.#receivedDropped++;
      return;
    }
    nic.write(frame, bytes, 0, bytes.length);
    nic.receive(frame);
    this.#receivedFrames++;
    this.#receivedBytes += bytes.length;
  }

  #record(direction: 'in' | 'out', bytes: Uint8Array): void {
    const timeNs = this.#environment.scheduler.nowNs + this.#recordedMinusNowNs;
    if (!this.#recording) return;
    this.#recording.writeFrame(0, direction, timeNs, bytes);
    if (this.#flushing) return;
    this.#flushing = true;
    const { scheduler } = this.#environment;
    scheduler.at(scheduler.nowNs + flushNs, this.#target, flushTurn, 0);
  }

  #flush(): void {
    this.#flushing = false;
    this.#recording?.flush();
  }
}

function loadFrames(label: string, path: string): readonly CapturedFrame[] {
  try {
    return readCapture(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw nicError(
      label,
      `${path} cannot be replayed: ${code ?? message}`,
      'it must be a capture of Ethernet frames, as tcpdump -w writes it',
    );
  }
}
