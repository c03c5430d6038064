// SPDX-License-Identifier: GPL-2.0-only

/** A DNS responder for one small zone, and a client that asks it, over UDP. */
import { UdpSocket, type PosixHost } from '../src/posix/index.js';
import { start, twoHosts, type Print } from './network.js';

const zone: Readonly<Record<string, string>> = {
  'alice.example': '192.0.2.1',
  'bob.example': '192.0.2.2',
};
const headerBytes = 12;
const noSuchName = 3;
const typeA = 1;
const classInternet = 1;

async function respond(host: PosixHost): Promise<void> {
  const socket = UdpSocket.open(host.spawn(), { port: 53 });
  for await (const { data, from } of socket) {
    if (from && data.length > headerBytes) await socket.send(answer(data), from);
  }
}

/** The query itself with the flags of an answer, and a record if there is one. */
function answer(query: Uint8Array): Uint8Array {
  const { name, end } = readName(query);
  const address = zone[name];
  const question = query.subarray(headerBytes, end + 4);
  const flags = 0x8400 | (address === undefined ? noSuchName : 0);
  const counts = [1, address === undefined ? 0 : 1, 0, 0];
  const record =
    address === undefined
      ? []
      : // The name by a pointer to the question, its type and class, a minute to live, four bytes.
        [...u16(0xc00c, typeA, classInternet, 0, 60, 4), ...address.split('.').map(Number)];
  const id = query.subarray(0, 2);
  return Uint8Array.of(...id, ...u16(flags, ...counts), ...question, ...record);
}

async function resolve(host: PosixHost, name: string): Promise<string> {
  using process = host.spawn();
  using socket = UdpSocket.open(process);
  socket.connect({ address: '192.0.2.2', port: 53 });
  const question = [...writeName(name), ...u16(typeA, classInternet)];
  await socket.send(Uint8Array.of(...u16(0x1234, 0x0100, 1, 0, 0, 0), ...question));
  const { data } = await socket.receive();
  return (data[3]! & 0xf) === noSuchName ? 'no such name' : data.subarray(-4).join('.');
}

function readName(message: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = message[at++] ?? 0; length > 0; length = message[at++] ?? 0) {
    labels.push(new TextDecoder().decode(message.subarray(at, at + length)));
    at += length;
  }
  return { name: labels.join('.').toLowerCase(), end: at };
}

function writeName(name: string): number[] {
  const labels = name.split('.').map((label) => new TextEncoder().encode(label));
  return [...labels.flatMap((label) => [label.length, ...label]), 0];
}

function u16(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 0xff]);
}

export async function run(print: Print): Promise<void> {
  const { simulation, alice, bob } = await twoHosts();
  void respond(bob);
  for (const name of ['alice.example', 'bob.example', 'carol.example']) {
    print(`${name}: ${await simulation.runUntil(resolve(alice, name))}`);
  }
}

await start(import.meta.url, run);
