// SPDX-License-Identifier: GPL-2.0-only

/** Hosts with NICs in namespaces of a test: starts host programs there and talks to them. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../../../kernel/build/cache.js';
import { Namespaces, type Running } from '../../../bench/nuse/namespaces.js';
import { packageRoot } from '../../../src/package-root.js';
import type { Answer, HostStatus, Order, Orders } from './orders.js';

const program = fileURLToPath(new URL('host-program.ts', import.meta.url));
const answerMs = 40_000;

function testKernel(): Record<string, string> {
  const path = process.env['LIBOS_TEST_NATIVE'];
  return path === undefined ? {} : { LIBOS_TEST_NATIVE: path };
}

export interface StartOptions {
  /** The network namespace; default: the world's first. */
  readonly net?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PeerOptions {
  readonly net?: string;
  /** Over IPv6. */
  readonly six?: boolean;
}

/** A world of its own, in which hosts end with it. */
export class NicWorld implements AsyncDisposable {
  readonly namespaces: Namespaces;
  readonly #hosts: NicHost[] = [];

  private constructor(namespaces: Namespaces) {
    this.namespaces = namespaces;
  }

  static async create(...lines: readonly string[]): Promise<NicWorld> {
    const world = new NicWorld(await Namespaces.create());
    try {
      if (lines.length > 0) await world.namespaces.script(lines);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
    return world;
  }

  /** A host program that has not opened its host yet. */
  start({ net, env = {} }: StartOptions = {}): NicHost {
    const command = ['env', '-C', packageRoot, process.execPath, '--import', 'tsx', program];
    const running = this.namespaces.start(command, {
      ...(net === undefined ? {} : { net }),
      env: { LIBOS_CACHE: cacheRoot(), ...testKernel(), ...env },
    });
    const host = new NicHost(running);
    this.#hosts.push(host);
    return host;
  }

  /** A host with these NICs. */
  async host(nics: readonly string[], options: StartOptions = {}): Promise<NicHost> {
    const host = this.start(options);
    await host.order('open', { nics });
    return host;
  }

  /** Takes one connection at a port of the world's and receives; the SHA-256 of it is its output. */
  async sink(port: number, { net, six = false }: PeerOptions = {}): Promise<Running> {
    const listen = `${six ? 'TCP6' : 'TCP4'}-LISTEN:${port},reuseaddr`;
    const command = `socat -d -d -u -b 262144 ${listen} STDOUT | sha256sum`;
    return await this.#peer(command, net);
  }

  /** Takes one connection and sends so many random bytes, of which it returns the SHA-256. */
  async source(
    port: number,
    bytes: number,
    { net, six = false }: PeerOptions = {},
  ): Promise<string> {
    const data = randomBytes(bytes);
    const file = join(this.namespaces.folder, `source-${port}`);
    writeFileSync(file, data);
    const listen = `${six ? 'TCP6' : 'TCP4'}-LISTEN:${port},reuseaddr`;
    await this.#peer(`socat -d -d -u -b 262144 OPEN:${file},rdonly ${listen}`, net);
    return createHash('sha256').update(data).digest('hex');
  }

  async #peer(command: string, net: string | undefined): Promise<Running> {
    const running = this.namespaces.start(['sh', '-c', command], net === undefined ? {} : { net });
    await running.until(/listening on/);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host.close();
    await this.namespaces[Symbol.asyncDispose]();
  }
}

export class NicHost {
  readonly #running: Running;
  #next = 0;
  #closed = false;

  constructor(running: Running) {
    this.#running = running;
  }

  /** Throws an error with the message and the hint that the host's had. */
  async order<Name extends keyof Orders>(
    order: Name,
    argument: Parameters<Orders[Name]>[0],
  ): Promise<Awaited<ReturnType<Orders[Name]>>> {
    const id = this.#next++;
    const line: Order = { id, order, argument };
    this.#running.write(`${JSON.stringify(line)}\n`);
    const [text] = await this.#running.until(new RegExp(`^\\{"id":${id}[,}].*$`, 'm'), answerMs);
    const { value, error } = JSON.parse(text) as Answer;
    if (error) throw new Error(`${error.code} ${error.message} | ${error.hint ?? ''}`);
    return value as Awaited<ReturnType<Orders[Name]>>;
  }

  async status(): Promise<HostStatus> {
    return await this.order('status', {});
  }

  /** Waits until its first NIC has an address. */
  async addressed(wanted: string | RegExp): Promise<void> {
    const is = (text: string): boolean =>
      typeof wanted === 'string' ? text === wanted : wanted.test(text);
    await this.#until(`an address ${String(wanted)}`, ({ nics }) => nics[0]!.addresses.some(is));
  }

  /** Waits until its log says something. */
  async logged(wanted: RegExp): Promise<void> {
    await this.#until(`a line ${String(wanted)}`, ({ log }) =>
      log.some((line) => wanted.test(line)),
    );
  }

  async #until(what: string, is: (status: HostStatus) => boolean): Promise<void> {
    const deadlineMs = performance.now() + answerMs;
    while (true) {
      const status = await this.status();
      if (is(status)) return;
      if (performance.now() > deadlineMs) throw new Error(`no ${what}: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it; returns its log. */
  async close(): Promise<readonly string[]> {
    if (this.#closed) return [];
    this.#closed = true;
    if (await this.#hasEnded()) return [];
    const log = await this.order('close', {});
    await this.#running.ended;
    return log;
  }

  async #hasEnded(): Promise<boolean> {
    const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
    return (await Promise.race([this.#running.ended, turn])) !== undefined;
  }
}

/** The SHA-256 that a sink has printed. */
export async function digestOf(sink: Running): Promise<string> {
  return (await sink.until(/^([0-9a-f]{64}) /m, 20_000))[1]!;
}

/** Errors of checksums that a Linux has counted, from its /proc/net files snmp, snmp6 and netstat. */
export function checksumErrors(...files: readonly string[]): number {
  const text = files.join('\n');
  const names = [...text.matchAll(/^(\w+): ([A-Z].*)$/gm)];
  let total = 0;
  for (const [, group, line] of names) {
    const values = new RegExp(`^${group!}: (-?\\d.*)$`, 'm').exec(text)?.[1]?.split(' ') ?? [];
    line!.split(' ').forEach((name, i) => {
      if (name === 'InCsumErrors') total += Number(values[i]);
    });
  }
  for (const [, value] of text.matchAll(/^\w*InCsumErrors\s+(\d+)$/gm)) total += Number(value);
  return total;
}
