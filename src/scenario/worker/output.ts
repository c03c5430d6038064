// SPDX-License-Identifier: GPL-2.0-only

/**
 * Where `console` of a scenario goes: what a program says is a line of the simulation's log, with its host and its
 * virtual time; the rest is output of the scenario, in order with everything else that its thread says.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { currentProgram, type Os, type Program } from '../../dce/index.js';

type Write = (stream: 'stdout' | 'stderr', text: string) => void;

/** Methods that print, and those that keep what they print later (counts, groups): a program has its own. */
const methods = [
  ...[
    'assert',
    'count',
    'countReset',
    'debug',
    'dir',
    'dirxml',
    'error',
    'group',
    'groupCollapsed',
  ],
  ...['groupEnd', 'info', 'log', 'table', 'time', 'timeEnd', 'timeLog', 'trace', 'warn'],
] as const;

/** Puts it in place of the global's methods. */
export function installConsole(write: Write): void {
  const ofScenario = consoleTo(write);
  /** A program that is run again begins with new counts and groups. */
  const ofPrograms = new WeakMap<Program | Os, Console>();
  const current = (): Console => {
    const program = currentProgram();
    if (!program) return ofScenario;
    const run = program.os ?? program;
    let own = ofPrograms.get(run);
    if (!own) {
      own = consoleTo((stream, text) => {
        // It has said so before.
        if (program.replaying) return;
        const level = stream === 'stdout' ? 'info' : 'warning';
        const line = text.replace(/\n$/, '');
        program.host.simulation.log.write(program.host, 'program', level, line);
      });
      ofPrograms.set(run, own);
    }
    return own;
  };
  for (const name of methods) {
    console[name] = (...args: unknown[]) => {
      const own = current();
      const method = Reflect.get(own, name) as (...args: unknown[]) => void;
      method.apply(own, args);
    };
  }
}

function consoleTo(write: Write): Console {
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        write(name, String(chunk));
        done();
      },
    });
  return new Console({ stdout: stream('stdout'), stderr: stream('stderr'), colorMode: false });
}
