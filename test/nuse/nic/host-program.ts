// SPDX-License-Identifier: GPL-2.0-only

/**
 * A host of the library with its NICs, as a process of its own, so that it can be in a network namespace: it does
 * what its input says, a JSON object a line, and answers each with a line. nic-host.ts talks to it.
 */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { LibosError } from '../../../src/errors.js';
import { NativeHost, NativeKernel, Reactor } from '../../../src/native/index.js';
import { RealTimeline } from '../../../src/native/real-timeline.js';
import { loadHostConfig } from '../../../src/nuse/config/index.js';
import { Network } from '../../../src/nuse/nic/index.js';
import { ping, TcpServer, TcpSocket, type PosixHost } from '../../../src/posix/index.js';
import type { Answer, Order, Orders } from './orders.js';

const chunkBytes = 1 << 18;
/** Another kernel than that of profile `full`. */
const kernelPath = process.env['LIBOS_TEST_NATIVE'];

class HostProgram {
  readonly #reactor = new Reactor();
  readonly #timeline = new RealTimeline({ reactor: this.#reactor });
  readonly #log: string[] = [];
  #host: NativeHost | undefined;
  #network: Network | undefined;

  readonly orders: Orders = {
    open: async ({ nics = [], sysctls = [], config, asNobody = false, firstLeaseMs }) => {
      const env = { ...process.env, ...(config === undefined ? {} : { LIBOS_CONFIG: config }) };
      const loaded = loadHostConfig({ name: 'nictest', nics, sysctls, env });
      const host = new NativeHost({
        kernel: NativeKernel.load(kernelPath === undefined ? {} : { path: kernelPath }),
        timeline: this.#timeline,
        memoryMax: '128 MiB',
        onWarning: ({ message }) => this.#log.push(`WARN ${message}`),
        onDeath: ({ message }) => this.#log.push(`DEATH ${message}`),
      });
      this.#host = host;
      const { kernel, posix, scheduler } = host;
      const log = (line: string): void => void this.#log.push(line);
      const wait = firstLeaseMs === undefined ? {} : { firstLeaseMs };
      const services = { kernel, posix, scheduler, reactor: this.#reactor, log, ...wait };
      if (asNobody) becomeNobody();
      try {
        this.#network = await Network.open(loaded, services);
      } catch (error) {
        this.#host = undefined;
        host.close();
        throw error;
      }
      return this.#status();
    },
    status: () => Promise.resolve(this.#status()),
    ping: async ({ address }) => (await ping(this.#posix.spawn(), address)).roundTripNs / 1e3,
    send: async ({ address, port, bytes }) => {
      const socket = await TcpSocket.connect(this.#posix.spawn(), { address, port });
      return await sendPattern(socket, bytes);
    },
    receive: async ({ address, port }) => {
      const socket = await TcpSocket.connect(this.#posix.spawn(), { address, port });
      return await receiveAll(socket);
    },
    serve: async ({ port }) => {
      const server = TcpServer.listen(this.#posix.spawn(), { port });
      const socket = await server.accept();
      server.close();
      return await receiveAll(socket);
    },
    addVlan: ({ name, id, address }) => {
      const { links, addresses } = this.#posix.route;
      links.add({ name, kind: 'vlan', link: links.indexOf('eth0'), data: { id } });
      links.change(name, { up: true });
      addresses.add(name, address);
      return Promise.resolve();
    },
    read: ({ path }) => Promise.resolve(this.#posix.readFile(path)),
    lookup: ({ destination }) => {
      const { gateway, preferredSource } = this.#posix.route.routes.lookup(destination);
      return Promise.resolve({ gateway, preferredSource });
    },
    close: async () => {
      await this.#network?.close();
      this.#host?.close();
      this.#timeline.close();
      this.#reactor.close();
      return this.#log;
    },
  };

  get #posix(): PosixHost {
    return this.#host!.posix;
  }

  #status(): Awaited<ReturnType<Orders['status']>> {
    const { resolvConf, hostsFile } = this.#network!;
    return { nics: this.#network!.status(), resolvConf, hostsFile, log: this.#log };
  }
}

function becomeNobody(): void {
  const nobody = 65_534;
  process.setgroups!([]);
  process.setgid!(nobody);
  process.setuid!(nobody);
}

/** Bytes that say where they are, so that none can be missing, double or elsewhere. */
async function sendPattern(socket: TcpSocket, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const words = new Uint32Array(chunkBytes / 4);
  for (let at = 0; at < bytes; at += chunkBytes) {
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(at / 4 + i, 0x9e3779b1);
    const chunk = new Uint8Array(words.buffer, 0, Math.min(chunkBytes, bytes - at));
    hash.update(chunk);
    await socket.write(chunk);
  }
  socket.end();
  await receiveAll(socket);
  return hash.digest('hex');
}

async function receiveAll(socket: TcpSocket): Promise<string> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(chunkBytes);
  while (true) {
    const length = await socket.process.recvAsync(socket.fd, buffer);
    if (length === 0) break;
    hash.update(buffer.subarray(0, length));
  }
  socket.close();
  return hash.digest('hex');
}

const program = new HostProgram();

async function obey({ id, order, argument }: Order): Promise<Answer> {
  try {
    const value = await (program.orders[order] as (argument: unknown) => Promise<unknown>)(
      argument,
    );
    return { id, value };
  } catch (error) {
    const { code, message, hint } = error as LibosError;
    return { id, error: { code, message, hint } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  void obey(order).then((answer) => {
    process.stdout.write(`${JSON.stringify(answer)}\n`, () => {
      if (order.order === 'close') process.exit();
    });
  });
}
