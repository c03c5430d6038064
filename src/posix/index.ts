// SPDX-License-Identifier: GPL-2.0-only

/**
 * Processes of a host and Linux’s system calls on them, sockets, netlink and configuration.
 * @module libos/posix
 */
export * from './constants/files.js';
export * from './constants/interface.js';
export * from './constants/ip.js';
export * from './constants/poll.js';
export * from './constants/process.js';
export * from './constants/socket.js';
export type { ControlMessage, ExtendedError, Time } from './control-message.js';
export {
  errno,
  errnoCode,
  errnoMessage,
  isSystemError,
  SystemError,
  type ErrnoCode,
  type SystemErrorDetails,
} from './errno.js';
export { diagClient, netlinkClient, PosixHost, routeClient, type PosixHostState } from './host.js';
export {
  formatIp,
  formatMac,
  ipVersion,
  parseIp,
  parseMac,
  parsePrefix,
  type Prefix,
} from './ip-address.js';
export type { ArgumentArena, HostTime, KernelPort, Timer } from './kernel-port.js';
export * as netlink from './netlink/index.js';
export type { TimedWaitOptions } from './process/async-calls.js';
export { HostBuffer } from './process/host-buffer.js';
export type { DataSource, DataTarget } from './process/base.js';
export type { FilterInstruction } from './process/option-calls.js';
export type { WaitInfo, WaitOptions } from './process/blocking.js';
export { describeFile } from './process/describe.js';
export type {
  MessageBuffers,
  OutgoingMessage,
  Received,
  ReceivedMessage,
} from './process/message-calls.js';
export type { DirectoryEntry, FileStatus } from './process/path-calls.js';
export type {
  EpollEvent,
  PollEntry,
  SelectSets,
  SignalInfo,
  TimerSetting,
} from './process/poll-calls.js';
export { Process, type ForkOptions, type SignalOptions } from './process/process.js';
export type { Watch } from './process/waits.js';
export type { Accepted } from './process/socket-calls.js';
export type { ProcessIds, ResourceLimit, SystemName } from './process/system-calls.js';
export {
  decodeSocketAddress,
  encodeSocketAddress,
  type Inet6Address,
  type InetAddress,
  type NetlinkAddress,
  type PacketAddress,
  type RawAddress,
  type SocketAddress,
  type UnixAddress,
  type UnspecifiedAddress,
} from './socket-address.js';
export {
  socketOptions,
  type GroupMembership,
  type Ipv4Membership,
  type Ipv6Membership,
  type SocketOption,
} from './socket-options.js';
export { ilp32, lp64, type DataModel } from './struct/data-model.js';
export * as structures from './struct/index.js';
export {
  struct,
  type CType,
  type Domain,
  type Layout,
  type StructOptions,
  type StructType,
  type ValueOf,
} from './struct/layout.js';
export * from './sockets/index.js';
export { callNumbers, NR, type CallNumbers } from './syscall-numbers.js';
