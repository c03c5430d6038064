// SPDX-License-Identifier: GPL-2.0-only

/**
 * `xdp:IF`: a queue of an interface of the machine through AF_XDP, past the machine's own network stack, which sees
 * nothing of that queue while the host lives. Zero-copy where the driver can, else with a copy, else in the generic
 * way that every driver has.
 */
import { addon } from '../../addon/addon.js';
import { xdpStages, type XdpHandle } from '../../addon/binding/xdp.js';
import { errno } from '../../posix/index.js';
import { plainOffloads, type NicEnvironment } from './backend.js';
import { describeErrno, nicError } from './machine.js';
import { MachineNic, raisedInterface } from './machine-nic.js';
import type { Wire } from './pump.js';
import type { NicUrl } from './url.js';

const XDP_COPY = 1 << 1;
const XDP_ZEROCOPY = 1 << 2;
const XDP_USE_NEED_WAKEUP = 1 << 3;
const XDP_FLAGS_SKB_MODE = 1 << 1;
const XDP_FLAGS_DRV_MODE = 1 << 2;
/** What comes in one go: all that the ring holds. */
const framesMax = 2048;

/** Ways to open one, the best first. */
const ways = [
  { mode: 'zerocopy', attach: 'native', bindFlags: XDP_ZEROCOPY, attachFlags: XDP_FLAGS_DRV_MODE },
  { mode: 'copy', attach: 'native', bindFlags: XDP_COPY, attachFlags: XDP_FLAGS_DRV_MODE },
  { mode: 'copy', attach: 'generic', bindFlags: XDP_COPY, attachFlags: XDP_FLAGS_SKB_MODE },
] as const;

interface Opened {
  readonly handle: XdpHandle;
  readonly fd: number;
  /** E.g. "native, zerocopy". */
  readonly how: string;
}

export class XdpNic extends MachineNic {
  readonly offloads = plainOffloads;
  readonly mtu: number;

  /** Throws ERR_LIBOS_NIC: no permission, no such interface or queue, another program is attached. */
  constructor(url: NicUrl, environment: NicEnvironment) {
    const { index, mtu } = raisedInterface(url);
    const opened = openXdp(url, index);
    environment.log(`${url.text}: ${opened.how}`);
    super(url, environment, new XdpWire(opened), 'gone or down');
    this.mtu = mtu;
  }
}

class XdpWire implements Wire {
  readonly fd: number;
  readonly buffer: Uint8Array;
  readonly entries = new Uint32Array(2 * framesMax);
  readonly withHeader = false;
  readonly #addon = addon();
  readonly #handle: XdpHandle;

  constructor({ handle, fd }: Opened) {
    this.fd = fd;
    this.#handle = handle;
    this.buffer = new Uint8Array(this.#addon.xdpMemory(handle));
  }

  get unfinished(): boolean {
    return this.#addon.xdpUnsent(this.#handle) > 0;
  }

  send(
    memory: Uint8Array,
    base: number,
    frames: Float64Array,
    count: number,
    sent: Float64Array,
  ): number {
    return this.#addon.xdpSend(this.#handle, memory, base, frames, count, sent);
  }

  receive(): number {
    return this.#addon.xdpReceive(this.#handle, this.entries, framesMax);
  }

  close(): void {
    this.#addon.xdpClose(this.#handle);
  }
}

function openXdp({ text, target, options }: NicUrl, index: number): Opened {
  const queue = Number(options.get('queue') ?? 0);
  if (!Number.isInteger(queue) || queue < 0) {
    throw nicError(text, `queue ${String(options.get('queue'))} is no number`, 'the first is 0');
  }
  const mode = options.get('mode') ?? 'auto';
  const attach = options.get('attach') ?? 'auto';
  const wanted = ways.filter(
    (way) => (mode === 'auto' || way.mode === mode) && (attach === 'auto' || way.attach === attach),
  );
  const info = new Uint32Array(3);
  let result = -errno.EOPNOTSUPP;
  for (const way of wanted) {
    const bindFlags = way.bindFlags | XDP_USE_NEED_WAKEUP;
    const handle = addon().xdpOpen(index, queue, bindFlags, way.attachFlags, info);
    if (typeof handle !== 'number') {
      const copies = info[2] === 1 ? 'zero-copy' : 'with a copy';
      return { handle, fd: info[1]!, how: `AF_XDP on queue ${queue}, ${way.attach}, ${copies}` };
    }
    result = handle;
    if (isFinal(handle)) break;
  }
  throw refused(text, target, queue, result, xdpStages[info[0]!]!);
}

/** Whether another way will not help. */
function isFinal(result: number): boolean {
  return result === -errno.EPERM || result === -errno.EACCES || result === -errno.EBUSY;
}

function refused(
  label: string,
  name: string,
  queue: number,
  result: number,
  stage: (typeof xdpStages)[number],
): Error {
  if (result === -errno.EPERM || result === -errno.EACCES) {
    return nicError(
      label,
      `no permission for AF_XDP on ${name}`,
      'it takes root (CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF); passt: needs none',
    );
  }
  if (result === -errno.EBUSY) {
    return nicError(
      label,
      `${name} is in use: another program has its XDP or its queue ${queue}`,
      `end that one (ip link show ${name} tells its program), or take another queue`,
    );
  }
  if (stage === 'bind' && result === -errno.EINVAL) {
    return nicError(
      label,
      `${name} has no queue ${queue}`,
      `ethtool -l ${name} says how many it has`,
    );
  }
  return nicError(
    label,
    `AF_XDP is refused (${stage}): ${describeErrno(result)}`,
    'another mode= or attach= may do, else packet:',
  );
}
