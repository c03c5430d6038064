// SPDX-License-Identifier: GPL-2.0-only

/**
 * native/addon/sockets.c: the machine's own sockets. Results and failures as in files.ts; sends raise no SIGPIPE.
 */
export interface SocketsBinding {
  socket(domain: number, type: number, protocol: number): number;
  socketPair(domain: number, type: number, protocol: number, fds: Int32Array): number;
  /** `address` is a sockaddr. */
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  /** accept4: `flags` are SOCK_NONBLOCK or none. */
  accept(fd: number, flags: number): number;
  shutdown(fd: number, how: number): number;
  /** The length of the value, which is in `value`, or -errno. */
  getSocketOption(fd: number, level: number, name: number, value: Uint8Array): number;
  setSocketOption(fd: number, level: number, name: number, value: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, offset: number, lengthBytes: number, flags: number): number;
  receive(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    flags: number,
  ): number;
  sendMemory(fd: number, address: number, lengthBytes: number, flags: number): number;
  receiveMemory(fd: number, address: number, lengthBytes: number, flags: number): number;
  /** Passes descriptors (SCM_RIGHTS), 64 at most, beside the bytes. */
  sendDescriptors(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    fds: Int32Array,
    flags: number,
  ): number;
  /** Fills `fds` with the descriptors that came, and -1 after the last where there is room. */
  receiveDescriptors(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    fds: Int32Array,
    flags: number,
  ): number;
}
