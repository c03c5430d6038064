// SPDX-License-Identifier: GPL-2.0-only
/** The less common calls that wait, as promises: vectors, many messages, and moves between descriptors. */
import { EPOLLIN, EPOLLOUT } from '../constants/poll.js';
import { addressDetails } from '../socket-address.js';
import { MSG_WAITALL } from '../constants/socket.js';
import { AsyncCalls, input } from './async-calls.js';
import { bufferOf, bytesOf } from './base.js';
import type { WaitOptions } from './blocking.js';
import type { MessageBuffers, OutgoingMessage, ReceivedMessage } from './message-calls.js';

export class AsyncVectorCalls extends AsyncCalls {
  /** readv(2), which waits for data. */
  async readvAsync(
    fd: number,
    buffers: readonly ArrayBufferView[],
    options?: WaitOptions,
  ): Promise<number> {
    const targets = buffers.map(bufferOf);
    return this.check(
      await this.wait('readv', fd, EPOLLIN, () => this.tryReadv(fd, targets), options),
      'readv',
    );
  }

  /** All of the data, as a blocking writev does. */
  async writevAsync(
    fd: number,
    data: readonly (ArrayBufferView | string)[],
    options?: WaitOptions,
  ): Promise<number> {
    const sources = data.map(bytesOf);
    const total = sources.reduce((sum, source) => sum + source.byteLength, 0);
    const attempt = (done: number): number => this.tryWritev(fd, dropped(sources, done));
    return this.writeAll('writev', fd, total, attempt, options);
  }

  /** On a stream all of the data, as a blocking sendmsg does; control messages go with the first byte. */
  async sendmsgAsync(
    fd: number,
    message: OutgoingMessage,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    const sources = message.data.map(bytesOf);
    const total = sources.reduce((sum, source) => sum + source.byteLength, 0);
    let done = 0;
    do {
      const rest = done === 0 ? message : { data: dropped(sources, done) };
      const attempt = (): number => this.trySendMessage(fd, rest, flags);
      const result = await this.wait('sendmsg', fd, EPOLLOUT, attempt, options);
      if (result < 0 && done > 0) return done;
      done += this.check(result, 'sendmsg', addressDetails(message.address));
    } while (done < total && this.isStream(fd));
    return done;
  }

  /** With MSG_WAITALL on a stream the buffers are filled, unless it ends, fails or brings control messages. */
  async recvmsgAsync(
    fd: number,
    { buffers, controlBytes = 0 }: MessageBuffers,
    flags = 0,
    options?: WaitOptions,
  ): Promise<ReceivedMessage> {
    const targets = buffers.map(bufferOf);
    const total = targets.reduce((sum, target) => sum + target.byteLength, 0);
    const received = await this.receiveMessage(
      fd,
      { buffers: targets, controlBytes },
      flags,
      options,
    );
    let { length } = received;
    while (
      (flags & MSG_WAITALL) !== 0 &&
      length > 0 &&
      length < total &&
      received.control.length === 0
    ) {
      if (!this.isStream(fd)) break;
      const rest = { buffers: dropped(targets, length) };
      const more = await this.receiveMessage(fd, rest, flags, options);
      if (more.length === 0) break;
      length += more.length;
    }
    return { ...received, length };
  }

  private async receiveMessage(
    fd: number,
    buffers: MessageBuffers,
    flags: number,
    options?: WaitOptions,
  ): Promise<ReceivedMessage> {
    let received: ReceivedMessage | undefined;
    const attempt = (): number => {
      const { result, message } = this.tryReceiveMessage(fd, buffers, flags);
      if (result >= 0) received = message();
      return result;
    };
    this.check(await this.wait('recvmsg', fd, input, attempt, options), 'recvmsg');
    return received!;
  }

  /** Waits for one message, then takes what else is there. */
  async recvmmsgAsync(
    fd: number,
    slots: readonly MessageBuffers[],
    flags = 0,
    options?: WaitOptions,
  ): Promise<readonly ReceivedMessage[]> {
    let received: readonly ReceivedMessage[] = [];
    const attempt = (): number => {
      const { result, messages } = this.tryReceiveMessages(fd, slots, flags);
      if (result > 0) received = messages();
      return result;
    };
    this.check(await this.wait('recvmmsg', fd, EPOLLIN, attempt, options), 'recvmmsg');
    return received;
  }

  /** Waits for room for the first; how many were sent. */
  async sendmmsgAsync(
    fd: number,
    messages: readonly OutgoingMessage[],
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    const attempt = (): number => this.trySendMessages(fd, messages, flags);
    const result = await this.wait('sendmmsg', fd, EPOLLOUT, attempt, options);
    return this.check(result, 'sendmmsg', addressDetails(messages[0]?.address));
  }

  /** Waits for room in `to`; how much was sent, which may be less than asked. */
  async sendfileAsync(
    to: number,
    from: number,
    length: number,
    offset?: number,
    options?: WaitOptions,
  ): Promise<number> {
    const attempt = (): number => this.trySendfile(to, from, length, offset);
    return this.check(await this.wait('sendfile', to, EPOLLOUT, attempt, options), 'sendfile');
  }

  /** tee(2), which waits. */
  async teeAsync(
    from: number,
    to: number,
    length: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<number> {
    const result = await this.blocking.run(
      {
        syscall: 'tee',
        run: () => this.tryTee(from, to, length, flags),
        files: [
          [from, EPOLLIN],
          [to, EPOLLOUT],
        ],
      },
      options,
    );
    return this.check(result, 'tee');
  }
}

/** What is left of the buffers after `done` bytes. */
function dropped(sources: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  let skip = done;
  return sources.flatMap((source) => {
    const cut = Math.min(skip, source.byteLength);
    skip -= cut;
    return cut === source.byteLength ? [] : [source.subarray(cut)];
  });
}
