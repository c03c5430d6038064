// SPDX-License-Identifier: GPL-2.0-only

/**
 * A DHCP client for one interface of a host (RFC 2131): gets a lease, renews it, gets another when it has run out,
 * gives it back at the end. What a lease means for addresses and routes is its owner's business.
 */
import type { PosixHost, Process } from '../../../posix/index.js';
import { Exchange, type ExchangeOptions, type Unicast } from './exchange.js';
import { messageTypes, type ServerMessage } from './message.js';

export interface Lease {
  readonly address: string;
  readonly prefixLength: number;
  readonly server: string;
  /** For the default route: the first counts. */
  readonly routers: readonly string[];
  /** Instead of the routers, where the server gave some; a gateway of 0.0.0.0 means on the link. */
  readonly routes: readonly { readonly to: string; readonly via: string }[] | undefined;
  readonly nameServers: readonly string[];
  readonly search: readonly string[];
  readonly mtu: number | undefined;
  /** From when it came; Infinity: for ever. */
  readonly validSeconds: number;
  readonly renewalSeconds: number;
  readonly rebindingSeconds: number;
}

export interface DhcpClientOptions {
  readonly posix: PosixHost;
  readonly interfaceIndex: number;
  readonly mac: Uint8Array;
  /** Told to the server. */
  readonly hostName: string;
  /** A lease, new or renewed; undefined: it has run out. Throws nothing. */
  readonly onLease: (lease: Lease | undefined) => void;
  readonly log: (line: string) => void;
}

/** Waits for an answer grow to this (RFC 2131, 4.1). */
const waitsNs = [1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 64e9];
/** Before an offer is asked for again that a server did not keep. */
const restartNs = 1e9;
/** Between tries while renewing, at least. */
const renewRetrySecondsMin = 5;

