// SPDX-License-Identifier: GPL-2.0-only
/**
 * Urgent data over TCP and over unix streams: after every step what is read, what poll says, whether the reader
 * is at the mark, and the signals. The cases are those of the kernel’s own self-test of MSG_OOB.
 */
import {
  AF_UNIX,
  F_SETOWN,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  POLLPRI,
  SIGURG,
  SOCK_STREAM,
  socketOptions,
} from '../../../src/posix/index.js';
import { body, type Context } from '../body.js';
import { polled, tcpPair, text } from './support.js';

/** Steps: `>abc` sends, `>abc!` sends with the last byte urgent, `<5` reads, `<!1` reads urgent data, `inline`. */
const cases: Readonly<Record<string, string>> = {
  'no urgent data': '>x <!1',
  'urgent byte': '>x! <!1',
  'urgent byte twice': '>x! <!1 <!1',
  'dropped by a read': '>x! <1 <!1',
  'read ahead of data': '>hello! <!1 <4',
  'a read stops at it': '>hello! <5 <!1 <1',
  'a read stops where it was': '>hello! >world <!1 <9 <5',
  'a read drops it': '>hello! >world <10 <10 <!1',
  'a second one': '>hello! >wor! >ld <10 <!1 <2',
  'a second one drops the first': '>x! >y! <1 <!1',
  'a second one, read at once': '>x! >y! <!1 <1',
  'one after the other': '>x! <!1 >y! <1 <!1',
  'a second one read ahead': '>hello! >wor! <!1 >ld! <10 <!1',
  'a mark that was passed': '>hello! <!1 >world! <4',
  inline: 'inline >x! <!1 <1',
  'inline, a read stops': 'inline >hello! <!1 <5 <1',
  'inline after reading ahead': '>hello! >world <!1 inline <9 <6',
  'inline, a second one': '>hello! >wor! >ld inline <10 <3',
  'inline, none dropped': '>x! inline >y! <1 <1',
  'inline, the first dropped': '>x! >y! inline <1 <1',
  'inline, a mark that was passed': '>hello! <!1 inline >world! <4',
};

async function run(t: Context, family: string, peek: boolean): Promise<void> {
  const p = t.process;
  let port = 4000;
  let signals = 0;
  p.onSignal(SIGURG, () => signals++, { restart: true });
  for (const [name, steps] of Object.entries(cases)) {
    let ends: readonly [number, number];
    if (family === 'unix') {
      ends = p.socketpair(AF_UNIX, SOCK_STREAM);
    } else {
      const { client, server } = await tcpPair(t, port++);
      ends = [client, server];
    }
    const [sender, receiver] = ends;
    p.fcntl(receiver, F_SETOWN, p.pid);
    signals = 0;
    const transcript: unknown[] = [];
    for (const step of steps.split(' ')) {
      const did: unknown[] = [step];
      const receive = (flags: number, lengthBytes: number): number | string => {
        const buffer = new Uint8Array(lengthBytes);
        const outcome = t.try(() => p.recv(receiver, buffer, flags | MSG_DONTWAIT));
        return typeof outcome === 'number' ? text(buffer.subarray(0, outcome)) : outcome;
      };
      if (step === 'inline') {
        p.setOption(receiver, socketOptions.outOfBandInline, true);
      } else if (step.startsWith('>')) {
        const urgent = step.endsWith('!');
        p.send(sender, urgent ? step.slice(1, -1) : step.slice(1), urgent ? MSG_OOB : 0);
      } else {
        const flags = step.startsWith('<!') ? MSG_OOB : 0;
        const lengthBytes = Number(step.replace(/\D/g, ''));
        if (peek) did.push(receive(flags | MSG_PEEK, lengthBytes));
        did.push(receive(flags, lengthBytes));
      }
      const urgent = (p.poll([{ fd: receiver, events: POLLPRI }])[0] ?? 0) !== 0;
      did.push(polled(p, receiver), urgent, p.atUrgentMark(receiver));
      transcript.push(did);
    }
    t.note(name, transcript);
    await t.pass(0);
    t.note(`${name}: signals`, signals);
    p.close(sender);
    p.close(receiver);
  }
}

for (const family of ['tcp', 'unix']) {
  for (const peek of [false, true]) {
    body(`urgent-data-${family}${peek ? '-peek' : ''}`, (t) => run(t, family, peek));
  }
}
