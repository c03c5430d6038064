// SPDX-License-Identifier: GPL-2.0-only

/**
 * The sockets of programs on a library's stack: what the broker answers to each caught call about them. Decision
 * 0015 says how a program's descriptor is real, and what follows.
 */
import type { Reactor } from '../../native/reactor.js';
import type { PosixHost } from '../../posix/index.js';
import type { Call, CallHandler, CallHandlers, Caller, DescriptorIdentity } from '../call.js';
import type { CallName } from '../calls/table.js';
import { Charges } from './charges.js';
import type { Inodes } from './inodes.js';
import { interfaceRequest, ioctl, isInterfaceRequest } from './ioctl-calls.js';
import { Library } from './library.js';
import { getsockopt, setsockopt } from './option-calls.js';
import { MessageSocket } from './message-socket.js';
import { withProgramEnd } from './pair.js';
import type { SocketWorld } from './program-socket.js';
import * as make from './socket-calls.js';
import { SocketTable } from './socket-table.js';
import { StreamSocket } from './stream-socket.js';
import * as transfer from './transfer-calls.js';
import type { SocketCall } from './transfer-calls.js';

export interface SocketServices {
  readonly posix: PosixHost;
  readonly reactor: Reactor;
  /** A line for the log: something went wrong with one socket. */
  readonly log: (line: string) => void;
}

/** The sockets of one host. */
export interface ProgramSockets {
  readonly handlers: CallHandlers;
  /** How many programs have open now. */
  readonly count: number;
  /** By which numbers the machine knows them. */
  readonly inodes: Inodes;
  /** Ends them all: programs see resets. */
  close(): void;
}

const onSockets = {
  bind: make.bind,
  connect: make.connect,
  listen: make.listen,
  accept: make.accept,
  accept4: make.accept,
  getsockname: make.getsockname,
  getpeername: make.getpeername,
  shutdown: make.shutdown,
  sendto: transfer.sendto,
  sendmsg: transfer.sendmsg,
  sendmmsg: transfer.sendmmsg,
  recvfrom: transfer.recvfrom,
  recvmsg: transfer.recvmsg,
  recvmmsg: transfer.recvmmsg,
  setsockopt,
  getsockopt,
  ioctl,
} as const satisfies Readonly<Partial<Record<CallName, SocketCall>>>;

export function openSockets({ posix, reactor, log }: SocketServices): ProgramSockets {
  const library = new Library(posix);
  const { time } = posix;
  const table = new SocketTable(time);
  const charges = new Charges();
  const world: SocketWorld = { library, reactor, time, table, charges, log };
  library.onUrgent = () => {
    for (const socket of table) if (socket instanceof StreamSocket) socket.markUrgent();
  };
  const callers = new WeakSet<Caller>();
  const socket: CallHandler = (call) => {
    const { caller } = call;
    if (!callers.has(caller)) {
      callers.add(caller);
      caller.onExit(() => table.sweep());
    }
    make.socket(world, call);
  };
  const other: CallHandler = (call) => {
    interfaceRequest(library, call);
  };
  const served = Object.entries(onSockets).map(([name, serve]) => [
    name,
    serves(table, serve, other),
  ]);
  return {
    handlers: { socket, ...(Object.fromEntries(served) as CallHandlers) },
    get count() {
      return table.size;
    },
    get inodes() {
      return table.inodes;
    },
    close() {
      table.close();
      charges.close();
      library.process.exit();
    },
  };
}

export function socketHandlers(services: SocketServices): CallHandlers {
  return openSockets(services).handlers;
}

/** A handler for calls on the library's sockets: those on other descriptors are the machine's. */
function serves(table: SocketTable, serve: SocketCall, other: CallHandler): CallHandler {
  return (call) => {
    const identity = call.identify(call.int(0));
    const socket = identity === undefined ? undefined : table.get(identity.inode);
    if (identity === undefined || socket === undefined) {
      if (identity === undefined || !asks(call, identity)) call.proceed();
      else other(call);
      return;
    }
    if (socket instanceof StreamSocket && socket.wantsEnlarging) {
      withProgramEnd(call, (fd) => socket.enlarge(fd));
    }
    if (socket instanceof MessageSocket) socket.settle();
    serve(socket, call, identity);
  };
}

const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;

/** Whether a call asks something about interfaces of a socket of the machine's, as glibc does of unix sockets. */
function asks(call: Call, { mode }: DescriptorIdentity): boolean {
  return call.name === 'ioctl' && (mode & S_IFMT) === S_IFSOCK && isInterfaceRequest(call);
}
