// SPDX-License-Identifier: GPL-2.0-only

/** Puts what a lease of DHCP says into a host's kernel: address, MTU and routes of one interface. */
import type { HostNic } from '../../host/index.js';
import type { PosixHost } from '../../posix/index.js';
import { DhcpClient, type Lease } from './dhcp/client.js';

export interface LeaseHolderOptions {
  readonly posix: PosixHost;
  readonly nic: HostNic;
  readonly hostName: string;
  /** Of its routes: with several NICs the first one's are taken. */
  readonly metric: number;
  /** Whether the lease's MTU counts. */
  readonly takesMtu: boolean;
  readonly log: (line: string) => void;
  /** After each change. */
  readonly onChange: () => void;
}

const RTNH_F_ONLINK = 4;
const RTPROT_DHCP = 16;
const mtuMin = 68;

export class LeaseHolder {
  readonly #options: LeaseHolderOptions;
  readonly #client: DhcpClient;
  #lease: Lease | undefined;

  constructor(options: LeaseHolderOptions) {
    this.#options = options;
    const { posix, nic, hostName, log } = options;
    this.#client = new DhcpClient({
      posix,
      hostName,
      interfaceIndex: nic.ifindex,
      mac: nic.mac,
      log: (line) => log(`${nic.name}: ${line}`),
      onLease: (lease) => this.#take(lease),
    });
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  start(): void {
    this.#client.start();
  }

  async stop(): Promise<void> {
    await this.#client.stop();
  }

  #take(lease: Lease | undefined): void {
    const { nic, log, onChange } = this.#options;
    const before = this.#lease;
    this.#lease = lease;
    try {
      if (before && before.address !== lease?.address) this.#remove(before);
      if (lease) this.#apply(lease);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log(`${nic.name}: what DHCP said is refused by Linux: ${why}`);
    }
    if (lease && before?.address !== lease.address) {
      const seconds = lease.validSeconds === Infinity ? 'for ever' : `for ${lease.validSeconds} s`;
      log(
        `${nic.name}: ${lease.address}/${lease.prefixLength} by DHCP from ${lease.server}, ${seconds}`,
      );
    }
    if (!lease) log(`${nic.name}: the lease of ${before!.address} has run out`);
    onChange();
  }

  #apply(lease: Lease): void {
    const { posix, nic, takesMtu } = this.#options;
    const { route } = posix;
    if (takesMtu && lease.mtu !== undefined && lease.mtu >= mtuMin) {
      route.links.change(nic.ifindex, { mtu: lease.mtu });
    }
    const seconds = lease.validSeconds;
    route.addresses.replace(nic.ifindex, {
      address: `${lease.address}/${lease.prefixLength}`,
      ...(seconds === Infinity ? {} : { validSeconds: seconds, preferredSeconds: seconds }),
    });
    for (const { to, via } of this.#routes(lease)) {
      route.routes.replace({
        destination: to,
        index: nic.ifindex,
        protocol: RTPROT_DHCP,
        preferredSource: lease.address,
        ...(this.#options.metric === 0 ? {} : { priority: this.#options.metric }),
        // A router need not be in the network of the address.
        ...(via === '0.0.0.0' ? {} : { gateway: via, flags: RTNH_F_ONLINK }),
      });
    }
  }

  /** Linux takes the routes away with the address that they prefer. */
  #remove({ address, prefixLength }: Lease): void {
    const { posix, nic } = this.#options;
    posix.route.addresses.remove(nic.ifindex, `${address}/${prefixLength}`);
  }

  #routes({ routes, routers }: Lease): readonly { readonly to: string; readonly via: string }[] {
    return routes ?? routers.slice(0, 1).map((via) => ({ to: '0.0.0.0/0', via }));
  }
}
