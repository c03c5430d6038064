// SPDX-License-Identifier: GPL-2.0-only

/** The NICs of a simulated host, and which of its attachments to the topology each belongs to. */
import { HostNic, type HostNicState, type Offload, type Scheduler } from '../host/index.js';
import type { HostedKernel } from '../kernel/index.js';
import type { Attachment } from './topology.js';

/** A NIC of a host, with settings as of ethtool(8): `host.addNic`. MTU in bytes. */
export interface NicOptions {
  readonly mtu?: number;
  readonly offloads?: Partial<Record<Offload, boolean>>;
}

/** The host that they are in. */
export interface NicOwner {
  readonly name: string;
  readonly index: number;
}

export class HostNics {
  readonly attachments: Attachment[] = [];
  readonly #owner: NicOwner;
  readonly #scheduler: Scheduler;
  readonly #nics: HostNic[] = [];
  readonly #nicOf = new Map<Attachment, HostNic>();

  constructor(owner: NicOwner, scheduler: Scheduler) {
    this.#owner = owner;
    this.#scheduler = scheduler;
  }

  get all(): readonly HostNic[] {
    return this.#nics;
  }

  of(attachment: Attachment): HostNic {
    return this.#nicOf.get(attachment)!;
  }

  /** eth0 first; down, without an address and without a link. */
  create(options: NicOptions): HostNic {
    const { name, index } = this.#owner;
    const number = this.#nics.length;
    const nic = new HostNic(this.#scheduler, {
      name: `eth${number}`,
      hostName: name,
      mac: macAddress(index, number),
      ...options,
    });
    this.#nics.push(nic);
    return nic;
  }

  /** A NIC has been connected. */
  connected(attachment: Attachment, nic: HostNic): void {
    this.attachments.push(attachment);
    this.#nicOf.set(attachment, nic);
  }

  attach(kernel: HostedKernel): void {
    for (const nic of this.#nics) nic.attach(kernel);
  }

  detach(): void {
    for (const nic of this.#nics) nic.detach();
  }

  saveState(): readonly HostNicState[] {
    return this.#nics.map((nic) => nic.saveState());
  }

  /** Context: the kernel, if there is one, has gone back too. */
  restoreState(kernel: HostedKernel | undefined, saved: readonly HostNicState[]): void {
    for (const [number, nic] of this.#nics.entries()) nic.adopt(kernel, saved[number]!);
  }
}

/** A locally administered address: host and NIC can be read off it. */
function macAddress(host: number, nic: number): Uint8Array {
  return Uint8Array.of(0x02, 0x00, host >>> 16, host >>> 8, host, nic);
}
