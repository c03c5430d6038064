// SPDX-License-Identifier: GPL-2.0-only

/** A DNS responder for one small zone, and a client that asks it, over UDP. */
import { Simulation, type Os } from 'libos';

const zone: Readonly<Record<string, string>> = {
  'alice.example': '10.0.1.1',
  'bob.example': '10.0.1.2',
};
const headerBytes = 12;
const noSuchName = 3;
const typeA = 1;
const classInternet = 1;

async function respond(os: Os): Promise<void> {
  const socket = os.udp(53);
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

async function resolve(os: Os, name: string): Promise<string> {
  using socket = os.udp();
  socket.connect({ address: 'bob', port: 53 });
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

const sim = new Simulation({ seed: 1 });
const [alice, bob] = sim.hosts('alice', 'bob');
sim.connect(alice, bob, { delay: '10 ms' });

bob.run(respond, { service: true });
for (const name of ['alice.example', 'bob.example', 'carol.example']) {
  const address = alice.run((os) => resolve(os, name));
  console.log(`${name}: ${await sim.runUntil(address)}`);
}
