// SPDX-License-Identifier: GPL-2.0-only

/**
 * The traffic of guest-traffic.c on hosts of a simulation, call by call: the same sizes, no think time. Each flow is
 * a program that begins at its time and counts until the run is over.
 */
import {
  AF_INET,
  isSystemError,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketOptions,
  TcpServer,
  TcpSocket,
} from '../../src/posix/index.js';
import type { PosixHost, Process, SocketAddress } from '../../src/posix/index.js';
import { targets } from './set-up.js';
import type { BulkFlow, ConstantFlow, FetchFlow, Flow, Measured, PingFlow } from './experiment.js';

const chunkBytes = 65_536;
const requestBytes = 100;
const echoBytes = 56;
const icmpHeaderBytes = 8;
const icmpProtocol = 1;
/** Longer than an ideal wire takes, shorter than anything else. */
const handOverNs = 1000;

/** Where a flow runs. */
export interface Stage {
  readonly a: PosixHost;
  readonly b: PosixHost;
  /** Since the beginning of the run. */
  nowNs(): number;
  /** Resolves at that moment. */
  until(timeNs: number): Promise<void>;
}

/** Starts a flow; what it returns says at any time what has been measured so far. */
export function startFlow(stage: Stage, flow: Flow, port: number): () => Measured {
  switch (flow.kind) {
    case 'bulk':
      return startBulk(stage, flow, port);
    case 'fetch':
      return startFetch(stage, flow, port);
    case 'ping':
      return startPing(stage, flow);
    case 'cbr':
      return startConstant(stage, flow, port);
  }
}

function startBulk(stage: Stage, flow: BulkFlow, port: number): () => Measured {
  let receivedBytes = 0;
  const receive = async (): Promise<void> => {
    using listener = listen(stage.b, flow.control, port);
    using socket = await listener.accept();
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const length = await socket.process.recvAsync(socket.fd, buffer);
      if (length === 0) return;
      receivedBytes += length;
    }
  };
  const send = async (): Promise<void> => {
    await stage.until(flow.startNs);
    const stop = new AbortController();
    void stage.until(flow.stopNs).then(() => stop.abort());
    try {
      using socket = await connect(stage.a, targets.b, flow.control, port);
      const chunk = new Uint8Array(chunkBytes);
      while (!stop.signal.aborted) {
        await socket.write(chunk, { signal: stop.signal });
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  };
  run(receive);
  run(send);
  return () => ({ kind: 'bulk', receivedBytes });
}

function startFetch(stage: Stage, flow: FetchFlow, port: number): () => Measured {
  const tookNs: number[] = [];
  const serve = async (): Promise<void> => {
    using listener = listen(stage.a, flow.control, port);
    const answer = new Uint8Array(flow.answerBytes);
    for await (const accepted of listener) {
      using socket = accepted;
      await socket.readExactly(requestBytes);
      await writeInChunks(socket, answer);
      // A NIC gives frames back when they have left it, and until then Linux keeps the last ones to itself: closed
      // at once, the end would travel with the data. The oracle's veth hands frames over within the call.
      await stage.until(stage.nowNs() + handOverNs);
    }
  };
  const ask = async (): Promise<void> => {
    await stage.until(flow.startNs);
    const buffer = new Uint8Array(chunkBytes);
    while (tookNs.length < flow.count && stage.nowNs() < flow.stopNs) {
      const beganNs = stage.nowNs();
      using socket = await connect(stage.b, targets.a, flow.control, port);
      await socket.write(new Uint8Array(requestBytes));
      while ((await socket.process.recvAsync(socket.fd, buffer)) > 0);
      tookNs.push(stage.nowNs() - beganNs);
    }
  };
  run(serve);
  run(ask);
  return () => ({ kind: 'fetch', tookNs });
}

function startPing(stage: Stage, flow: PingFlow): () => Measured {
  const sentNs: number[] = [];
  const roundTripNs: number[] = [];
  const process = stage.a.spawn();
  const fd = process.socket(AF_INET, SOCK_DGRAM, icmpProtocol);
  const listen = async (): Promise<void> => {
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      const length = await process.recvAsync(fd, buffer);
      if (length < icmpHeaderBytes) continue;
      const sequence = new DataView(buffer.buffer).getUint16(6);
      roundTripNs[sequence] = stage.nowNs() - sentNs[sequence]!;
    }
  };
  const send = async (): Promise<void> => {
    for (let dueNs = flow.startNs; dueNs < flow.stopNs; dueNs += flow.intervalNs) {
      await stage.until(dueNs);
      const packet = new Uint8Array(icmpHeaderBytes + echoBytes);
      packet[0] = 8; // echo request
      new DataView(packet.buffer).setUint16(6, sentNs.length);
      sentNs.push(stage.nowNs());
      roundTripNs.push(-1);
      sendDatagram(process, fd, packet, { family: AF_INET, address: targets.b, port: 0 });
    }
  };
  run(listen);
  run(send);
  return () => ({ kind: 'ping', roundTripNs });
}

function startConstant(stage: Stage, flow: ConstantFlow, port: number): () => Measured {
  let [sent, received] = [0, 0];
  const receive = async (): Promise<void> => {
    const process = stage.b.spawn();
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    process.bind(fd, { family: AF_INET, address: '0.0.0.0', port });
    const buffer = new Uint8Array(chunkBytes);
    for (;;) {
      await process.recvAsync(fd, buffer);
      received++;
    }
  };
  const send = async (): Promise<void> => {
    const process = stage.a.spawn();
    const fd = process.socket(AF_INET, SOCK_DGRAM);
    const datagram = new Uint8Array(flow.datagramBytes);
    for (let dueNs = flow.startNs; dueNs < flow.stopNs; dueNs += flow.intervalNs) {
      await stage.until(dueNs);
      if (sendDatagram(process, fd, datagram, { family: AF_INET, address: targets.b, port })) {
        sent++;
      }
    }
  };
  run(receive);
  run(send);
  return () => ({ kind: 'cbr', sent, received });
}

/** A full buffer loses a datagram, as it does in a program that does not wait. */
function sendDatagram(
  process: Process,
  fd: number,
  data: Uint8Array,
  address: SocketAddress,
): boolean {
  try {
    return process.sendto(fd, data, 0, address) === data.byteLength;
  } catch (error) {
    if (isSystemError(error, 'EAGAIN') || isSystemError(error, 'ENOBUFS')) return false;
    throw error;
  }
}

function listen(host: PosixHost, control: string, port: number): TcpServer {
  const server = TcpServer.listen(host.spawn(), { address: '0.0.0.0', port, backlog: 64 });
  server.setOption(socketOptions.tcpCongestion, control);
  return server;
}

/** Connects with that congestion control, which is set before the handshake. */
async function connect(
  host: PosixHost,
  address: string,
  control: string,
  port: number,
): Promise<TcpSocket> {
  const process = host.spawn();
  const fd = process.socket(AF_INET, SOCK_STREAM);
  process.setOption(fd, socketOptions.tcpCongestion, control);
  await process.connectAsync(fd, { family: AF_INET, address, port });
  return new TcpSocket(process, fd);
}

async function writeInChunks(socket: TcpSocket, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.byteLength; at += chunkBytes) {
    await socket.process.sendAsync(socket.fd, data.subarray(at, at + chunkBytes), MSG_NOSIGNAL);
  }
}

/** Starts a program; what it throws ends the process, with its message. */
function run(program: () => Promise<void>): void {
  void program();
}
