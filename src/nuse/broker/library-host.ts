// SPDX-License-Identifier: GPL-2.0-only

/**
 * The host that a broker serves: a kernel in its native form, its configuration and NICs, and who answers programs'
 * calls about sockets and files.
 */
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { ConsoleRecord } from '../../kernel/index.js';
import { NativeHost, NativeKernel, RealTimeline, type Reactor } from '../../native/index.js';
import type { CallHandlers } from '../call.js';
import type { HostConfig } from '../config/index.js';
import { LibraryFiles } from '../files/library-files.js';
import { Network } from '../nic/network.js';
import { openSockets, type ProgramSockets } from '../sockets/index.js';
import type { ServedHost } from './broker.js';

export interface LibraryHostContext {
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
}

/** What the shim asks for: the broker's process (native/shim/messages.c), and how a write went (settings.c there). */
const brokerRequest = 0x89e9;
const writtenRequest = 0x89ea;
/** Buffers of many programs' sockets; it takes what it uses. */
const memoryMaxDefault = '256 MiB';

interface Parts {
  readonly config: HostConfig;
  readonly timeline: RealTimeline;
  readonly host: NativeHost;
  /** Linux's version. */
  readonly release: string;
  readonly network: Network;
  readonly sockets: ProgramSockets;
  readonly files: LibraryFiles;
}

export class LibraryHost implements ServedHost {
  readonly handlers: CallHandlers;
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    const { handlers } = parts.sockets;
    this.handlers = {
      ...handlers,
      ...parts.files.handlers,
      ioctl: (call) => {
        if (call.int(1) === brokerRequest) call.answer(process.pid);
        else if (call.int(1) === writtenRequest) parts.files.written(call);
        else handlers.ioctl!(call);
      },
    };
  }

  /** Throws a LibosError that says what is wrong with the configuration, the kernel or a NIC. */
  static async open(
    config: HostConfig,
    { reactor, log }: LibraryHostContext,
  ): Promise<LibraryHost> {
    const { kernel, memoryMax, name } = config;
    const { profile, path } = kernel;
    const timeline = new RealTimeline({ reactor });
    const host = new NativeHost({
      // A profile or the name of a kernel of one's own.
      kernel: NativeKernel.load(path === undefined ? { name: profile ?? 'full' } : { path }),
      timeline,
      name,
      memoryMax: memoryMax ?? memoryMaxDefault,
      console: (record) => logRecord(record, log),
      onWarning: ({ message, stack }) => log(`kernel warning: ${message}\n${stack}`),
      onDeath: (death) => log(`the kernel died: ${death.message}`),
    });
    try {
      const { posix, kernel, scheduler } = host;
      const network = await Network.open(config, { kernel, posix, scheduler, reactor, log });
      const sockets = openSockets({ posix, reactor, log });
      const files = new LibraryFiles({
        posix,
        reactor,
        etc: () => etcOf(network),
        inodes: () => sockets.inodes,
        log,
      });
      const release = posix.readFile('/proc/sys/kernel/osrelease').trim();
      return new LibraryHost({ config, timeline, host, release, network, sockets, files });
    } catch (error) {
      host.close();
      timeline.close();
      throw error;
    }
  }

  status(): Readonly<Record<string, unknown>> {
    const { config, host, release, network, sockets } = this.#parts;
    const dead = host.kernel.death !== undefined;
    return {
      configuration: config.source ?? 'none',
      kernel: dead ? 'dead: the log says why' : release,
      sockets: sockets.count,
      nics: dead ? [] : network.status(),
    };
  }

  async close(): Promise<void> {
    const { timeline, host, network, sockets, files } = this.#parts;
    files.close();
    sockets.close();
    await network.close();
    host.close();
    timeline.close();
  }
}

/** How the host's programs find addresses of names. */
function etcOf({ resolvConf, hostsFile }: Network): Readonly<Record<string, string>> {
  return {
    '/etc/resolv.conf': resolvConf,
    '/etc/hosts': hostsFile,
    '/etc/nsswitch.conf': namesFromFilesAndDns(readIfThere('/etc/nsswitch.conf')),
  };
}

/** Other sources of addresses (a resolver of the machine's, say) would ask by the machine's network. */
function namesFromFilesAndDns(machines = ''): string {
  const others = machines.split('\n').filter((line) => !/^\s*hosts\s*:/.test(line));
  return `hosts: files dns\n${others.join('\n')}`;
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Warnings and worse, and not what every boot says. */
function logRecord({ level, text }: ConsoleRecord, log: (line: string) => void): void {
  if (level <= 4) log(`kernel: ${text}`);
}
