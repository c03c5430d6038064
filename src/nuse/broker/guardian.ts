// SPDX-License-Identifier: GPL-2.0-only

/**
 * The broker's hold on its guardian (native/launcher/guardian.c), a process that answers programs' calls with
 * ENETDOWN when the broker has died. It gets a copy of each listener and shares the ledger of calls under way.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { addon } from '../../addon/addon.js';
import { SystemError } from '../../posix/index.js';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const ledgerBytes = 65_536 * 16;

export class Guardian {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** `launcher` is the program that plays the part. Once in a process. */
  static start(launcher: string): Guardian {
    const ledger = check(addon().memfd('libos-ledger', 0), 'memfd_create');
    check(addon().truncate(ledger, ledgerBytes), 'ftruncate');
    check(addon().notifyLedger(ledger), 'mmap');
    const ends = new Int32Array(2);
    check(addon().socketPair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 'socketpair');
    const [own, its] = ends as unknown as [number, number];
    const child = spawn(launcher, ['guardian'], {
      argv0: 'libos-guardian',
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', its, ledger],
      env: {},
      cwd: '/',
    });
    child.on('error', (error) => process.emitWarning(`no guardian: ${error.message}`));
    child.unref();
    addon().close(its);
    addon().close(ledger);
    return new Guardian(own);
  }

  /** It keeps a copy of `listener`, whose calls are in the ledger under `key`. */
  add(key: number, listener: number): void {
    const message = new Uint8Array(new Uint32Array([key]).buffer);
    const fds = new Int32Array([listener]);
    check(addon().sendDescriptors(this.#fd, message, 0, message.length, fds, 0), 'sendmsg');
  }
}

function check(result: number, syscall: string): number {
  if (result < 0) throw new SystemError(result, syscall);
  return result;
}
