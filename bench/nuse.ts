// SPDX-License-Identifier: GPL-2.0-only

/**
 * `npm run bench -- nuse [--json] [--quick]`: unmodified programs on the library's stack, through a TAP, beside the
 * same programs on the machine's own Linux through a veth pair, with the same congestion control on the same cores in
 * the same run; and beside what passt and slirp4netns do alone. Needs root.
 */
import process from 'node:process';
import { readOptions } from './lib/options.js';
import { measurePasta, measureSlirp } from './nuse/alone.js';
import { compileCalls, measureCalls, type CallsNs } from './nuse/calls.js';
import {
  measureHttp,
  measurePingUs,
  measureTcp,
  type Effort,
  type Throughput,
} from './nuse/figures.js';
import { libosSide } from './nuse/libos-side.js';
import { nativeSide, type Side } from './nuse/side.js';
import { measureStart } from './nuse/start.js';

const values = readOptions({ json: { type: 'boolean' }, quick: { type: 'boolean' } });
const quick = values.quick ?? false;
const effort: Effort = quick
  ? { seconds: 1, pings: 50, turns: 1 }
  : { seconds: 3, pings: 200, turns: 2 };

interface Figures {
  readonly tcp: Throughput;
  readonly pingUs: number;
  readonly requestsPerSecond: number;
  readonly callsNs: CallsNs;
}

const native = await nativeSide();
const libos = await libosSide();
const result = await measure().finally(async () => {
  await native.close();
  await libos.close();
});
if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
else process.stdout.write(`${lines().join('\n')}\n`);

async function measure() {
  const programs = { native: compileCalls(native), libos: compileCalls(libos) };
  const turns: { native: Figures; libos: Figures }[] = [];
  // In turns, each figure with its best: whatever else the machine does falls on both.
  for (let turn = 0; turn < effort.turns; turn++) {
    turns.push({
      native: await measureSide(native, programs.native),
      libos: await measureSide(libos, programs.libos),
    });
  }
  const ours = best(turns.map((turn) => turn.libos));
  const theirs = best(turns.map((turn) => turn.native));
  return {
    tap: {
      send: compareRates(ours.tcp.sendBitsPerSecond, theirs.tcp.sendBitsPerSecond),
      receive: compareRates(ours.tcp.receiveBitsPerSecond, theirs.tcp.receiveBitsPerSecond),
    },
    pingUs: {
      libos: ours.pingUs,
      native: theirs.pingUs,
      added: ours.pingUs - theirs.pingUs,
    },
    http: {
      libosRequestsPerSecond: ours.requestsPerSecond,
      nativeRequestsPerSecond: theirs.requestsPerSecond,
      ratio: ours.requestsPerSecond / theirs.requestsPerSecond,
    },
    startMs: await measureStart(libos, quick),
    otherCallsNs: Object.fromEntries(
      Object.entries(ours.callsNs).map(([name, ns]) => [
        name,
        { libos: ns, native: theirs.callsNs[name]!, added: ns - theirs.callsNs[name]! },
      ]),
    ),
    alone: { pasta: await measurePasta(effort), slirp4netns: await measureSlirp(effort) },
    effort,
  };
}

async function measureSide(side: Side, program: string): Promise<Figures> {
  return {
    tcp: await measureTcp(side, effort),
    pingUs: await measurePingUs(side, effort),
    requestsPerSecond: await measureHttp(side, effort),
    callsNs: await measureCalls(side, program),
  };
}

function best(figures: readonly Figures[]): Figures {
  const names = Object.keys(figures[0]!.callsNs);
  const most = (of: (each: Figures) => number): number => Math.max(...figures.map(of));
  const least = (of: (each: Figures) => number): number => Math.min(...figures.map(of));
  return {
    tcp: {
      sendBitsPerSecond: most(({ tcp }) => tcp.sendBitsPerSecond),
      receiveBitsPerSecond: most(({ tcp }) => tcp.receiveBitsPerSecond),
    },
    pingUs: least(({ pingUs }) => pingUs),
    requestsPerSecond: most(({ requestsPerSecond }) => requestsPerSecond),
    callsNs: Object.fromEntries(
      names.map((name) => [name, least(({ callsNs }) => callsNs[name]!)]),
    ),
  };
}

function compareRates(libosBitsPerSecond: number, nativeBitsPerSecond: number) {
  return {
    libosBitsPerSecond,
    nativeBitsPerSecond,
    ratio: libosBitsPerSecond / nativeBitsPerSecond,
  };
}

function lines(): string[] {
  const { tap, pingUs, http, startMs, otherCallsNs, alone } = result;
  const gbit = (bitsPerSecond: number): string => `${(bitsPerSecond / 1e9).toFixed(2)} Gbit/s`;
  const rate = (compared: ReturnType<typeof compareRates>): string =>
    `${gbit(compared.libosBitsPerSecond)}  (native ${gbit(compared.nativeBitsPerSecond)}, ${compared.ratio.toFixed(2)} × native)`;
  const per = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`;
  const both = ({ sendBitsPerSecond, receiveBitsPerSecond }: Throughput): string =>
    `${gbit(sendBitsPerSecond)} sent, ${gbit(receiveBitsPerSecond)} received`;
  return [
    'Programs and broker on one core, the peer on the other; TCP with cubic.',
    `TCP sent                  ${rate(tap.send)}`,
    `TCP received              ${rate(tap.receive)}`,
    `ping, median              ${pingUs.libos.toFixed(0)} µs  (native ${pingUs.native.toFixed(0)} µs, ${pingUs.added.toFixed(0)} µs more)`,
    `nginx under wrk           ${per(http.libosRequestsPerSecond)}  (native ${per(http.nativeRequestsPerSecond)}, ${http.ratio.toFixed(2)} × native)`,
    `libos run -- true         ${startMs.up.toFixed(1)} ms over true; ${startMs.down.toFixed(0)} ms with the broker down`,
    ...Object.entries(otherCallsNs).map(
      ([name, { libos: ours, native: theirs, added }]) =>
        `${`call: ${name}`.padEnd(25)} ${ours.toFixed(0)} ns  (native ${theirs.toFixed(0)} ns, ${added.toFixed(0)} ns more)`,
    ),
    `pasta alone               ${both(alone.pasta)}`,
    `slirp4netns alone         ${both(alone.slirp4netns)}`,
  ];
}