export class DhcpClient {
  readonly #options: DhcpClientOptions;
  readonly #abort = new AbortController();
  readonly #process: Process;
  #lease: Lease | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DhcpClientOptions) {
    this.#options = options;
    this.#process = options.posix.spawn();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends it and tells the server, which may give the address to others. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    if (this.#options.posix.port.death !== undefined) return;
    await this.#release();
    this.#process.exit();
  }

  async #run(): Promise<void> {
    try {
      while (true) await this.#oneLease();
    } catch (error) {
      if (this.#abort.signal.aborted || this.#options.posix.port.death !== undefined) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log(`DHCP ends: ${why}`);
    }
  }

  /** From nothing to the end of a lease. */
  async #oneLease(): Promise<void> {
    let lease = await this.#obtain();
    if (!lease) {
      await this.#sleep(restartNs);
      return;
    }
    while (lease) {
      this.#lease = lease;
      this.#options.onLease(lease);
      lease = await this.#renew(lease);
    }
    this.#lease = undefined;
    this.#options.onLease(undefined);
  }

  async #obtain(): Promise<Lease | undefined> {
    using exchange = this.#exchange();
    const offer = await this.#untilAnswered(
      exchange,
      () => exchange.send({ type: messageTypes.discover, ...this.#name }),
      ({ type, server }) => type === messageTypes.offer && server !== undefined,
    );
    const { address, server } = offer;
    const answer = await this.#ask(
      exchange,
      { requested: address, server: server!, ...this.#name },
      waitsNs.slice(0, 3),
    );
    return answer?.type === messageTypes.acknowledge ? toLease(answer, server!) : undefined;
  }

  /** Waits until it is time, and asks; undefined: the lease is over. */
  async #renew(lease: Lease): Promise<Lease | undefined> {
    const startNs = this.#nowNs();
    const sinceSeconds = (): number => (this.#nowNs() - startNs) / 1e9;
    if (lease.validSeconds === Infinity) await this.#forEver();
    await this.#sleep(lease.renewalSeconds * 1e9);
    while (true) {
      const leftSeconds = lease.validSeconds - sinceSeconds();
      if (leftSeconds <= 0) return undefined;
      const rebinding = sinceSeconds() >= lease.rebindingSeconds;
      const unicast = rebinding ? undefined : { from: lease.address, to: lease.server };
      const untilSeconds = rebinding ? lease.validSeconds : lease.rebindingSeconds;
      const retrySeconds = Math.max((untilSeconds - sinceSeconds()) / 2, renewRetrySecondsMin);
      const waitNs = Math.min(retrySeconds, leftSeconds) * 1e9;
      const answer = await this.#renewOnce(lease, unicast, waitNs);
      if (answer?.type === messageTypes.refuse) return undefined;
      if (answer) return toLease(answer, answer.server ?? lease.server);
    }
  }

  async #renewOnce(
    { address }: Lease,
    unicast: Unicast | undefined,
    waitNs: number,
  ): Promise<ServerMessage | undefined> {
    using exchange = this.#exchange(unicast);
    return await this.#ask(exchange, { own: address, ...this.#name }, [waitNs]);
  }

  /** Requests, again after each of the waits; undefined: nobody answered. */
  async #ask(
    exchange: Exchange,
    message: { readonly own?: string; readonly requested?: string; readonly server?: string },
    waits: readonly number[],
  ): Promise<ServerMessage | undefined> {
    for (const waitNs of waits) {
      await exchange.send({ type: messageTypes.request, ...message });
      const answer = await exchange.receive(
        waitNs,
        ({ type }) => type === messageTypes.acknowledge || type === messageTypes.refuse,
      );
      if (answer) return answer;
    }
    return undefined;
  }

  async #untilAnswered(
    exchange: Exchange,
    send: () => Promise<void>,
    wanted: (message: ServerMessage) => boolean,
  ): Promise<ServerMessage> {
    for (let turn = 0; ; turn++) {
      await send();
      const waitNs = waitsNs[Math.min(turn, waitsNs.length - 1)]!;
      const answer = await exchange.receive(waitNs, wanted);
      if (answer) return answer;
      if (turn === 2) this.#options.log('DHCP: no server has answered yet');
    }
  }

  async #release(): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    try {
      const { address, server } = lease;
      using exchange = new Exchange(
        { ...this.#exchangeOptions, signal: AbortSignal.timeout(1000) },
        () => this.#nowNs(),
        { from: address, to: server },
      );
      await exchange.send({ type: messageTypes.release, own: address, server });
    } catch (error) {
      // The server gives it away when it has run out.
      this.#options.log(`DHCP: the lease was not given back: ${String(error)}`);
    }
  }

  get #name(): { hostName: string } {
    return { hostName: this.#options.hostName };
  }

  get #exchangeOptions(): ExchangeOptions {
    const { interfaceIndex, mac } = this.#options;
    return { process: this.#process, interfaceIndex, mac, signal: this.#abort.signal };
  }

  #exchange(unicast?: Unicast): Exchange {
    return new Exchange(this.#exchangeOptions, () => this.#nowNs(), unicast);
  }

  #nowNs(): number {
    return this.#options.posix.time.nowNs();
  }

  #sleep(durationNs: number): Promise<void> {
    return this.#process.nanosleep(Math.ceil(durationNs), { signal: this.#abort.signal });
  }

  /** Until it is stopped. */
  async #forEver(): Promise<void> {
    const day = 86_400e9;
    while (true) await this.#sleep(day);
  }
}

/** Times that the server left out are the RFC's: half and seven eighths. */
function toLease(message: ServerMessage, server: string): Lease {
  const { leaseSeconds: validSeconds } = message;
  return {
    address: message.address,
    prefixLength: message.prefixLength,
    server,
    routers: message.routers,
    routes: message.routes,
    nameServers: message.servers,
    search: message.search,
    mtu: message.mtu,
    validSeconds,
    renewalSeconds: Math.min(message.renewalSeconds ?? validSeconds * 0.5, validSeconds),
    rebindingSeconds: Math.min(message.rebindingSeconds ?? validSeconds * 0.875, validSeconds),
  };
}
